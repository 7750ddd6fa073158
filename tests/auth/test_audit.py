"""The audit log: its entries, and who sees them."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from auth import api_keys, audit
from auth.admin import credentials, signing_keys
from auth.admin.credentials import TooManyActiveError
from auth.bearer import UnauthenticatedError
from auth.key_encryption import KeyEncryption
from db.enums import AuditAction, AuditActor, ClientKind, CredentialKind
from db.ids import new_id
from db.models import AnyAuditEntry, AuditEntry
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.auth.bearers import Bearers
from tests.auth.conftest import STARTED, Hand
from tests.graph.client import CARRIER, Answer, Client, serve
from tests.graph.factory import NOW
from tests.graph.partners import Partners, two_partners

PERSON = {"X-On-Behalf-Of": "Support desk 7"}


async def entries(
    database: Database, *actions: AuditAction, scope: TenantScope = CARRIER
) -> Sequence[AnyAuditEntry]:
    """The entries of those actions, or all, oldest first, as the scope sees them."""
    entry: Any = AnyAuditEntry if scope.root_tenant_id is None else AuditEntry
    statement = select(entry).order_by(entry.occurred_at, entry.id)
    if actions:
        statement = statement.where(entry.action.in_(actions))
    async with database.read(scope) as session:
        return await session.entities(statement)


def told(entry: AnyAuditEntry) -> tuple[Any, ...]:
    return entry.action, entry.subject, entry.tenant_id


async def test_making_and_revoking_a_key_is_recorded_without_its_secret(
    database: Database,
) -> None:
    made = await credentials.create_key(
        database, tenant_number="P-A", client_name="CRM", now=STARTED
    )
    for _ in range(2):
        await credentials.revoke(
            database, CredentialKind.API_KEY, made.identifier, now=STARTED + timedelta(seconds=1)
        )
    found = await entries(database)
    assert [told(entry) for entry in found] == [
        (AuditAction.KEY_CREATED, made.identifier, 2),
        (AuditAction.KEY_REVOKED, made.identifier, 2),
    ]
    assert {entry.actor_kind for entry in found} == {AuditActor.OPERATOR}
    assert found[0].details == {"client": "CRM", "scopes": sorted(made.scopes)}
    assert made.secret.removeprefix(made.identifier) not in str([entry.details for entry in found])


async def test_oauth_clients_and_signing_keys_are_recorded(database: Database) -> None:
    made = await credentials.create_oauth_client(
        database, kind=ClientKind.SUPPORT, client_name="Desk", now=STARTED
    )
    await credentials.revoke(database, CredentialKind.OAUTH_CLIENT, made.identifier, now=STARTED)
    first = await signing_keys.rotate(database, KeyEncryption(None), now=STARTED)
    second = await signing_keys.replace_all(database, KeyEncryption(None), now=STARTED)
    assert {told(entry) for entry in await entries(database)} == {
        (AuditAction.OAUTH_CLIENT_CREATED, made.identifier, None),
        (AuditAction.OAUTH_CLIENT_REVOKED, made.identifier, None),
        (AuditAction.SIGNING_KEY_CREATED, first.kid, None),
        (AuditAction.SIGNING_KEYS_WITHDRAWN, None, None),
        (AuditAction.SIGNING_KEY_CREATED, second.kid, None),
    }


async def test_no_key_is_made_without_its_entry(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> AnyAuditEntry:
        raise RuntimeError("the log cannot be written")

    monkeypatch.setattr(audit, "entry", fail)
    with pytest.raises(RuntimeError):
        await credentials.create_key(database, tenant_number="P", client_name="CRM", now=STARTED)
    assert await credentials.list_credentials(database, CredentialKind.API_KEY) == []


async def test_what_fails_leaves_no_entry(database: Database) -> None:
    for _ in range(2):
        await credentials.create_key(database, tenant_number="P", client_name="CRM", now=STARTED)
    with pytest.raises(TooManyActiveError):
        await credentials.create_key(database, tenant_number="P", client_name="CRM", now=STARTED)
    assert len(await entries(database)) == 2


async def test_a_partner_sees_the_entries_of_its_own_tenants_alone(database: Database) -> None:
    for tenant in ("P", "P-A", "S"):
        await credentials.create_key(database, tenant_number=tenant, client_name="CRM", now=STARTED)
    await credentials.create_key(database, kind=ClientKind.SUPPORT, client_name="Desk", now=STARTED)

    async def seen(scope: TenantScope) -> list[int | None]:
        return [entry.tenant_id for entry in await entries(database, scope=scope)]

    assert await seen(CARRIER) == [1, 2, 5, None]
    assert await seen(TenantScope.tree(1)) == [1, 2]
    assert await seen(TenantScope.tenants(1, (2, 4))) == [2]
    assert await seen(TenantScope.tree(5)) == [5]
    assert await seen(TenantScope.customer(1, 2, new_id())) == []


async def refuse(bearers: Bearers, key: str) -> None:
    with pytest.raises(UnauthenticatedError):
        await bearers.principal(f"Bearer {key}")


async def failed(database: Database) -> list[tuple[str | None, int | None, str, int]]:
    return [
        (entry.subject, entry.tenant_id, entry.details["reason"], entry.details["attempts"])
        for entry in await entries(database, AuditAction.SIGN_IN_FAILED)
    ]


async def test_refused_keys_are_recorded_once_a_minute_and_counted(
    database: Database, hand: Hand
) -> None:
    made = await credentials.create_key(
        database, tenant_number="P-A", client_name="CRM", now=STARTED
    )
    await credentials.revoke(database, CredentialKind.API_KEY, made.identifier, now=STARTED)
    bearers = Bearers(database, hand.clock)
    for _ in range(3):
        await refuse(bearers, made.secret)
    hand.move(60)
    await refuse(bearers, made.secret)
    await bearers.close()
    assert await failed(database) == [
        (made.identifier, 2, "revoked", 1),
        (made.identifier, 2, "revoked", 3),
    ]


async def test_a_flood_of_unknown_keys_is_one_entry_that_holds_none_of_them(
    database: Database, hand: Hand
) -> None:
    bearers = Bearers(database, hand.clock)
    for number in range(50):
        hand.move(1)
        await refuse(bearers, f"pgk_{number:08}_{'x' * 38}")
    await bearers.close()
    assert await failed(database) == [(None, None, "unknown", 1), (None, None, "unknown", 49)]
    assert "pgk" not in str([entry.details for entry in await entries(database)])


async def test_a_known_key_with_another_secret_names_its_public_part(
    database: Database, hand: Hand
) -> None:
    mine = await credentials.create_key(database, tenant_number="P", client_name="CRM", now=STARTED)
    wrong = api_keys.compose(mine.identifier, "0" * 32)
    bearers = Bearers(database, hand.clock)
    await refuse(bearers, wrong)
    await bearers.close()
    assert await failed(database) == [(mine.identifier, 1, "not proved", 1)]


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[tuple[Client, Partners, str]]:
    """The application, two partners' books, and a key of support."""
    partners = two_partners()
    async with serve(database_url) as client:
        await client.fill(partners.book)
        desk = await credentials.create_key(
            client.database, kind=ClientKind.SUPPORT, client_name="Desk", now=NOW
        )
        yield client, partners, desk.secret


