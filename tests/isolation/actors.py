"""Who may ask: each kind of credential, at some place among the tenants, and what it may see.

A new kind of principal is one more line of `ACTORS`, with a way to bring its credential.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import AsyncMock
from uuid import UUID

import pytest

from auth import audit, support
from auth.admin import credentials, origins
from auth.bearer import BearerAuthenticator
from auth.oauth_scopes import CUSTOMER_USER_SCOPES, TENANT_USER_SCOPES, OAuthScope
from auth.principal import Principal, PrincipalKind
from db.enums import ClientKind
from db.models import Tenant
from db.scope.tenant_scope import TenantScope
from execution.documents import DocumentCache
from tests.auth.provider import API, Provider, provider_at_home
from tests.graph.client import BOUNDLESS, Answer, Client
from tests.graph.factory import NOW
from tests.graph.partners import Documents, Partners

Credential = tuple[str, Mapping[str, str]]
"""The bearer's text, and what other headers go with it."""

ORIGIN = "https://portal.example.de"
CUSTOMERS_USER, TENANTS_USER = "5f0e7c1a-kim", "90b2d4e6-toni"

EVERYTHING = frozenset(each for each in OAuthScope if each.endswith(":read"))
"""All that there is to read."""


async def _key(asking: "Asking") -> Credential:
    return await asking.client.key(asking.tenant.number, asking.seat.scopes), {}


async def _token(asking: "Asking") -> Credential:
    made = await credentials.create_oauth_client(
        asking.client.database,
        tenant_number=asking.tenant.number,
        client_name="CRM",
        now=NOW,
        scopes=asking.seat.scopes,
    )
    answer = await asking.client.http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(made.identifier, made.secret or ""),
    )
    return answer.json()["access_token"], {}


async def _narrowed(asking: "Asking") -> Credential:
    """The partner above acts for the tenant."""
    above = asking.people.partner.tenant.number
    key = await asking.client.key(above, asking.seat.scopes)
    return key, {"X-Tenant": asking.tenant.number}


async def _signed_in(asking: "Asking") -> Credential:
    """A user of the portal, with a token of its identity provider."""
    return asking.provider.token(sub=asking.seat.subject), {}


async def _page(asking: "Asking") -> Credential:
    """A page of the portal, with a session that the portal's backend has made for it."""
    client, tenant, database = asking.client, asking.tenant.number, asking.client.database
    # One client, since it is remembered for a second which have registered an origin.
    name = "Portal"
    key = await credentials.create_key(
        database,
        tenant_number=tenant,
        client_name=name,
        now=NOW,
        scopes=EVERYTHING | {OAuthScope.WIDGET_SESSIONS_CREATE},
    )
    await origins.add(database, tenant_number=tenant, client_name=name, origin=ORIGIN, now=NOW)
    of = asking.own.customer.number
    wanted = {"origin": ORIGIN, **({"customer": of} if asking.seat.is_customer else {})}
    answer = await client.http.post(
        "/widget/sessions", json=wanted, headers={"Authorization": f"Bearer {key.secret}"}
    )
    return answer.json()["token"], {"Origin": ORIGIN}


async def _carriers(asking: "Asking") -> Credential:
    """The carrier's own, who act for the tenant."""
    key = await credentials.create_key(
        asking.client.database,
        kind=ClientKind[asking.seat.name.split()[0].upper()],
        client_name="Desk",
        now=NOW,
        scopes=asking.seat.scopes,
    )
    return key.secret, {"X-Tenant": asking.tenant.number, "X-On-Behalf-Of": "agent 4711"}


async def _widened(asking: "Asking") -> Credential:
    """Somebody of the customer's who is granted what no credential of a customer gives."""
    tenant = asking.tenant
    text = f"{asking.seat.name} {id(asking.client)}".replace(" ", "-")
    _PRINCIPALS[f"Bearer {text}"] = Principal(
        kind=PrincipalKind.PORTAL_USER,
        client_id=UUID(int=1),
        client_name="Kim Kunde",
        account=text,
        token_id="a test's own",
        tenant_id=tenant.id,
        tenant_number=tenant.number,
        tenant_scope=TenantScope.customer(tenant.root_tenant_id, tenant.id, asking.own.customer.id),
        scopes=asking.seat.scopes,
        expires_at=None,
    )
    return text, {}


