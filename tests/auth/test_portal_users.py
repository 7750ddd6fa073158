"""What portal users see: a tenant's user its subtree, a customer's user only that customer."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import delete, update

from auth.admin import portal_users
from db.models import PortalUser, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database
from server.limits import ServerLimits
from tests.auth.conftest import STARTED, Hand
from tests.auth.oauth import Worker
from tests.auth.provider import API, Provider, add_user, provider_at_home, signing_in
from tests.graph.client import Answer, Client, serve
from tests.graph.factory import NOW
from tests.graph.partners import Partners, two_partners

EVERYTHING = """{
    viewer { kind clientName tenantNumber scopes customer { number } tenant { number } }
    tenants { nodes { number email } }
    customers { nodes { number email tenant { email } } }
    orders { nodes {
        number dealerId subPartnerId tenant { number } confirmedBy { name email }
        notes { author } offer { number consents { name email } }
    } }
    offers { nodes { number createdBy { name } } }
    contracts { nodes { number dealerId subPartnerId } }
}"""


@dataclass
class Served:
    client: Client
    partners: Partners
    provider: Provider

    async def ask(self, subject: str, query: str = EVERYTHING, **headers: str) -> Answer:
        token = self.provider.token(sub=subject)
        return await self.client.query(query, key=token, headers=headers)


@pytest.fixture(scope="module")
async def served(shared_database_url: str) -> AsyncIterator[Served]:
    """Two partners; `branch` has a second customer, and the subjects are users of the branch."""
    partners = two_partners()
    book, branch = partners.book, partners.branch
    book.order(book.customer(branch.tenant))
    book.portal_user(branch.tenant, subject="branch", name="Britta Branch")
    customer = branch.customer.id
    book.portal_user(branch.tenant, customer_id=customer, subject="customer", name="Kurt Kunde")
    book.portal_user(partners.partner.tenant, subject="partner")
    async with (
        provider_at_home(NOW.timestamp) as provider,
        serve(shared_database_url, oidc_issuer=provider.issuer, oidc_audience=API) as client,
    ):
        await client.fill(book)
        yield Served(client, partners, provider)


def numbers(answer: Answer, name: str) -> set[str]:
    return {node["number"] for node in answer.json["data"][name]["nodes"]}


async def test_a_tenants_user_sees_the_tenant_and_everything_below_it(served: Served) -> None:
    branch, nested = served.partners.branch, served.partners.nested
    answer = await served.ask("branch")
    assert answer.errors == []
    assert answer.data["viewer"] == {
        "kind": "PORTAL_USER",
        "clientName": "Britta Branch",
        "tenantNumber": branch.tenant.number,
        "scopes": [
            *("commissions:read", "contracts:read", "customers:read", "offers:read"),
            *("orders:comment", "orders:read", "personal-data:read", "tenants:read"),
        ],
        "customer": None,
        "tenant": {"number": branch.tenant.number},
    }
    assert numbers(answer, "tenants") == {branch.tenant.number, nested.tenant.number}
    assert numbers(answer, "customers") >= {branch.customer.number, nested.customer.number}
    assert len(numbers(answer, "customers")) == 3
    assert len(numbers(answer, "orders")) == 5


async def test_a_user_at_the_root_sees_the_whole_tree(served: Served) -> None:
    partners = served.partners
    answer = await served.ask("partner", "{ tenants { nodes { number } } }")
    seen = (partners.partner, partners.branch, partners.nested, partners.sibling)
    assert numbers(answer, "tenants") == {each.tenant.number for each in seen}


async def test_a_customers_user_sees_that_customers_documents_and_no_others(
    served: Served,
) -> None:
    branch = served.partners.branch
    answer = await served.ask("customer")
    assert numbers(answer, "customers") == {branch.customer.number}
    assert numbers(answer, "orders") == {branch.order.number, branch.completed.number}
    assert numbers(answer, "offers") == {branch.offer.number}
    assert numbers(answer, "contracts") == {branch.contract.number, branch.predecessor.number}
    assert answer.json["data"]["viewer"] == {
        "kind": "PORTAL_USER",
        "clientName": "Kurt Kunde",
        "tenantNumber": branch.tenant.number,
        "scopes": ["contracts:read", "customers:read", "offers:read", "orders:read"],
        "customer": {"number": branch.customer.number},
        "tenant": None,
    }


async def test_a_customers_user_sees_nothing_of_the_partners(served: Served) -> None:
    branch = served.partners.branch
    answer = await served.ask("customer")
    data = answer.json["data"]
    assert data["tenants"] is None
    for order in data["orders"]["nodes"]:
        assert (order["dealerId"], order["subPartnerId"], order["tenant"]) == (None, None, None)
    for contract in data["contracts"]["nodes"]:
        assert (contract["dealerId"], contract["subPartnerId"]) == (None, None)
    assert set(answer.codes) == {"FORBIDDEN"}
    hidden = (
        *(branch.order.dealer_id, branch.order.sub_partner_id, branch.contract.dealer_id),
        *(branch.tenant.email, branch.tenant.name, "portal", "zustimmung", "Nora Notiz"),
    )
    for text in hidden:
        assert text is not None
        assert text not in answer.response.text


@pytest.mark.parametrize(
    "name", ["partner", "branch", "nested", "sibling", "stranger"], ids=lambda name: f"of-{name}"
)
async def test_a_customers_user_looks_up_no_other_customers_documents(
    served: Served, name: str
) -> None:
    other = getattr(served.partners, name)
    answer = await served.ask(
        "customer",
        f"""{{
            order(number: "{other.order.number}") {{ number }}
            customer(number: "{other.customer.number}") {{ number }}
            contract(number: "{other.contract.number}") {{ number }}
        }}""",
    )
    found = {name: row is not None for name, row in answer.data.items()}
    assert set(found.values()) == {name == "branch"}


async def test_x_tenant_restricts_a_tenants_user_and_never_widens(served: Served) -> None:
    partners, query = served.partners, "{ viewer { tenantNumber customer { number } } }"
    branch, nested = partners.branch.tenant.number, partners.nested.tenant.number

    async def acting(subject: str, number: str) -> Any:
        answer = await served.ask(subject, query, **{"X-Tenant": number})
        return answer.codes or answer.data["viewer"]

    assert await acting("branch", nested) == {"tenantNumber": nested, "customer": None}
    own = {"number": partners.branch.customer.number}
    assert await acting("customer", branch) == {"tenantNumber": branch, "customer": own}
    assert await acting("customer", nested) == ["FORBIDDEN"]
    for number in (partners.partner, partners.sibling, partners.stranger):
        for subject in ("branch", "customer"):
            assert await acting(subject, number.tenant.number) == ["FORBIDDEN"]


@pytest.fixture
async def provider(hand: Hand) -> AsyncIterator[Provider]:
    async with provider_at_home(lambda: hand.clock.now().timestamp()) as provider:
        yield provider


async def test_a_users_points_are_the_users_own_whatever_the_token(
    database: Database, database_url: str, hand: Hand, provider: Provider
) -> None:
    await add_user(database)
    await add_user(database, subject="anna", email="anna@partner.example")
    # What is used does not come back while the test runs.
    limits = ServerLimits(rate_seconds=10**9)
    async with signing_in(database_url, provider, hand.clock, limits=limits) as worker:

        async def left(subject: str, token: str) -> int:
            query = "{ viewer { rateLimit { remaining } } }"
            response = await worker.ask(provider.token(sub=subject, jti=token), query)
            remaining: int = response.json()["data"]["viewer"]["rateLimit"]["remaining"]
            return remaining

        await left("petra", "first")
        annas, petras = await left("anna", "second"), await left("petra", "third")
        cost = petras - await left("petra", "fourth")
        assert cost > 0
        assert annas - await left("anna", "second") == cost


@pytest.mark.parametrize("way", ["disabled", "unknown user"])
async def test_a_disabled_or_unknown_user_is_refused_within_a_second(
    database: Database, database_url: str, hand: Hand, provider: Provider, way: str
) -> None:
    await add_user(database)
    async with signing_in(database_url, provider, hand.clock) as worker:
        token = provider.token()
        assert (await worker.ask(token)).status_code == 200
        if way == "disabled":
            await portal_users.disable(database, "petra@partner.example", now=STARTED)
        else:
            async with database.write(TenantScope.carrier()) as session:
                await session.execute(delete(PortalUser))
        hand.move(1)
        refused = await worker.ask(token)
        assert refused.status_code == 401
        assert way in refused.json()["errors"][0]["message"]
        if way == "disabled":
            await portal_users.enable(database, "petra@partner.example", now=STARTED)
            hand.move(1)
            assert (await worker.ask(token)).status_code == 200


async def test_what_a_user_sees_follows_the_users_table(
    database: Database, database_url: str, hand: Hand, provider: Provider
) -> None:
    await add_user(database, "P-A")
    async with signing_in(database_url, provider, hand.clock) as worker:
        token = provider.token()

        async def seen() -> set[str]:
            response = await worker.ask(token, "{ tenants { nodes { number } } }")
            return {node["number"] for node in response.json()["data"]["tenants"]["nodes"]}

        assert await seen() == {"P-A", "P-A-1"}
        async with database.write(TenantScope.carrier()) as session:
            await session.execute(update(Tenant).values(parent_id=2).where(Tenant.number == "P-B"))
        hand.move(1)
        assert await seen() == {"P-A", "P-A-1", "P-B"}


async def test_claims_about_tenants_are_ignored(
    database: Database, database_url: str, hand: Hand, provider: Provider
) -> None:
    await add_user(database, "P-A-1")
    claims: dict[str, Any] = {"tenant": "P", "tenantNumber": "P", "tenant_id": 1, "roles": ["*"]}
    async with signing_in(database_url, provider, hand.clock) as worker:
        response = await worker.ask(provider.token(**claims))
        assert response.json()["data"] == {"viewer": {"tenantNumber": "P-A-1"}}


@pytest.fixture
async def by_address(
    database: Database, database_url: str, hand: Hand, provider: Provider
) -> AsyncIterator[Worker]:
    """A server that knows users by their address; two partners have a user of one address."""
    await add_user(database, subject=None)
    for tenant in ("P", "S"):
        await add_user(database, tenant, subject=None, email="twice@partner.example")
    async with signing_in(database_url, provider, hand.clock, oidc_user_claim="email") as worker:
        yield worker


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"email": "petra@partner.example", "email_verified": True}, None),
        ({"email": "petra@partner.example"}, "has verified"),
        ({"email": "petra@partner.example", "email_verified": False}, "has verified"),
        ({"email": "petra@partner.example", "email_verified": "true"}, "has verified"),
        ({"email": "PETRA@partner.example", "email_verified": True}, "unknown user"),
        ({"email_verified": True}, "no claim email"),
        ({"email": "twice@partner.example", "email_verified": True}, "several users share"),
    ],
)
async def test_only_a_verified_address_identifies_a_user(
    by_address: Worker, provider: Provider, claims: dict[str, Any], reason: str | None
) -> None:
    response = await by_address.ask(provider.token(**claims))
    if reason is None:
        assert response.json()["data"] == {"viewer": {"tenantNumber": "P"}}
    else:
        assert response.status_code == 401
        assert reason in response.json()["errors"][0]["message"]


async def test_an_address_identifies_no_user_if_subjects_are_required(
    database: Database, database_url: str, hand: Hand, provider: Provider
) -> None:
    await add_user(database, subject=None)
    async with signing_in(database_url, provider, hand.clock) as worker:
        claims: dict[str, Any] = {"email": "petra@partner.example", "email_verified": True}
        assert (await worker.ask(provider.token(**claims))).status_code == 401
