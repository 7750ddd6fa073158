"""OAuth clients: how they are made, listed, revoked and found.

An OAuth client is a second kind of credential of an API client, beside its keys. It authenticates
with a secret, of which a SHA-256 is kept (256 random bits: nothing to guess), or by signing with a
private key that never leaves the partner; then its public keys are kept.
"""

import asyncio
import hashlib
import json
import re
import secrets
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

import structlog
from joserfc import jwk
from joserfc.errors import JoseError, SecurityWarning
from sqlalchemy import or_, update

from auth import clients
from auth.clients import BEFORE_ANYBODY_IS_KNOWN, Client
from auth.clock import Clock
from auth.oauth_scopes import OAuthScope, granted_to, known
from auth.principal import Principal
from auth.ttl_cache import TTLCache
from db.enums import ClientKind
from db.models import OAuthClient
from db.session import Database

ALGORITHMS: dict[str, tuple[str, ...]] = {
    "EC": ("ES256",),
    "OKP": ("Ed25519",),
    "RSA": ("PS256", "RS256"),
}
"""What a client may sign with, by the kind of its key."""
MOST_PUBLIC_KEYS = 5

_IDENTIFIER = re.compile(r"pgc_[0-9a-f]{20}")
_REMEMBERED = 10_000
_LAST_USE = timedelta(minutes=1)
_log = structlog.get_logger("auth")
_RSA_BITS = range(2048, 4097)


class UnusableKeysError(Exception):
    """Keys that no client can be known by; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOAuthClient:
    """A client just made. Its `secret` cannot be shown a second time; None if it has keys."""

    identifier: str
    secret: str | None = field(repr=False)
    scopes: frozenset[OAuthScope]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundOAuthClient:
    """A client as it is now; it may have expired or been revoked."""

    id: UUID
    identifier: str
    secret_hash: str | None = field(repr=False)
    public_keys: Sequence[dict[str, Any]]
    client: Client
    scopes: frozenset[OAuthScope]
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def works(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def principal(
        self, *, token_id: str, scopes: frozenset[OAuthScope], expires_at: datetime | None
    ) -> Principal:
        """Who asks with a token of this client: never more than the client may by now."""
        return self.client.principal(
            token_id=token_id,
            credential=self.identifier,
            scopes=scopes & self.scopes,
            expires_at=expires_at,
        )


class OAuthClients:
    """Clients by their identifier, each read from the database once a second at the most."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._now = clock.now
        self._found: TTLCache[str, FoundOAuthClient] = TTLCache(_REMEMBERED, clock.monotonic)
        self._reading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def find(self, identifier: str) -> FoundOAuthClient | None:
        if not _IDENTIFIER.fullmatch(identifier):
            return None
        # Requests that come together read once.
        async with self._reading.setdefault(identifier, asyncio.Lock()):
            client = self._found.get(identifier)
            if client is None:
                client = await find(self._database, identifier)
                if client is not None:
                    self._found.put(identifier, client)
            return client

    async def record_use(self, client: FoundOAuthClient) -> None:
        """Write down that the client got a token: once a minute, so that none writes at will."""
        now = self._now()
        if client.last_used_at is not None and now - client.last_used_at < _LAST_USE:
            return
        outdated = or_(
            OAuthClient.last_used_at.is_(None), OAuthClient.last_used_at <= now - _LAST_USE
        )
        statement = update(OAuthClient).where(OAuthClient.id == client.id, outdated)
        try:
            async with self._database.write(BEFORE_ANYBODY_IS_KNOWN) as session:
                await session.execute(statement.values(last_used_at=now))
        except Exception:
            # The token is good without it. The next one after a minute tries again.
            _log.exception("the last use of a client was not recorded", client_id=client.identifier)


