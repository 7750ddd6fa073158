"""An identity provider on this machine, whose answers a test decides; and its users' tokens."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from joserfc.jwk import ECKey, Key

from auth.admin import portal_users
from db.session import Database
from tests.auth.conftest import STARTED
from tests.auth.oauth import Worker, signed, workers

API = "orders-api"
DISCOVERY = "/realms/portal/.well-known/openid-configuration"
KEYS = "/realms/portal/keys"


@dataclass
class Provider:
    origin: str
    now: Callable[[], float]
    key: Key = field(default_factory=lambda: ECKey.generate_key("P-256"))
    kid: str = "first"
    algorithm: str = "ES256"
    published: list[Any] = field(default_factory=list)
    """The JWKs of its key set."""
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """What it answers instead, by path."""
    asked: list[str] = field(default_factory=list)
    """The paths it was asked for."""
    away: bool = False
    """It ends connections without an answer."""
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared, it takes questions and answers none."""

    @property
    def issuer(self) -> str:
        return f"{self.origin}/realms/portal"

    @property
    def keys_url(self) -> str:
        return f"{self.origin}{KEYS}"

    def publish(self, key: Key | None = None, **more: Any) -> None:
        """Put the public part of a key into the key set: its own one unless another is given."""
        jwk = (key or self.key).as_dict(private=False)
        self.published.append({**jwk, "kid": self.kid, "use": "sig", **more})

    def rotate(self, *, kid: str) -> None:
        """Sign with a new key, which is published beside the others."""
        self.key, self.kid = ECKey.generate_key("P-256"), kid
        self.publish()

    def claims(self, **claims: Any) -> dict[str, Any]:
        now = int(self.now())
        return {
            "iss": self.issuer,
            "aud": API,
            "sub": "petra",
            "azp": "portal",
            "jti": "token-1",
            "iat": now,
            "exp": now + 300,
            "scope": "openid profile",
            **claims,
        }

    def token(self, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """A user's token that is right but for what is given; None leaves out."""
        head = {"alg": self.algorithm, "typ": "JWT", "kid": self.kid, **(header or {})}
        present = {name: value for name, value in head.items() if value is not None}
        return signed(self.claims(**claims), self.key, present)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            # Who asked gave up.
            writer.close()
            return
        path = request.split(b" ")[1].decode()
        self.asked.append(path)
        if not self.away:
            await self.answering.wait()
            status, body = self.answers.get(path) or self._usual(path)
            writer.write(
                f"HTTP/1.1 {status} Fine\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
                f"Location: {self.keys_url}\r\n\r\n".encode()
            )
            writer.write(body)
        writer.close()

    def _usual(self, path: str) -> tuple[int, bytes]:
        documents = {
            DISCOVERY: {"issuer": self.issuer, "jwks_uri": self.keys_url},
            KEYS: {"keys": self.published},
        }
        return (200, json.dumps(documents[path]).encode()) if path in documents else (404, b"")


@asynccontextmanager
async def provider_at_home(now: Callable[[], float]) -> AsyncIterator[Provider]:
    """A provider that answers, with one key, which it publishes."""
    made: list[Provider] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await made[0].answer(reader, writer)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    made.append(Provider(f"http://127.0.0.1:{port}", now))
    made[0].answering.set()
    made[0].publish()
    yield made[0]
    made[0].answering.set()
    server.close()
    await server.wait_closed()


@asynccontextmanager
async def signing_in(
    database_url: str, provider: Provider, clock: Any, **settings: Any
) -> AsyncIterator[Worker]:
    """A server that believes the provider."""
    wanted = {"oidc_issuer": provider.issuer, "oidc_audience": API, **settings}
    async with workers(database_url, clock, **wanted) as [worker]:
        yield worker


async def add_user(
    database: Database,
    tenant: str = "P",
    *,
    subject: str | None = "petra",
    email: str = "petra@partner.example",
    customer: str | None = None,
) -> None:
    """A user of a tenant or of its customer, linked to the subject."""
    await portal_users.create(
        database,
        tenant_number=tenant,
        customer_number=customer,
        name="Petra Portal",
        email=email,
        now=STARTED,
    )
    if subject is not None:
        await portal_users.link(database, email, subject, now=STARTED, tenant_number=tenant)
