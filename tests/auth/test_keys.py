"""API keys: their format, what is stored of them, and what they see."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, inspect, text, update

from auth import api_keys
from auth.admin import credentials
from auth.admin.tenants import UnknownTenantError
from auth.bearer import UnauthenticatedError
from auth.clock import Clock
from auth.oauth_scopes import READ_SCOPES, OAuthScope
from auth.principal import Principal
from db.enums import CredentialKind
from db.models import Credential
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.auth.bearers import Bearers
from tests.auth.conftest import STARTED


async def make(database: Database, tenant: str = "P", **more: Any) -> credentials.NewKey:
    return await credentials.create_key(
        database, tenant_number=tenant, client_name="CRM", now=STARTED, **more
    )


async def principal(database: Database, key: str) -> Principal | None:
    """Who asks with the key; None if it is refused."""
    bearers = Bearers(database, Clock())
    try:
        return await bearers.principal(f"Bearer {key}")
    except UnauthenticatedError:
        return None
    finally:
        await bearers.close()


@asynccontextmanager
async def statements(database: Database) -> AsyncIterator[list[str]]:
    """The statements that look up credentials."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM credentials" in statement:
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
    assert re.fullmatch(r"pgk_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}", first.secret)
    assert first.secret.startswith(f"{first.identifier}_")
    assert first.secret != second.secret


async def test_the_database_holds_no_part_of_the_secret(database: Database) -> None:
    made = await make(database)
    stored = await whole_database(database)
    secret = made.secret.removeprefix(f"{made.identifier}_")
    assert made.identifier in stored
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
    found = await principal(database, made.secret)
    assert found is not None
    assert found.tenant_scope == scope
    assert found.tenant_number == tenant
    assert found.client_name == "CRM"


@pytest.mark.parametrize("tenant", ["P", "P-A", "P-A-1"])
async def test_a_key_is_found_in_one_statement(database: Database, tenant: str) -> None:
    made = await make(database, tenant)
    async with statements(database) as sent:
        assert await principal(database, made.secret) is not None
    assert len(sent) == 1


def changed(text: str, position: int) -> str:
    other = "a" if text[position] != "a" else "b"
    characters = list(text)
    characters[position] = other
    return "".join(characters)


async def test_a_mistyped_key_is_refused_without_asking_the_database(database: Database) -> None:
    made = await make(database)
    mistyped = [changed(made.secret, position) for position in (5, 20, -1)]
    async with statements(database) as sent:
        for text_ in (
            *mistyped,
            "",
            "pgk_",
            made.secret[:-1],
            f"{made.secret}x",
            f"{made.secret}\n",
        ):
            assert await principal(database, text_) is None
    assert sent == []


async def test_a_well_formed_key_with_another_secret_is_refused(database: Database) -> None:
    made = await make(database)
    forged = api_keys.compose(made.identifier, "0" * 32)
    async with statements(database) as sent:
        assert await principal(database, forged) is None
    assert len(sent) == 1


async def test_keys_of_one_name_belong_to_one_client(database: Database) -> None:
    first = await principal(database, (await make(database)).secret)
    second = await principal(database, (await make(database)).secret)
    other = await principal(database, (await make(database, "P-A")).secret)
    assert first
    assert second
    assert other
    assert first.client_id == second.client_id != other.client_id


async def test_a_key_needs_a_tenant_that_exists(database: Database) -> None:
    with pytest.raises(UnknownTenantError):
        await make(database, "nobody")
    with pytest.raises(UnknownTenantError):
        await credentials.list_credentials(database, CredentialKind.API_KEY, "nobody")


