"""The carrier's own clients: they see every tenant, and each kind has its own scopes."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from auth.admin import credentials
from auth.admin.credentials import TooManyActiveError
from auth.clock import Clock
from auth.credentials import Credentials
from auth.oauth_scopes import READ_SCOPES, ImpossibleScopeError, OAuthScope
from db.enums import ClientKind, CredentialKind
from db.models import ApiClient, Credential
from db.session import Database
from tests.auth.conftest import STARTED
from tests.graph.client import CARRIER, Client, serve
from tests.graph.factory import NOW
from tests.graph.partners import Partners, two_partners

PERSON = {"X-On-Behalf-Of": "Support desk 7"}
CARRIERS = [ClientKind.FULFILMENT, ClientKind.SUPPORT]


async def made(
    database: Database, kind: ClientKind, *granted: OAuthScope, name: str = "Desk"
) -> credentials.NewKey:
    return await credentials.create_key(
        database,
        kind=kind,
        client_name=name,
        now=STARTED,
        scopes=frozenset(granted) if granted else None,
    )


@pytest.fixture(scope="module")
async def served(shared_database_url: str) -> AsyncIterator[tuple[Client, Partners]]:
    partners = two_partners()
    async with serve(shared_database_url) as client:
        await client.fill(partners.book)
        yield client, partners


@pytest.fixture(scope="module")
async def key(served: tuple[Client, Partners]) -> dict[ClientKind, str]:
    """A key of each kind of the carrier's clients."""
    client, _ = served
    return {kind: (await made(client.database, kind)).secret for kind in CARRIERS}


@pytest.mark.parametrize("kind", CARRIERS)
async def test_the_carriers_own_see_every_tenant(
    served: tuple[Client, Partners], key: dict[ClientKind, str], kind: ClientKind
) -> None:
    client, partners = served
    query = """{
        viewer { kind clientName tenantNumber tenant { number } customer { number } }
        tenants(first: 50) { nodes { number } }
    }"""
    data = (await client.query(query, key=key[kind], headers=PERSON)).data
    assert data["viewer"] == {
        "kind": kind.value,
        "clientName": "Desk",
        "tenantNumber": None,
        "tenant": None,
        "customer": None,
    }
    numbers = {tenant["number"] for tenant in data["tenants"]["nodes"]}
    assert {partners.partner.tenant.number, partners.stranger.tenant.number} <= numbers


@pytest.mark.parametrize("kind", CARRIERS)
async def test_the_header_narrows_them_to_one_tenants_tree(
    served: tuple[Client, Partners], key: dict[ClientKind, str], kind: ClientKind
) -> None:
    client, partners = served
    branch, nested = partners.branch.tenant.number, partners.nested.tenant.number
    answer = await client.query(
        "{ viewer { tenantNumber } tenants { nodes { number } }"
        " orders { nodes { tenant { number } } } }",
        key=key[kind],
        headers={**PERSON, "X-Tenant": branch},
    )
    assert answer.data["viewer"]["tenantNumber"] == branch
    assert {each["number"] for each in answer.data["tenants"]["nodes"]} == {branch, nested}
    owners = {order["tenant"]["number"] for order in answer.data["orders"]["nodes"]}
    assert owners == {branch, nested}


async def test_fulfilment_gets_neither_personal_data_nor_commissions_unless_asked(
    database: Database,
) -> None:
    usual = await made(database, ClientKind.FULFILMENT)
    assert OAuthScope.PERSONAL_DATA_READ not in usual.scopes
    assert OAuthScope.COMMISSIONS_READ not in usual.scopes
    assert OAuthScope.PROGRESS_REPORT in usual.scopes
    reading = READ_SCOPES - {OAuthScope.AUDIT_READ}
    asked = await made(database, ClientKind.FULFILMENT, *reading, name="Archive")
    assert asked.scopes == reading


async def test_fulfilment_may_not_read_the_audit_log(database: Database) -> None:
    with pytest.raises(ImpossibleScopeError):
        await made(database, ClientKind.FULFILMENT, OAuthScope.AUDIT_READ)


@pytest.mark.parametrize("kind", [ClientKind.PARTNER, ClientKind.SUPPORT])
async def test_only_fulfilment_may_report_progress(database: Database, kind: ClientKind) -> None:
    for create in (credentials.create_key, credentials.create_oauth_client):
        with pytest.raises(ImpossibleScopeError):
            await create(
                database,
                kind=kind,
                tenant_number="P" if kind is ClientKind.PARTNER else None,
                client_name="CRM",
                now=STARTED,
                scopes=frozenset({OAuthScope.PROGRESS_REPORT}),
            )


async def test_a_stored_scope_that_the_kind_may_not_have_is_none(database: Database) -> None:
    new = await credentials.create_key(database, tenant_number="P", client_name="CRM", now=STARTED)
    async with database.write(CARRIER) as session:
        stored = update(Credential).values(scopes=["orders:read", "progress:report"])
        await session.execute(stored)
    found = await Credentials(database, Clock()).find(new.identifier)
    assert found is not None
    assert found.scopes == found.principal.scopes == {OAuthScope.ORDERS_READ}


async def test_a_name_of_the_carriers_is_one_client_of_its_kind(database: Database) -> None:
    await made(database, ClientKind.SUPPORT)
    await made(database, ClientKind.FULFILMENT)
    await made(database, ClientKind.SUPPORT)
    await credentials.create_key(database, tenant_number="P", client_name="Desk", now=STARTED)
    clients = [
        (listed.client_kind, listed.tenant_number)
        for listed in await credentials.list_credentials(database, CredentialKind.API_KEY)
    ]
    assert clients == [
        (ClientKind.PARTNER, "P"),
        (ClientKind.FULFILMENT, None),
        (ClientKind.SUPPORT, None),
        (ClientKind.SUPPORT, None),
    ]
    with pytest.raises(TooManyActiveError):
        await made(database, ClientKind.SUPPORT)


@pytest.mark.parametrize(("kind", "tenant"), [(ClientKind.PARTNER, None), (ClientKind.SUPPORT, 1)])
async def test_a_partners_clients_have_a_tenant_and_no_others(
    database: Database, kind: ClientKind, tenant: int | None
) -> None:
    with pytest.raises(IntegrityError, match="tenant_of_partners"):
        async with database.write(CARRIER) as session:
            session.add(ApiClient(kind=kind, tenant_id=tenant, name="CRM", created_at=NOW))
