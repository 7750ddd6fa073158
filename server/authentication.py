"""Who is asking: wires the verification of credentials, and maps its failures to refusals."""

from datetime import timedelta
from urllib.parse import urlsplit

from auth.access_tokens import AccessTokens, Issuer
from auth.acting_tenant import HEADER as TENANT_HEADER
from auth.acting_tenant import ActingTenants, UnknownTenantError
from auth.bearer import BearerAuthenticator, TokenVerifier, UnauthenticatedError
from auth.client_authentication import ClientAuthentication
from auth.clock import Clock
from auth.credentials import Credentials
from auth.failed_sign_ins import FailedSignIns
from auth.key_encryption import KeyEncryption
from auth.login_throttle import LoginThrottle, TooManyAttemptsError
from auth.oauth_scopes import WIDGET_SCOPES
from auth.origins import Origins
from auth.portal_tokens import PortalTokens
from auth.principal import Principal
from auth.provider_keys import IdentityProvider, ProviderUnavailableError
from auth.signed_tokens import SignedToken
from auth.signing_keys import SigningKeys
from auth.widget_sessions import Subject, WidgetSessions
from db.session import Database
from ratelimit.buckets import Buckets
from server.errors import RequestRefusedError, forbidden, rate_limited, unauthenticated, unavailable
from server.requests import Request, current_request_id


class Authentication:
    """Authenticates requests. One for each process; `close` it before its database."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        issuer: Issuer,
        widget_lifetime: timedelta,
        signing_key_secret: str | None,
        provider: IdentityProvider | None,
        attempts: Buckets,
    ) -> None:
        """`attempts` bound wrong credentials; they must not be the buckets of clients, or made-up
        names would evict those."""
        self._scheme = urlsplit(issuer.url).scheme
        self.signing_keys = SigningKeys(database, clock, KeyEncryption(signing_key_secret))
        self.credentials = Credentials(database, clock)
        self.access_tokens = AccessTokens(clock, self.signing_keys, self.credentials, issuer)
        self._failures = FailedSignIns(database, clock, current_request_id)
        throttle = LoginThrottle(attempts, clock.monotonic)
        self._acting_tenants = ActingTenants(database, clock)
        self.origins = Origins(database, clock)
        self.widget_sessions = WidgetSessions(
            database,
            clock,
            signing_keys=self.signing_keys,
            credentials=self.credentials,
            acting_tenants=self._acting_tenants,
            origins=self.origins,
            issuer=issuer,
            lifetime=widget_lifetime,
        )
        verifiers: dict[str, TokenVerifier] = {
            issuer.url: self.access_tokens,
            self.widget_sessions.issuer: self.widget_sessions,
        }
        self._portal: PortalTokens | None = None
        if provider is not None:
            self._portal = PortalTokens(database, clock, provider)
            verifiers[provider.issuer] = self._portal
        self._bearers = BearerAuthenticator(
            self.credentials, clock, throttle=throttle, failures=self._failures, verifiers=verifiers
        )
        self.client_authentication = ClientAuthentication(
            database, clock, self.credentials, issuer, throttle=throttle, failures=self._failures
        )

    def start(self) -> None:
        """Begin to fetch the identity provider's keys. No request waits for that."""
        if self._portal is not None:
            self._portal.start()

    async def close(self) -> None:
        if self._portal is not None:
            await self._portal.close()
        await self.credentials.close()
        await self._failures.close()

    async def authenticate(self, request: Request) -> Principal:
        """The principal of a request. Raises 401 for bad credentials, 429 after too many of them,
        503 if the identity provider is unavailable."""
        return await self._principal(request, self._origin(request))

    async def authenticate_backend(self, request: Request) -> Principal:
        """The principal of a request that no page sends: a session of a page is refused."""
        return await self._principal(request, None)

    async def acting(self, principal: Principal, request: Request) -> Principal:
        """The principal narrowed to the tenant of `X-Tenant`; raises 403 if it is out of scope."""
        try:
            return await self._acting_tenants.restrict(principal, request.headers.get("x-tenant"))
        except UnknownTenantError:
            raise forbidden(f"{TENANT_HEADER} names no tenant that you may see.") from None

    async def page_session(
        self, key: str, *, origin: str, customer_number: str | None
    ) -> SignedToken | None:
        """A widget session as the backend of a portal with that key would get it: for a customer,
        or for the key's own tenant. None if the origin is not registered."""
        client = await self._bearers.principal(f"Bearer {key}")
        if client.client_id not in await self.origins.clients(origin):
            return None
        number = customer_number or client.tenant_number or ""
        subject = Subject(number=number, is_customer=customer_number is not None)
        return await self.widget_sessions.issue(
            client, subject, origin, client.scopes & WIDGET_SCOPES
        )

    async def _principal(self, request: Request, origin: str | None) -> Principal:
        try:
            return await self._bearers.principal(request.headers.get("authorization"), origin)
        except UnauthenticatedError as error:
            raise unauthenticated(str(error), error.challenge) from None
        except ProviderUnavailableError as error:
            # Not 401: the token may be good, and a client would throw it away.
            message = "The token issuer's signing keys are unavailable."
            raise unavailable(message, error.retry_seconds) from None
        except TooManyAttemptsError as error:
            raise too_many_attempts(error) from None

    def _origin(self, request: Request) -> str | None:
        """The origin of the page that sent the request; None if no page did.

        With a GET to the page's own server browsers send no `Origin`, but `Sec-Fetch-Site`.
        """
        headers = request.headers
        if headers.get("sec-fetch-site") == "same-origin":
            return headers.get("origin", f"{self._scheme}://{headers.get('host', '')}")
        return headers.get("origin")


def too_many_attempts(error: TooManyAttemptsError) -> RequestRefusedError:
    """429: the client, or its address, has shown too many wrong credentials."""
    return rate_limited(str(error), error.retry_seconds, limit="attempts")
