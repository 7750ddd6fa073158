"""A client of the product's application over HTTP. It counts database statements."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from unittest.mock import AsyncMock, patch

import httpx
import orjson

from app import create_app
from auth.admin import credentials
from auth.clock import Clock
from auth.oauth_scopes import READ_SCOPES, OAuthScope
from db.changes import triggers
from db.scope.tenant_scope import TenantScope
from db.session import Database
from server.limits import ServerLimits
from settings import Settings
from tests.graph.factory import NOW, Factory
from tests.support.statements import sent


@dataclass(frozen=True)
class Answer:
    """A response. `data` raises if there are errors; `errors` is empty if there are none."""

    response: httpx.Response
    statements: int
    """The number of statements that read or changed tenants' data."""

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def tag(self) -> str | None:
        """The entity tag."""
        tag: str | None = self.response.headers.get("etag")
        return tag

    @property
    def json(self) -> dict[str, Any]:
        answer: dict[str, Any] = orjson.loads(self.response.content)
        return answer

    @property
    def errors(self) -> list[dict[str, Any]]:
        errors: list[dict[str, Any]] = self.json.get("errors", [])
        return errors

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]

    @property
    def data(self) -> dict[str, Any]:
        assert self.errors == []
        data: dict[str, Any] = self.json["data"]
        return data


@dataclass
class Client:
    """Sends requests to the application, whose clock is frozen: a key is looked up once."""

    database: Database
    http: httpx.AsyncClient
    tenant: str
    """The number of the tenant whose key is used by default."""
    _keys: dict[tuple[str, frozenset[OAuthScope]], str] = field(default_factory=dict, repr=False)

    async def query(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        tenant: str | None = None,
        key: str | None = None,
        granted: frozenset[OAuthScope] = READ_SCOPES,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a query with a key of the tenant that has the scopes `granted`, or with `key`."""
        key = key or await self.key(tenant or self.tenant, granted)
        with counted() as statements:
            response = await self.http.post(
                "/graphql",
                content=orjson.dumps({"query": document, "variables": variables or {}}),
                headers={
                    "Authorization": f"Bearer {key}",
                    "Content-Type": "application/json",
                    **(headers or {}),
                },
            )
        return Answer(response, len(statements))

    async def get(
        self,
        document: str,
        variables: Mapping[str, Any] | None = None,
        *,
        tag: str | None = None,
        tenant: str | None = None,
        key: str | None = None,
        granted: frozenset[OAuthScope] = READ_SCOPES,
        headers: Mapping[str, str] | None = None,
        operation: str | None = None,
    ) -> Answer:
        """Send a query by GET, with the entity tag of the known answer if there is one."""
        key = key or await self.key(tenant or self.tenant, granted)
        known = {} if tag is None else {"If-None-Match": tag}
        asked = {"query": document, "variables": orjson.dumps(variables or {}).decode()}
        with counted() as statements:
            response = await self.http.get(
                "/graphql",
                params=asked if operation is None else {**asked, "operationName": operation},
                headers={"Authorization": f"Bearer {key}", **known, **(headers or {})},
            )
        return Answer(response, len(statements))

    async def key(self, tenant: str, granted: frozenset[OAuthScope] = READ_SCOPES) -> str:
        """A key of the tenant with that number."""
        known = tenant, granted
        if known not in self._keys:
            # Making this key must not add an entry to the audit log of the test.
            with patch.object(credentials, "record_operation", AsyncMock()):
                new = await credentials.create_key(
                    self.database,
                    tenant_number=tenant,
                    client_name="CRM" if granted == READ_SCOPES else f"CRM {len(self._keys)}",
                    now=NOW,
                    scopes=granted,
                )
            self._keys[known] = new.secret
        return self._keys[known]

    async def fill(self, book: Factory) -> None:
        """Store the rows of the factory."""
        await book.write(self.database)


HURRIED = ServerLimits(preparing_share=1)
"""The limits of a partner, without the pauses between new documents."""

BOUNDLESS = replace(HURRIED, cost=10**9, rate_points=10**9, request_seconds=600)
"""For tests that read everything, on a busy machine."""


@asynccontextmanager
async def serve(
    database_url: str, *, tenant: str = "M-10001", now: datetime = NOW, **settings: Any
) -> AsyncIterator[Client]:
    """A client of the application over that database."""
    app = create_app(
        Settings(database_url=database_url, **{"limits": HURRIED, **settings}),
        clock=Clock(now=lambda: now, monotonic=lambda: 0.0),
    )
    database = Database(database_url)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    try:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as http,
        ):
            yield Client(database, http, tenant)
    finally:
        await database.close()


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that this process sends, except for transactions and authentication."""
    statements: list[str] = []
    with sent() as everything:
        yield statements
    statements += [
        statement
        for statement, _ in everything
        if not statement.startswith("BEGIN")
        and statement not in (triggers.BEGIN_TRANSACTION, triggers.END_TRANSACTION)
        and "credentials" not in statement
    ]


CARRIER = TenantScope.carrier()
"""To read the database directly: `client.database.read(CARRIER)`."""