async def create(
    database: Database,
    *,
    kind: ClientKind = ClientKind.PARTNER,
    tenant_number: str | None = None,
    client_name: str,
    now: datetime,
    public_keys: Sequence[dict[str, Any]] = (),
    expires_at: datetime | None = None,
    scopes: frozenset[OAuthScope] | None = None,
) -> NewOAuthClient:
    """Make an OAuth client of the API client of that name, which is made too if there is none.

    It has a secret unless it has public keys. An API client has two that work at most: the one in
    use and, while it is replaced, the next.
    """
    granted = granted_to(kind, scopes)
    identifier = f"pgc_{secrets.token_hex(10)}"
    secret = None if public_keys else f"pgs_{secrets.token_urlsafe(32)}"
    async with database.write(BEFORE_ANYBODY_IS_KNOWN) as session:
        client = await clients.named(session, kind, tenant_number, client_name, now)
        await clients.check_room(session, OAuthClient, client, now)
        session.add(
            OAuthClient(
                client_id=client.id,
                identifier=identifier,
                secret_hash=None if secret is None else hash_of(secret),
                public_keys=list(public_keys),
                scopes=sorted(granted),
                created_at=now,
                expires_at=expires_at,
            )
        )
        await clients.record(
            session,
            OAuthClient,
            client.id,
            identifier,
            created=True,
            at=now,
            scopes=sorted(granted),
        )
    return NewOAuthClient(
        identifier=identifier, secret=secret, scopes=granted, expires_at=expires_at
    )


async def list_clients(
    database: Database, tenant_number: str | None = None
) -> Sequence[clients.Listed]:
    """All OAuth clients, or those of one tenant; raises UnknownTenantError."""
    return await clients.listed(database, OAuthClient, tenant_number)


async def revoke(database: Database, identifier: str, *, now: datetime) -> datetime:
    """Revoke a client and return since when it is; raises UnknownCredentialError."""
    return await clients.revoke(database, OAuthClient, identifier, now=now)


async def find(database: Database, identifier: str) -> FoundOAuthClient | None:
    """The client of that identifier, with what it sees, in one statement."""
    found = await clients.find(database, OAuthClient, identifier)
    if found is None:
        return None
    oauth, client = found
    return FoundOAuthClient(
        id=oauth.id,
        identifier=oauth.identifier,
        secret_hash=oauth.secret_hash,
        public_keys=oauth.public_keys,
        client=client,
        scopes=known(oauth.scopes),
        expires_at=oauth.expires_at,
        last_used_at=oauth.last_used_at,
        revoked_at=oauth.revoked_at,
    )


def hash_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def read_public_keys(text: str) -> list[dict[str, Any]]:
    """The public keys in a JWK or a JWK Set, as they are kept; raises UnusableKeysError."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise UnusableKeysError("it is not JSON") from None
    members = given.get("keys", [given]) if isinstance(given, dict) else None
    if not isinstance(members, list) or not members:
        raise UnusableKeysError("it is neither a JWK nor a JWK Set with keys")
    if len(members) > MOST_PUBLIC_KEYS:
        raise UnusableKeysError(f"it has more than {MOST_PUBLIC_KEYS} keys")
    return [_public(member) for member in members]


def _public(member: Any) -> dict[str, Any]:
    if not isinstance(member, dict) or member.get("kty") not in tuple(ALGORITHMS):
        raise UnusableKeysError(f"a key is of none of the kinds {', '.join(ALGORITHMS)}")
    if {"d", "p", "q", "dp", "dq", "qi", "oth"} & member.keys():
        raise UnusableKeysError("it has a private key, which must stay with the partner")
    if member.get("use", "sig") != "sig":
        raise UnusableKeysError("a key is not for signatures")
    allowed = ALGORITHMS[member["kty"]]
    if member.get("alg", allowed[0]) not in allowed:
        raise UnusableKeysError(f"a key is for another algorithm than {' or '.join(allowed)}")
    kid = member.get("kid")
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= 255):
        raise UnusableKeysError("a kid is no text of up to 255 characters")
    try:
        with warnings.catch_warnings():
            # Of keys that are too short; these are refused below.
            warnings.simplefilter("ignore", SecurityWarning)
            key = jwk.import_key(member)
    except (JoseError, ValueError, TypeError, KeyError):
        raise UnusableKeysError("a key cannot be read") from None
    if member["kty"] == "EC" and member.get("crv") != "P-256":
        raise UnusableKeysError("an EC key is not on the curve P-256")
    if member["kty"] == "OKP" and member.get("crv") != "Ed25519":
        raise UnusableKeysError("an OKP key is not on the curve Ed25519")
    if isinstance(key, jwk.RSAKey) and key.raw_value.key_size not in _RSA_BITS:
        raise UnusableKeysError("an RSA key has less than 2048 bits, or more than 4096")
    return key.as_dict(private=False)
