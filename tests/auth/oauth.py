"""Workers that issue and take access tokens, and clients that ask them."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import httpx
from joserfc import jws
from joserfc.jwk import ECKey, Key
from sqlalchemy import Engine, event

from app import create_app
from auth.admin import credentials
from auth.admin.credentials import NewCredential
from auth.admin.public_keys import read_public_keys
from auth.clock import Clock
from db.session import Database
from settings import Settings
from tests.auth.conftest import STARTED

ISSUER = "https://orders.test"
AUDIENCE = f"{ISSUER}/graphql"
TOKEN_ENDPOINT = f"{ISSUER}/oauth/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
GRANT = {"grant_type": "client_credentials"}
WRONG_TIMES = [
    *(10**400, -(10**400), 2**63, 253_402_300_799, -1, -0.5, 1e300, 1e400),
    *(float("inf"), float("-inf"), float("nan"), True, False),
    *("soon", str(STARTED.timestamp()), [], {}),
]
"""Values of `exp`, `iat` and `nbf` that are no NumericDate."""


@dataclass
class Worker:
    """One process of the server."""

    http: httpx.AsyncClient

    async def token(
        self,
        form: Mapping[str, str | list[str]] | None = None,
        *,
        client: NewCredential | None = None,
        scope: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Ask for a token: with a client's secret by Basic, or with the form as it is."""
        data: dict[str, Any] = dict(GRANT if form is None else form)
        if scope is not None:
            data["scope"] = scope
        sent = dict(headers or {})
        if client is not None:
            sent["Authorization"] = basic(client.identifier, client.secret or "")
        return await self.http.post("/oauth/token", data=data, headers=sent)

    async def issued(self, client: NewCredential, scope: str | None = None) -> str:
        """A token of that client."""
        response = await self.token(client=client, scope=scope)
        assert response.status_code == 200, response.text
        token: str = response.json()["access_token"]
        return token

    async def ask(self, token: str, query: str = "{ viewer { tenantNumber } }") -> httpx.Response:
        """Ask the graph with a token."""
        return await self.http.post(
            "/graphql", json={"query": query}, headers={"Authorization": f"Bearer {token}"}
        )


@asynccontextmanager
async def workers(
    database_url: str, clock: Clock, count: int = 1, **settings: Any
) -> AsyncIterator[list[Worker]]:
    """That many processes over one database."""
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(count):
            app = create_app(
                Settings(database_url=database_url, **{"public_url": ISSUER, **settings}),
                clock=clock,
            )
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            http = httpx.AsyncClient(transport=transport, base_url=ISSUER)
            found.append(Worker(await stack.enter_async_context(http)))
        yield found


async def make(database: Database, **more: Any) -> NewCredential:
    """A client of tenant P."""
    return await credentials.create_oauth_client(
        database, **{"tenant_number": "P", "client_name": "CRM", "now": STARTED, **more}
    )


def basic(identifier: str, secret: str) -> str:
    joined = f"{quote_plus(identifier)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(joined.encode()).decode()}"


def public(*keys: Key) -> list[dict[str, Any]]:
    """The keys as a client registers them."""
    return read_public_keys(json.dumps({"keys": [key.as_dict(private=False) for key in keys]}))


@dataclass
class Signer:
    """A client that signs its assertions."""

    client: NewCredential
    key: Key
    now: Callable[[], float]
    algorithm: str = "ES256"
    _count: int = field(default=0)

    def assertion(self, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """An assertion that is right but for what is given; None leaves a claim out."""
        self._count += 1
        now = int(self.now())
        whole = {
            "iss": self.client.identifier,
            "sub": self.client.identifier,
            "aud": TOKEN_ENDPOINT,
            "jti": f"assertion {self._count}",
            "iat": now,
            "exp": now + 60,
            **claims,
        }
        return signed(whole, self.key, {"alg": self.algorithm, **(header or {})})

    def form(self, assertion: str | None = None, **more: str) -> dict[str, str]:
        return {
            **GRANT,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or self.assertion(),
            **more,
        }


async def signer(database: Database, clock: Clock, key: Key | None = None, **more: Any) -> Signer:
    """A client of tenant P that signs with that key."""
    key = key or ECKey.generate_key("P-256")
    algorithm: str = more.pop("algorithm", "ES256")
    client = await make(database, public_keys=public(key), **more)
    return Signer(client, key, lambda: clock.now().timestamp(), algorithm)


def signed(claims: Mapping[str, Any], key: Key, header: Mapping[str, Any]) -> str:
    """A JWT with that header and those claims, as anybody may make one."""
    present = {name: value for name, value in claims.items() if value is not None}
    algorithm = header["alg"]
    return jws.serialize_compact(dict(header), json.dumps(present), key, algorithms=[algorithm])


@contextmanager
def statements_on(table: str) -> Iterator[list[str]]:
    """The statements on a table that this process sends meanwhile."""
    sent: list[str] = []

    def note(*arguments: Any) -> None:
        if table in arguments[2]:
            sent.append(arguments[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)
