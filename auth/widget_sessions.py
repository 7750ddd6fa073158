"""Widget sessions: short-lived tokens for a portal's pages, which must not hold its credential.

A session reads what its client reads (at most `WIDGET_SCOPES`) of one customer or tenant, for pages
of one origin. It is not stored: its credential, the origin's registration and the customer's place
in the tree are read at most once a second, and a change to any of them ends it.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select

from auth import log_names
from auth.access_tokens import Issuer
from auth.acting_tenant import LONGEST_NUMBER, ActingTenants, UnknownTenantError
from auth.clock import Clock
from auth.credentials import Credentials
from auth.jwt import InvalidTokenError, text
from auth.oauth_scopes import CUSTOMER_USER_SCOPES, WIDGET_SCOPES, OAuthScope
from auth.origins import Origins
from auth.principal import Principal, PrincipalKind
from auth.signed_tokens import SignedToken, SignedTokens, TokenType
from auth.signing_keys import SigningKeys
from auth.ttl_cache import Lookup
from db.models import Customer, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database

PATH = "/widget/sessions"


class UnknownSubjectError(Exception):
    """The client sees no such customer or tenant: it does not exist, or is another partner's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose documents a session reads: a customer's, or those of a tenant and all below it."""

    number: str
    is_customer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visible:
    """The tenant of a customer, and the customer's scope."""

    tenant_id: int
    tenant_number: str
    scope: TenantScope


class WidgetSessions:
    """Issues and verifies widget sessions. One per process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        signing_keys: SigningKeys,
        credentials: Credentials,
        acting_tenants: ActingTenants,
        origins: Origins,
        issuer: Issuer,
        lifetime: timedelta,
    ) -> None:
        self._database = database
        self._now = clock.now
        self._credentials = credentials
        self._acting_tenants = acting_tenants
        self._origins = origins
        self._lifetime = lifetime
        self.issuer = f"{issuer.url}{PATH}"
        """The `iss` of sessions, which no other token has."""
        token_type = TokenType(
            name="a widget session",
            typ="widget-session+jwt",
            issuer=self.issuer,
            audience=issuer.audience,
            credential_claim="sub",
        )
        self._tokens = SignedTokens(clock, signing_keys, credentials, token_type)
        self._customers = Lookup(clock.monotonic, self._read_customer)

    async def issue(
        self, client: Principal, subject: Subject, origin: str, scopes: frozenset[OAuthScope]
    ) -> SignedToken:
        """Issue a session to a client that may create it.

        Raises UnknownSubjectError, or InvalidTokenError if the client's credential has just ended.
        """
        credential = await self._credentials.find(client.credential or "")
        if credential is None or not credential.is_active(self._now()):
            raise InvalidTokenError("belongs to a client that has been revoked or has expired")
        await self._restricted(client, subject)
        claims = {"customer" if subject.is_customer else "tenant": subject.number, "origin": origin}
        return await self._tokens.issue(credential, scopes, self._lifetime, **claims)

    async def principal(self, token: str) -> Principal:
        """Verify a session. Raises InvalidTokenError."""
        session, credential = await self._tokens.verify(token)
        client = credential.principal
        if OAuthScope.WIDGET_SESSIONS_CREATE not in client.scopes:
            raise InvalidTokenError("belongs to a client that may no longer create widget sessions")
        origin = text(session.claims, "origin")
        if client.client_id not in await self._origins.clients(origin):
            raise InvalidTokenError("is for an origin that is no longer registered")
        is_customer = "customer" in session.claims
        subject = Subject(
            number=text(session.claims, "customer" if is_customer else "tenant"),
            is_customer=is_customer,
        )
        try:
            restricted = await self._restricted(client, subject)
        except UnknownSubjectError:
            raise InvalidTokenError("is for a subject that its client no longer sees") from None
        scopes = session.scopes & client.scopes & WIDGET_SCOPES
        if is_customer:
            scopes &= CUSTOMER_USER_SCOPES
        return replace(
            restricted,
            kind=PrincipalKind.WIDGET_SESSION,
            # All sessions for one customer share an account: renewing gives no more points, and
            # one customer's pages cannot use up the points of others or of the partner's systems.
            account=log_names.of_widget(client.account, subject.number),
            token_id=session.id,
            scopes=scopes,
            expires_at=session.expires_at,
            origin=origin,
        )

    async def _restricted(self, client: Principal, subject: Subject) -> Principal:
        """The client restricted to the subject. Raises UnknownSubjectError."""
        if not subject.is_customer:
            try:
                return await self._acting_tenants.restrict(client, subject.number)
            except UnknownTenantError:
                raise UnknownSubjectError from None
        if len(subject.number) > LONGEST_NUMBER or not subject.number.isprintable():
            raise UnknownSubjectError
        visible = await self._customers.find((client.tenant_scope, subject.number))
        if visible is None:
            raise UnknownSubjectError
        return replace(
            client,
            tenant_id=visible.tenant_id,
            tenant_number=visible.tenant_number,
            tenant_scope=visible.scope,
        )

    async def _read_customer(self, key: tuple[TenantScope, str]) -> _Visible | None:
        """Read the customer within the client's own scope, so that it cannot be widened."""
        scope, number = key
        statement = (
            select(Customer.id, Customer.tenant_id, Customer.root_tenant_id, Tenant.number)
            .join(Tenant, Tenant.id == Customer.tenant_id)
            .where(Customer.number == number)
        )
        async with self._database.read(scope) as session:
            rows = await session.tuples(statement)
        if not rows:
            return None
        [(customer_id, tenant_id, root, tenant_number)] = rows
        return _Visible(
            tenant_id=tenant_id,
            tenant_number=tenant_number,
            scope=TenantScope.customer(root, tenant_id, customer_id),
        )
