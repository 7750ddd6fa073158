"""Who may ask: each kind of credential, at some place among the tenants, and what it may see.

A new kind of principal is one more line of `SEATS`, with a way to bring its credential.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from auth import oauth_clients
from auth.bearer import Bearers
from auth.permissions import Permission
from auth.principal import Principal, PrincipalKind
from db.scope import Scope
from execution.documents import DocumentCache
from tests.graph.book import NOW
from tests.graph.client import Answer, Client
from tests.graph.partners import Partners

Credential = tuple[str, Mapping[str, str]]
"""The bearer's text, and what other headers go with it."""

EVERYTHING = frozenset(each for each in Permission if each.endswith(":read"))
"""All that there is to read."""

CUSTOMERS = frozenset(
    {
        *(Permission.ORDERS_READ, Permission.OFFERS_READ),
        *(Permission.CONTRACTS_READ, Permission.CUSTOMERS_READ),
    }
)
"""What a customer's own user may read."""


async def _key(client: Client, people: Partners, seat: "Seat") -> Credential:
    tenant = getattr(people, seat.at).tenant
    return await client.key(tenant.number, seat.permissions), {}


async def _token(client: Client, people: Partners, seat: "Seat") -> Credential:
    tenant = getattr(people, seat.at).tenant
    made = await oauth_clients.create(
        client.database,
        tenant_number=tenant.number,
        client_name="CRM",
        now=NOW,
        permissions=seat.permissions,
    )
    answer = await client.http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(made.identifier, made.secret or ""),
    )
    return answer.json()["access_token"], {}


async def _narrowed(client: Client, people: Partners, seat: "Seat") -> Credential:
    """The partner above acts for the tenant."""
    key = await client.key(people.partner.tenant.number, seat.permissions)
    return key, {"X-Tenant": getattr(people, seat.at).tenant.number}


async def _customers(client: Client, people: Partners, seat: "Seat") -> Credential:
    """Somebody of the customer's, however they signed in."""
    of = getattr(people, seat.at)
    tenant = of.tenant
    text = f"{seat.name} {id(client)}".replace(" ", "-")
    _PRINCIPALS[f"Bearer {text}"] = Principal(
        kind=PrincipalKind.PORTAL_USER,
        client_id=UUID(int=1),
        client_name="Kim Kunde",
        account=text,
        token_id="a test's own",
        tenant_id=tenant.id,
        tenant_number=tenant.number,
        scope=Scope.customer(tenant.root_tenant_id, tenant.id, of.customer.id),
        permissions=seat.permissions,
        expires_at=None,
    )
    return text, {}


@dataclass(frozen=True)
class Seat:
    name: str
    at: str
    """Whose seat it is, by what `worlds.Everybody` calls them."""
    sees: Sequence[str]
    """Whose documents it may see."""
    bring: Callable[[Client, Partners, "Seat"], Awaitable[Credential]]
    permissions: frozenset[Permission] = EVERYTHING
    is_customer: bool = False
    """Whether it sees a single customer, that of `at`."""
    compared: bool = False
    """Whether what is asked is asked again where the others do not exist."""
    asked_all: bool = False
    """Whether each field is asked with each of its arguments; else those of the root are."""

    def __str__(self) -> str:
        return self.name


_PARTNER = ["partner", "branch", "nested", "sibling"]

SEATS = [
    Seat("stranger by token", "stranger", ["stranger"], _token, compared=True, asked_all=True),
    Seat("sub-tenant by key", "nested", ["nested"], _key, compared=True, asked_all=True),
    Seat("sub-tenant by its partner", "sibling", ["sibling"], _narrowed),
    Seat("partner by key", "partner", _PARTNER, _key),
    Seat("customer", "nested", ["nested"], _customers, CUSTOMERS, is_customer=True, compared=True),
    Seat(
        *("customer granted all", "nested", ["nested"], _customers),
        is_customer=True,
        compared=True,
        asked_all=True,
    ),
]

_PRINCIPALS: dict[str, Principal] = {}


@asynccontextmanager
async def believed() -> AsyncIterator[None]:
    """Principals of tests are believed as if they had brought a credential."""
    known = Bearers.principal

    async def principal(self: Bearers, authorization: str | None) -> Principal:
        return _PRINCIPALS.get(authorization or "") or await known(self, authorization)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Bearers, "principal", principal)
        yield


@contextmanager
def one_cache() -> Iterator[None]:
    """Applications that are asked the same: what one has validated is not validated again."""
    kept: list[DocumentCache] = []

    def cache(*arguments: Any) -> DocumentCache:
        if not kept:
            kept.append(DocumentCache(*arguments))
        return kept[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("execution.http.DocumentCache", cache)
        yield


@dataclass
class Asking:
    """Somebody in a seat, before one application."""

    client: Client
    people: Partners
    seat: Seat
    _credential: Credential | None = field(default=None, repr=False)

    async def ask(self, document: str, variables: Mapping[str, Any] | None = None) -> Answer:
        key, headers = await self.credential()
        return await self.client.query(document, variables, key=key, headers=headers)

    async def credential(self) -> Credential:
        if self._credential is None:
            self._credential = await self.seat.bring(self.client, self.people, self.seat)
        return self._credential
