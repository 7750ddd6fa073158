"""API keys as bearers: read from the database at most once a second."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import structlog
from sqlalchemy import event

from auth import api_keys, ttl_cache
from auth.admin import credentials
from auth.bearer import UnauthenticatedError
from auth.principal import PrincipalKind
from db.enums import CredentialKind
from db.session import Database
from tests.auth.bearers import Bearers
from tests.auth.conftest import STARTED, Hand


@pytest.fixture
def bearers(database: Database, hand: Hand) -> Bearers:
    return Bearers(database, hand.clock)


@pytest.fixture
def count_reads(database: Database) -> Callable[[], int]:
    """How often keys were looked up in the database so far."""
    reads: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "credentials.secret_hash" in statement:
            reads.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    return lambda: len(reads)


async def make(database: Database, expires_at: datetime | None = None) -> credentials.NewKey:
    return await credentials.create_key(
        database, tenant_number="P", client_name="CRM", now=STARTED, expires_at=expires_at
    )


def made_up(number: int) -> str:
    """A header with a well-formed key that does not exist."""
    return f"Bearer {api_keys.compose(f'pgk_{number:08}', '1' * 32)}"


async def last_use(database: Database) -> datetime | None:
    [key] = await credentials.list_credentials(database, CredentialKind.API_KEY)
    return key.last_used_at


async def test_a_right_key_has_a_principal(database: Database, bearers: Bearers) -> None:
    made = await make(database)
    principal = await bearers.principal(f"Bearer {made.secret}")
    assert principal.kind is PrincipalKind.API_CLIENT
    assert principal == await bearers.principal(f"bearer  {made.secret} ")
    await bearers.close()


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "Send a valid API key"),
        ("", "must be 'Bearer'"),
        ("Bearer", "must be 'Bearer'"),
        ("Bearer ", "must be 'Bearer'"),
        ("Basic cGdrOg==", "must be 'Bearer'"),
        ("Bearer two words", "must be 'Bearer'"),
        ("Bearer pgk_é", "must be 'Bearer'"),
        ("Bearer nonsense", "is not valid"),
        ("Bearer pgk_00000000_00000000000000000000000000000000000000", "is not valid"),
    ],
)
async def test_a_request_without_a_valid_key_is_refused(
    bearers: Bearers, header: str | None, message: str
) -> None:
    with pytest.raises(UnauthenticatedError, match=message):
        await bearers.principal(header)


async def test_a_key_is_looked_up_once_a_second(
    database: Database, bearers: Bearers, hand: Hand, count_reads: Callable[[], int]
) -> None:
    header = f"Bearer {(await make(database)).secret}"
    for _ in range(3):
        await bearers.principal(header)
        hand.move(0.3)
    assert count_reads() == 1
    hand.move(0.2)
    await bearers.principal(header)
    assert count_reads() == 2
    await bearers.close()


async def test_requests_that_come_together_look_a_key_up_once(
    database: Database, bearers: Bearers, count_reads: Callable[[], int]
) -> None:
    made = await make(database)
    before = count_reads()
    found = await asyncio.gather(*(bearers.principal(f"Bearer {made.secret}") for _ in range(10)))
    assert len(set(found)) == 1
    assert count_reads() - before == 1
    await bearers.close()


async def test_a_wrong_key_is_looked_up_once_a_second_too(
    bearers: Bearers, hand: Hand, count_reads: Callable[[], int]
) -> None:
    wrong = f"Bearer {api_keys.compose('pgk_00000000', '1' * 32)}"
    for expected in (1, 1, 2):
        with pytest.raises(UnauthenticatedError, match="is not valid"):
            await bearers.principal(wrong)
        assert count_reads() == expected
        hand.move(0.6)


async def test_revocation_takes_effect_within_a_second(
    database: Database, bearers: Bearers, hand: Hand
) -> None:
    made = await make(database)
    await bearers.principal(f"Bearer {made.secret}")
    await credentials.revoke(database, CredentialKind.API_KEY, made.identifier, now=STARTED)
    hand.move(1.0)
    with pytest.raises(UnauthenticatedError, match="has been revoked"):
        await bearers.principal(f"Bearer {made.secret}")
    await bearers.close()


async def test_a_key_expires_on_time_even_while_it_is_remembered(
    database: Database, bearers: Bearers, hand: Hand
) -> None:
    made = await make(database, expires_at=STARTED + timedelta(seconds=0.5))
    await bearers.principal(f"Bearer {made.secret}")
    hand.move(0.5)
    with pytest.raises(UnauthenticatedError, match="has expired"):
        await bearers.principal(f"Bearer {made.secret}")
    await bearers.close()


async def test_memory_is_bounded_and_wrong_keys_drive_no_right_one_out(
    monkeypatch: pytest.MonkeyPatch,
    database: Database,
    hand: Hand,
    count_reads: Callable[[], int],
) -> None:
    monkeypatch.setattr(ttl_cache, "MOST_MISSING", 10)
    bearers = Bearers(database, hand.clock)
    header = f"Bearer {(await make(database)).secret}"
    await bearers.principal(header)
    for number in range(50):
        with pytest.raises(UnauthenticatedError):
            await bearers.principal(made_up(number))
    before = count_reads()
    await bearers.principal(header)
    assert count_reads() == before
    assert len(bearers.credentials._by_identifier._missing._entries) == 10
    await bearers.close()


async def test_what_is_too_old_is_forgotten_not_only_unread(
    database: Database, bearers: Bearers, hand: Hand
) -> None:
    for number in range(5):
        with pytest.raises(UnauthenticatedError):
            await bearers.principal(made_up(number))
        hand.move(1.0)
    assert len(bearers.credentials._by_identifier._missing._entries) == 1


async def test_the_last_use_is_recorded_at_most_once_a_minute(
    database: Database, bearers: Bearers, hand: Hand
) -> None:
    header = f"Bearer {(await make(database)).secret}"
    await bearers.principal(header)
    hand.move(59)
    await bearers.principal(header)
    await bearers.close()
    assert await last_use(database) == STARTED
    hand.move(1)
    await bearers.principal(header)
    await bearers.close()
    assert await last_use(database) == STARTED + timedelta(minutes=1)


async def test_workers_do_not_record_the_same_minute_twice(database: Database, hand: Hand) -> None:
    header = f"Bearer {(await make(database)).secret}"
    for _ in range(2):
        worker = Bearers(database, hand.clock)
        await worker.principal(header)
        await worker.close()
        hand.move(30)
    assert await last_use(database) == STARTED


async def test_a_refused_key_is_not_in_use(database: Database, bearers: Bearers) -> None:
    made = await make(database)
    await credentials.revoke(database, CredentialKind.API_KEY, made.identifier, now=STARTED)
    with pytest.raises(UnauthenticatedError):
        await bearers.principal(f"Bearer {made.secret}")
    await bearers.close()
    assert await last_use(database) is None


async def test_a_last_use_that_cannot_be_recorded_is_logged_and_harms_no_request(
    monkeypatch: pytest.MonkeyPatch, database: Database, bearers: Bearers
) -> None:
    made = await make(database)
    header = f"Bearer {made.secret}"

    def unwritable(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(database, "write", unwritable)
    with structlog.testing.capture_logs() as logged:
        first = await bearers.principal(header)
        await bearers.close()
        assert await bearers.principal(header) == first
    [entry] = logged
    assert entry["event"] == "the last use of a credential was not recorded"
    assert entry["log_level"] == "error"
    assert made.secret not in repr(entry)