async def reads(client: Client) -> Sequence[AnyAuditEntry]:
    """What the desk of these tests has read; others stand in the book."""
    read = await entries(client.database, AuditAction.DATA_READ)
    return [entry for entry in read if entry.actor == "support:Desk"]


ORDER = "query One($number: String!) { order(number: $number) { status } }"


async def ask(
    client: Client, key: str, document: str, headers: dict[str, str], **variables: Any
) -> Answer:
    return await client.query(document, variables, key=key, headers=headers)


async def test_each_tenant_whose_rows_support_reads_gets_an_entry(
    served: tuple[Client, Partners, str],
) -> None:
    client, partners, desk = served
    headers = {**PERSON, "X-Request-Id": "call-4711"}
    branch = partners.branch.tenant
    answer = await ask(
        client,
        desk,
        ORDER,
        {**headers, "X-Tenant": branch.number},
        number=partners.branch.order.number,
    )
    assert answer.data["order"] is not None
    [entry] = await reads(client)
    assert told(entry) == (AuditAction.DATA_READ, None, branch.id)
    assert (entry.actor_kind, entry.actor) == (AuditActor.SUPPORT, "support:Desk")
    assert (entry.on_behalf_of, entry.request_id) == ("Support desk 7", "call-4711")
    assert entry.details["operation"] == "One"
    assert len(entry.details["document"]) == 64
    assert partners.branch.order.number not in str(entry.details)


async def test_a_list_over_several_partners_is_an_entry_of_each(
    served: tuple[Client, Partners, str],
) -> None:
    client, _, desk = served
    answer = await ask(
        client, desk, "{ orders(first: 50) { nodes { tenant { number } } } }", PERSON
    )
    numbers = {order["tenant"]["number"] for order in answer.data["orders"]["nodes"]}
    owners = [entry.tenant_id for entry in await reads(client) if entry.tenant_id]
    assert len(owners) == len(set(owners)) == len(numbers)


async def test_sums_over_all_tenants_are_recorded_as_such(
    served: tuple[Client, Partners, str],
) -> None:
    client, _, desk = served
    await ask(client, desk, "{ orders { totalCount } }", PERSON)
    [entry] = [entry for entry in await reads(client) if "aggregates" in entry.details]
    assert told(entry) == (AuditAction.DATA_READ, None, None)


async def test_what_reads_no_tenants_data_is_not_recorded(
    served: tuple[Client, Partners, str],
) -> None:
    client, _, desk = served
    await ask(client, desk, "{ viewer { kind } }", PERSON)
    assert await reads(client) == []


async def test_what_others_read_is_not_recorded(served: tuple[Client, Partners, str]) -> None:
    client, partners, _ = served
    hub = await credentials.create_key(
        client.database, kind=ClientKind.FULFILMENT, client_name="Hub", now=NOW
    )
    number = partners.partner.order.number
    await ask(client, hub.secret, ORDER, {}, number=number)
    await client.query(ORDER, {"number": number})
    assert await reads(client) == []


@pytest.mark.parametrize("name", [None, " ", "x" * 201, "a\x07b"])
async def test_support_must_name_the_person(
    served: tuple[Client, Partners, str], name: str | None
) -> None:
    client, partners, desk = served
    headers = {} if name is None else {"X-On-Behalf-Of": name}
    answer = await ask(client, desk, ORDER, headers, number=partners.partner.order.number)
    assert answer.codes == ["FORBIDDEN"]
    assert "X-On-Behalf-Of" in answer.errors[0]["message"]
    assert await reads(client) == []


async def test_support_gets_no_answer_without_its_entry(
    served: tuple[Client, Partners, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> AnyAuditEntry:
        raise RuntimeError("the log cannot be written")

    client, _, desk = served
    monkeypatch.setattr(audit, "entry", fail)
    answer = await ask(client, desk, "{ orders { nodes { number } } }", PERSON)
    assert answer.response.status_code == 500
    assert answer.codes == ["INTERNAL_SERVER_ERROR"]
    assert "data" not in answer.json