@dataclass(frozen=True)
class Actor:
    name: str
    at: str
    """Whose seat it is, by what `worlds.Everybody` calls them."""
    sees: Sequence[str]
    """Whose documents it may see."""
    bring: Callable[["Asking"], Awaitable[Credential]]
    scopes: frozenset[OAuthScope] = EVERYTHING
    is_customer: bool = False
    """Whether it sees a single customer, that of `at`."""
    compared: bool = False
    """Whether what is asked is asked again where the others do not exist."""
    asked_all: bool = False
    """Whether each field is asked with each of its arguments; else those of the root are."""

    @property
    def subject(self) -> str | None:
        """What the identity provider calls the user of the seat; None where nobody signs in."""
        if self.bring is not _signed_in:
            return None
        return CUSTOMERS_USER if self.is_customer else TENANTS_USER

    def __str__(self) -> str:
        return self.name


_TENANTS_SCOPES = TENANT_USER_SCOPES & EVERYTHING
_PARTNER = ["partner", "branch", "nested", "sibling"]

ACTORS = [
    Actor("stranger by token", "stranger", ["stranger"], _token, compared=True),
    Actor("sub-tenant by key", "nested", ["nested"], _key, compared=True, asked_all=True),
    Actor("sub-tenant by its partner", "sibling", ["sibling"], _narrowed),
    Actor("partner by key", "partner", _PARTNER, _key),
    Actor(
        *("customer's user", "nested", ["nested"], _signed_in, CUSTOMER_USER_SCOPES),
        is_customer=True,
    ),
    Actor(
        "page of a customer", "nested", ["nested"], _page, CUSTOMER_USER_SCOPES, is_customer=True
    ),
    Actor("page of a sub-tenant", "nested", ["nested"], _page, _TENANTS_SCOPES),
    Actor("sub-tenant's user", "nested", ["nested"], _signed_in, TENANT_USER_SCOPES),
    Actor("fulfilment for a sub-tenant", "sibling", ["sibling"], _carriers, _TENANTS_SCOPES),
    Actor("support for a sub-tenant", "sibling", ["sibling"], _carriers),
    Actor(
        *("customer granted all", "nested", ["nested"], _widened),
        is_customer=True,
        compared=True,
        asked_all=True,
    ),
]

_PRINCIPALS: dict[str, Principal] = {}


@asynccontextmanager
async def believed() -> AsyncIterator[Provider]:
    """An identity provider; and principals of tests are believed without a credential."""
    known = BearerAuthenticator.principal

    async def principal(
        self: BearerAuthenticator, authorization: str | None, origin: str | None = None
    ) -> Principal:
        return _PRINCIPALS.get(authorization or "") or await known(self, authorization, origin)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BearerAuthenticator, "principal", principal)
        # A book's audit log holds what the book says, and not who sat down and asked.
        patch.setattr(audit, "record", AsyncMock())
        patch.setattr(support, "record_reads", AsyncMock())
        async with provider_at_home(NOW.timestamp) as provider:
            yield provider


def believing(provider: Provider) -> dict[str, Any]:
    """Of an application that believes the provider, without bounds on what is asked."""
    return {"limits": BOUNDLESS, "oidc_issuer": provider.issuer, "oidc_audience": API}


@contextmanager
def one_cache() -> Iterator[None]:
    """Applications that are asked the same: what one has validated is not validated again."""
    kept: list[DocumentCache] = []

    def cache(*arguments: Any) -> DocumentCache:
        if not kept:
            kept.append(DocumentCache(*arguments))
        return kept[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("execution.engine.DocumentCache", cache)
        yield


@dataclass
class Asking:
    """Somebody in a seat, before one application."""

    client: Client
    people: Partners
    seat: Actor
    provider: Provider
    _credential: Credential | None = field(default=None, repr=False)

    @property
    def own(self) -> Documents:
        """The documents of whose seat it is."""
        own: Documents = getattr(self.people, self.seat.at)
        return own

    @property
    def tenant(self) -> Tenant:
        return self.own.tenant

    async def ask(self, document: str, variables: Mapping[str, Any] | None = None) -> Answer:
        key, headers = await self.credential()
        return await self.client.query(document, variables, key=key, headers=headers)

    async def credential(self) -> Credential:
        if self._credential is None:
            self._credential = await self.seat.bring(self)
        return self._credential
