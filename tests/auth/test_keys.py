"""API keys: how they look, what of them is kept, and what they see."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, inspect, text, update

from auth import clients, keys
from auth.oauth_scopes import READING, OAuthScope
from db.models import ApiKey
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.auth.conftest import STARTED


async def make(database: Database, tenant: str = "P", **more: Any) -> keys.NewKey:
    return await keys.create(database, tenant_number=tenant, client_name="CRM", now=STARTED, **more)


@asynccontextmanager
async def statements(database: Database) -> AsyncIterator[list[str]]:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            sent.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def whole_database(database: Database) -> str:
    """Every value of every table, as text."""
    async with database.engine.connect() as connection:
        names = await connection.run_sync(lambda c: inspect(c).get_table_names())
        rows = [await connection.execute(text(f'SELECT * FROM "{n}"')) for n in names]  # noqa: S608
        return repr([result.all() for result in rows])


async def test_a_key_has_a_recognisable_prefix_a_long_secret_and_a_checksum(
    database: Database,
) -> None:
    first, second = await make(database), await make(database)
    assert re.fullmatch(r"pgk_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}", first.text)
    assert first.text.startswith(f"{first.prefix}_")
    assert first.text != second.text


async def test_the_database_holds_no_part_of_the_secret(database: Database) -> None:
    made = await make(database)
    stored = await whole_database(database)
    secret = made.text.removeprefix(f"{made.prefix}_")
    assert made.prefix in stored
    assert secret[:32] not in stored
    assert secret[32:] not in stored
    assert secret not in repr(made)


@pytest.mark.parametrize(
    ("tenant", "scope"),
    [
        ("P", TenantScope.tree(1)),
        ("P-A", TenantScope.tenants(1, (2, 4))),
        ("P-B", TenantScope.tenants(1, (3,))),
        ("P-A-1", TenantScope.tenants(1, (4,))),
        ("S", TenantScope.tree(5)),
    ],
)
async def test_a_key_sees_its_tenant_and_everything_below(
    database: Database, tenant: str, scope: TenantScope
) -> None:
    made = await make(database, tenant)
    found = await keys.find(database, made.text)
    assert found is not None
    assert found.principal.tenant_scope == scope
    assert found.principal.tenant_number == tenant
    assert found.principal.client_name == "CRM"


@pytest.mark.parametrize("tenant", ["P", "P-A", "P-A-1"])
async def test_a_key_is_found_in_one_statement(database: Database, tenant: str) -> None:
    made = await make(database, tenant)
    async with statements(database) as sent:
        assert await keys.find(database, made.text) is not None
    assert len(sent) == 1


def changed(text: str, position: int) -> str:
    other = "a" if text[position] != "a" else "b"
    characters = list(text)
    characters[position] = other
    return "".join(characters)


async def test_a_mistyped_key_is_refused_without_asking_the_database(database: Database) -> None:
    made = await make(database)
    mistyped = [changed(made.text, position) for position in (5, 20, -1)]
    async with statements(database) as sent:
        for text_ in (*mistyped, "", "pgk_", made.text[:-1], f"{made.text}x", f"{made.text}\n"):
            assert await keys.find(database, text_) is None
    assert sent == []


async def test_a_well_formed_key_with_another_secret_is_refused(database: Database) -> None:
    made = await make(database)
    secret = "0" * 32
    forged = f"{made.prefix}_{secret}{keys._checksum(made.prefix, secret)}"
    async with statements(database) as sent:
        assert await keys.find(database, forged) is None
    assert len(sent) == 1


async def test_keys_of_one_name_belong_to_one_client(database: Database) -> None:
    first = await keys.find(database, (await make(database)).text)
    second = await keys.find(database, (await make(database)).text)
    other = await keys.find(database, (await make(database, "P-A")).text)
    assert first
    assert second
    assert other
    assert first.principal.client_id == second.principal.client_id != other.principal.client_id


async def test_a_key_needs_a_tenant_that_exists(database: Database) -> None:
    with pytest.raises(clients.UnknownTenantError):
        await make(database, "nobody")
    with pytest.raises(clients.UnknownTenantError):
        await keys.list_keys(database, "nobody")


async def test_keys_are_listed_for_all_or_for_one_tenant(database: Database) -> None:
    expiry = STARTED + timedelta(days=30)
    mine = await make(database, "P-A", expires_at=expiry)
    theirs = await make(database, "S")
    listed_all = [key.public_part for key in await keys.list_keys(database)]
    assert listed_all == [mine.prefix, theirs.prefix]
    [listed] = await keys.list_keys(database, "P-A")
    assert (listed.public_part, listed.client_name) == (mine.prefix, "CRM")
    assert listed.expires_at == expiry
    assert (listed.created_at, listed.last_used_at, listed.revoked_at) == (STARTED, None, None)
    assert await keys.list_keys(database, "P-B") == []


async def test_a_revoked_key_stays_revoked_since_the_first_time(database: Database) -> None:
    made, other = await make(database), await make(database)
    later = STARTED + timedelta(hours=1)
    assert await keys.revoke(database, made.prefix, now=later) == later
    assert await keys.revoke(database, made.prefix, now=later + timedelta(1)) == later
    listed = {key.public_part: key.revoked_at for key in await keys.list_keys(database)}
    assert listed == {made.prefix: later, other.prefix: None}


async def test_revoking_an_unknown_key_is_an_error(database: Database) -> None:
    with pytest.raises(clients.UnknownCredentialError):
        await keys.revoke(database, "pgk_00000000", now=STARTED)


async def test_all_keys_of_a_client_can_be_revoked_at_once(database: Database) -> None:
    await asyncio.gather(make(database), make(database, "P-A"))
    kept = await keys.create(database, tenant_number="P", client_name="ERP", now=STARTED)
    await keys.revoke_of_client(database, "CRM", now=STARTED)
    active = [key.public_part for key in await keys.list_keys(database) if key.revoked_at is None]
    assert active == [kept.prefix]


async def test_a_key_is_good_for_what_was_granted_and_no_more(database: Database) -> None:
    made = await make(database, scopes=frozenset({OAuthScope.ORDERS_READ}))
    found = await keys.find(database, made.text)
    assert found is not None
    assert found.principal.scopes == {OAuthScope.ORDERS_READ}
    [listed] = await keys.list_keys(database)
    assert listed.scopes == {OAuthScope.ORDERS_READ}


async def test_personal_data_the_audit_log_and_all_that_is_not_reading_must_be_asked_for(
    database: Database,
) -> None:
    made = await make(database)
    assert made.scopes == READING - {OAuthScope.PERSONAL_DATA_READ, OAuthScope.AUDIT_READ}
    assert all(permission.endswith(":read") for permission in made.scopes)


async def test_a_permission_that_this_version_does_not_know_gives_nothing(
    database: Database,
) -> None:
    made = await make(database, scopes=frozenset({OAuthScope.ORDERS_READ}))
    async with database.write(TenantScope.carrier()) as session:
        await session.execute(update(ApiKey).values(scopes=["orders:read", "orders:burn"]))
    found = await keys.find(database, made.text)
    assert found is not None
    assert found.principal.scopes == {OAuthScope.ORDERS_READ}


async def test_a_client_has_two_working_keys_so_that_they_rotate_without_a_gap(
    database: Database,
) -> None:
    first, second = await make(database), await make(database)
    assert await keys.find(database, first.text)
    assert await keys.find(database, second.text)
    with pytest.raises(clients.TooManyWorkingError):
        await make(database)
    await keys.revoke(database, first.prefix, now=STARTED)
    await make(database)


async def test_an_expired_key_takes_no_place(database: Database) -> None:
    for _ in range(3):
        await make(database, expires_at=STARTED)
    await make(database)


async def test_two_that_make_a_clients_last_key_at_once_do_not_both_succeed(
    database: Database,
) -> None:
    await make(database)
    made = await asyncio.gather(make(database), make(database), return_exceptions=True)
    assert sorted(type(each).__name__ for each in made) == ["NewKey", "TooManyWorkingError"]