async def test_keys_are_listed_for_all_or_for_one_tenant(database: Database) -> None:
    expiry = STARTED + timedelta(days=30)
    mine = await make(database, "P-A", expires_at=expiry)
    theirs = await make(database, "S")
    listed_all = [
        key.identifier
        for key in await credentials.list_credentials(database, CredentialKind.API_KEY)
    ]
    assert listed_all == [mine.identifier, theirs.identifier]
    [listed] = await credentials.list_credentials(database, CredentialKind.API_KEY, "P-A")
    assert (listed.identifier, listed.client_name) == (mine.identifier, "CRM")
    assert listed.expires_at == expiry
    assert (listed.created_at, listed.last_used_at, listed.revoked_at) == (STARTED, None, None)
    assert await credentials.list_credentials(database, CredentialKind.API_KEY, "P-B") == []


async def test_a_revoked_key_stays_revoked_since_the_first_time(database: Database) -> None:
    made, other = await make(database), await make(database)
    later = STARTED + timedelta(hours=1)
    assert (
        await credentials.revoke(database, CredentialKind.API_KEY, made.identifier, now=later)
        == later
    )
    assert (
        await credentials.revoke(
            database, CredentialKind.API_KEY, made.identifier, now=later + timedelta(1)
        )
        == later
    )
    listed = {
        key.identifier: key.revoked_at
        for key in await credentials.list_credentials(database, CredentialKind.API_KEY)
    }
    assert listed == {made.identifier: later, other.identifier: None}


async def test_revoking_an_unknown_key_is_an_error(database: Database) -> None:
    with pytest.raises(credentials.UnknownCredentialError):
        await credentials.revoke(database, CredentialKind.API_KEY, "pgk_00000000", now=STARTED)
    made = await make(database)
    with pytest.raises(credentials.UnknownCredentialError):
        await credentials.revoke(
            database, CredentialKind.OAUTH_CLIENT, made.identifier, now=STARTED
        )
    assert await principal(database, made.secret) is not None


async def test_all_keys_of_a_client_can_be_revoked_at_once(database: Database) -> None:
    await asyncio.gather(make(database), make(database, "P-A"))
    kept = await credentials.create_key(database, tenant_number="P", client_name="ERP", now=STARTED)
    await credentials.revoke_all(database, "CRM", now=STARTED)
    active = [
        key.identifier
        for key in await credentials.list_credentials(database, CredentialKind.API_KEY)
        if key.revoked_at is None
    ]
    assert active == [kept.identifier]


async def test_a_key_is_good_for_what_was_granted_and_no_more(database: Database) -> None:
    made = await make(database, scopes=frozenset({OAuthScope.ORDERS_READ}))
    found = await principal(database, made.secret)
    assert found is not None
    assert found.scopes == {OAuthScope.ORDERS_READ}
    [listed] = await credentials.list_credentials(database, CredentialKind.API_KEY)
    assert listed.scopes == {OAuthScope.ORDERS_READ}


async def test_personal_data_the_audit_log_and_all_that_is_not_reading_must_be_asked_for(
    database: Database,
) -> None:
    made = await make(database)
    assert made.scopes == READ_SCOPES - {OAuthScope.PERSONAL_DATA_READ, OAuthScope.AUDIT_READ}
    assert all(scope.endswith(":read") for scope in made.scopes)


async def test_a_stored_scope_that_is_unknown_grants_nothing(
    database: Database,
) -> None:
    made = await make(database, scopes=frozenset({OAuthScope.ORDERS_READ}))
    async with database.write(TenantScope.carrier()) as session:
        await session.execute(update(Credential).values(scopes=["orders:read", "orders:burn"]))
    found = await principal(database, made.secret)
    assert found is not None
    assert found.scopes == {OAuthScope.ORDERS_READ}


async def test_a_client_has_two_working_keys_so_that_they_rotate_without_a_gap(
    database: Database,
) -> None:
    first, second = await make(database), await make(database)
    assert await principal(database, first.secret)
    assert await principal(database, second.secret)
    with pytest.raises(credentials.TooManyActiveError):
        await make(database)
    await credentials.revoke(database, CredentialKind.API_KEY, first.identifier, now=STARTED)
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
    assert sorted(type(each).__name__ for each in made) == ["NewKey", "TooManyActiveError"]
