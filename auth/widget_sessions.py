"""Widget sessions: what a portal's page asks with, for minutes, instead of the portal's credential.

A session is a signed token that nobody stores. It reads what its client reads, of one customer or
one tenant, for pages of one origin. Whatever may have changed since it was made (the credential it
was made with, the origin's registration, the customer's place in the tree) is read once a second.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from auth import keys, log_names
from auth.access_tokens import Issuer
from auth.acting_tenant import Narrowing, OutOfReachError
from auth.clock import Clock
from auth.jwt import InvalidTokenError, text
from auth.oauth_clients import OAuthClients
from auth.oauth_scopes import CUSTOMER_USER_SCOPES, WIDGET_SCOPES, OAuthScope, known
from auth.origins import Origins
from auth.principal import Principal, PrincipalKind
from auth.signed_tokens import SignedToken, SignedTokens, TokenType
from auth.signing_keys import SigningKeys
from auth.ttl_cache import Lookup
from db.models import Customer, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database

PATH = "/widget/sessions"

_LONGEST_NUMBER = 100
_REMEMBERED = 10_000


class UnknownSubjectError(Exception):
    """No such customer or tenant is seen: there is none, or it is another's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose documents a session reads: a customer's, or those of a tenant and all below it."""

    number: str
    is_customer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """What the claims of a session's token say."""

    credential: str
    subject: Subject
    origin: str
    scopes: frozenset[OAuthScope]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Where a customer lies."""

    tenant_id: int
    tenant_number: str
    scope: TenantScope


class WidgetSessions:
    """Makes sessions and believes them. One for each process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        signing_keys: SigningKeys,
        clients: OAuthClients,
        narrowing: Narrowing,
        origins: Origins,
        issuer: Issuer,
        lifetime: timedelta,
    ) -> None:
        self._database = database
        self._now = clock.now
        self._clients = clients
        self._narrowing = narrowing
        self._origins = origins
        self._lifetime = lifetime
        self.issuer = f"{issuer.url}{PATH}"
        """The `iss` of sessions, which no other token has."""
        kind = TokenType(
            name="widget session",
            typ="widget-session+jwt",
            issuer=self.issuer,
            audience=issuer.audience,
        )
        self._tokens = SignedTokens(clock, signing_keys, kind, _session)
        self._keys = Lookup(_REMEMBERED, clock.monotonic, self._read_key)
        self._customers = Lookup(_REMEMBERED, clock.monotonic, self._read_customer)

    async def issue(
        self,
        client: Principal,
        subject: Subject,
        origin: str,
        scopes: frozenset[OAuthScope],
    ) -> SignedToken:
        """A session that the client may make; raises UnknownSubjectError, or InvalidTokenError
        where its credential has ended meanwhile."""
        registered = await self._client(client.credential)
        if registered is None:
            raise InvalidTokenError("is of a client that has been revoked or has expired")
        await self._part(client, subject)
        claims = {
            "sub": client.credential,
            "customer" if subject.is_customer else "tenant": subject.number,
            "origin": origin,
            "scope": " ".join(sorted(scopes)),
        }
        return await self._tokens.sign(claims, self._lifetime, until=registered.expires_at)

    async def principal(self, token: str) -> Principal:
        """The principal of a token; raises InvalidTokenError."""
        believed = await self._tokens.believe(token)
        session = believed.says
        client = await self._client(session.credential)
        if client is None or OAuthScope.WIDGET_SESSIONS_CREATE not in client.scopes:
            raise InvalidTokenError("is of a client that has been revoked or has expired")
        if client.client_id not in await self._origins.clients(session.origin):
            raise InvalidTokenError("is for an origin that is not registered any more")
        try:
            seen = await self._part(client, session.subject)
        except UnknownSubjectError:
            raise InvalidTokenError("is for somebody its client does not see any more") from None
        scopes = session.scopes & client.scopes & WIDGET_SCOPES
        if session.subject.is_customer:
            scopes &= CUSTOMER_USER_SCOPES
        return replace(
            seen,
            kind=PrincipalKind.WIDGET_SESSION,
            # One customer's pages share an account, however many sessions they are given, and no
            # other's: none of them can use up what the partner's systems need, or another reader.
            account=log_names.of_widget(client.account, session.subject.number),
            token_id=believed.id,
            scopes=scopes,
            expires_at=believed.expires_at,
            origin=session.origin,
        )

    async def _client(self, credential: str | None) -> Principal | None:
        """The client as it is now, if the credential works."""
        if credential is None:
            return None
        now = self._now()
        oauth = await self._clients.find(credential)
        if oauth is not None and oauth.works(now):
            return oauth.principal(
                token_id=credential, scopes=oauth.scopes, expires_at=oauth.expires_at
            )
        key = await self._keys.find(credential)
        return key.principal if key is not None and key.works(now) else None

    async def _part(self, client: Principal, subject: Subject) -> Principal:
        """The client, narrowed to the subject; raises UnknownSubjectError."""
        if not subject.is_customer:
            try:
                return await self._narrowing.narrow(client, subject.number)
            except OutOfReachError:
                raise UnknownSubjectError from None
        if len(subject.number) > _LONGEST_NUMBER or not subject.number.isprintable():
            raise UnknownSubjectError
        part = await self._customers.find((client.tenant_scope, subject.number))
        if part is None:
            raise UnknownSubjectError
        return replace(
            client,
            tenant_id=part.tenant_id,
            tenant_number=part.tenant_number,
            tenant_scope=part.scope,
        )

    async def _read_key(self, prefix: str) -> keys.FoundKey | None:
        return await keys.by_prefix(self._database, prefix)

    async def _read_customer(self, key: tuple[TenantScope, str]) -> _Part | None:
        """Looked up within the client's own scope, so that it cannot be widened."""
        scope, number = key
        statement = (
            select(
                Customer.id,
                Customer.tenant_id,
                Customer.root_tenant_id,
                Tenant.number,
            )
            .join(Tenant, Tenant.id == Customer.tenant_id)
            .where(Customer.number == number)
        )
        async with self._database.read(scope) as session:
            rows = await session.tuples(statement)
        if not rows:
            return None
        [(customer_id, tenant_id, root, tenant_number)] = rows
        return _Part(
            tenant_id=tenant_id,
            tenant_number=tenant_number,
            scope=TenantScope.customer(root, tenant_id, customer_id),
        )


def _session(claims: dict[str, Any]) -> _Session:
    is_customer = "customer" in claims
    return _Session(
        credential=text(claims, "sub"),
        subject=Subject(
            number=text(claims, "customer" if is_customer else "tenant"), is_customer=is_customer
        ),
        origin=text(claims, "origin"),
        scopes=known(text(claims, "scope", longest=4_096).split(" ")),
    )
