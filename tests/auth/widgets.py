"""A portal's backend that makes widget sessions, and pages that ask with them."""

from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import select

from auth.admin import credentials, origins
from auth.oauth_scopes import READ_SCOPES, OAuthScope
from db.enums import CustomerKind
from db.models import Customer, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database
from tests.auth.conftest import STARTED
from tests.auth.oauth import Worker

PORTAL = "https://portal.example.de"
OTHER = "https://other.example.de"
MAY_CREATE = READ_SCOPES | {OAuthScope.WIDGET_SESSIONS_CREATE}
SEEN = """{
    viewer { kind clientName tokenId expiresAt tenantNumber scopes customer { number } }
    customers { nodes { number } }
}"""


@dataclass
class Portal:
    """The backend, with a credential of its own: a key unless another one is given."""

    http: httpx.AsyncClient
    credential: str

    async def ask(self, body: Any = None, **headers: str) -> httpx.Response:
        sent = {"Authorization": f"Bearer {self.credential}", **headers}
        return await self.http.post(
            "/widget/sessions", json={"origin": PORTAL} if body is None else body, headers=sent
        )

    async def session(self, **body: Any) -> str:
        """The token of a new session."""
        response = await self.ask({"origin": PORTAL, **body})
        assert response.status_code == 200, response.text
        token: str = response.json()["token"]
        return token


@dataclass
class Page:
    """A page of an origin, in a browser."""

    http: httpx.AsyncClient
    origin: str | None = PORTAL

    async def ask(self, token: str | None, query: str = SEEN, **headers: str) -> httpx.Response:
        sent = dict(headers)
        if self.origin is not None:
            sent["Origin"] = self.origin
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        return await self.http.post("/graphql", json={"query": query}, headers=sent)

    async def preflight(self, path: str = "/graphql") -> httpx.Response:
        sent = {
            "Origin": self.origin or "",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        return await self.http.options(path, headers=sent)


async def portal(database: Database, worker: Worker, **more: Any) -> Portal:
    """The backend of tenant P's portal, whose pages are of one registered origin."""
    wanted = {
        "tenant_number": "P",
        "client_name": "Portal",
        "now": STARTED,
        "scopes": MAY_CREATE,
        **more,
    }
    key = await credentials.create_key(database, **wanted)
    await register(database, wanted["tenant_number"], client=wanted["client_name"])
    return Portal(worker.http, key.secret)


async def register(
    database: Database, tenant: str = "P", origin: str = PORTAL, client: str = "Portal"
) -> None:
    await origins.add(
        database, tenant_number=tenant, client_name=client, origin=origin, now=STARTED
    )


async def add_customers(database: Database, **customers: str) -> None:
    """Customers by their number, each of the tenant with that number."""
    async with database.write(TenantScope.carrier()) as session:
        for number, tenant_number in customers.items():
            tenant = await session.scalar(select(Tenant).where(Tenant.number == tenant_number))
            assert tenant is not None
            session.add(
                Customer(
                    tenant_id=tenant.id,
                    root_tenant_id=tenant.root_tenant_id,
                    number=number,
                    kind=CustomerKind.CUSTOMER,
                    name=f"Customer {number}",
                    created_at=STARTED,
                    updated_at=STARTED,
                    search_customers="",
                )
            )


def numbers(response: httpx.Response) -> set[str]:
    """The customers that an answer shows."""
    answer = response.json()
    assert "data" in answer, answer
    return {customer["number"] for customer in answer["data"]["customers"]["nodes"]}


def code(response: httpx.Response) -> str:
    [error] = response.json()["errors"]
    found: str = error["extensions"]["code"]
    return found
