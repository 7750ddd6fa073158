"""Wires together what decides who is asking: credentials, tokens, narrowing, their endpoints."""

from datetime import timedelta
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.routing import Route

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
from auth.provider_keys import ProviderUnavailableError
from auth.signed_tokens import SignedToken
from auth.signing_keys import SigningKeys
from auth.widget_sessions import PATH as WIDGET_PATH
from auth.widget_sessions import Subject, WidgetSessions
from db.session import Database
from ratelimit.buckets import Buckets, LocalBuckets, Policy
from ratelimit.redis_buckets import RedisBuckets
from ratelimit.redis_server import RedisServer
from server.discovery import JWKS_PATH, METADATA_PATH, Discovery
from server.graphql import AuthFailure
from server.oauth_token import TokenEndpoint
from server.request_id import current_request_id
from server.requests import forbidden, too_many_attempts, unavailable
from server.widget_sessions import WidgetEndpoint
from settings import Settings


class Identity:
    """Knows who is asking. One for each process; `close` it before its database."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, redis: RedisServer | None
    ) -> None:
        self._scheme = urlsplit(settings.public_url).scheme
        issuer = Issuer(url=settings.public_url, lifetime=timedelta(seconds=settings.token_seconds))
        signing_keys = SigningKeys(database, clock, KeyEncryption(settings.sealing_secret))
        self._credentials = Credentials(database, clock)
        access_tokens = AccessTokens(clock, signing_keys, self._credentials, issuer)
        self._failures = FailedSignIns(database, clock, current_request_id)
        # Apart from the clients' own points, so that made-up names drive no client's out of memory.
        guesses = Policy(settings.failed_attempts, 60.0)
        throttle = LoginThrottle(
            RedisBuckets(redis, guesses) if redis else LocalBuckets(guesses, clock.monotonic),
            clock.monotonic,
        )
        self._acting_tenants = ActingTenants(database, clock)
        self.origins = Origins(database, clock)
        self.widget_sessions = WidgetSessions(
            database,
            clock,
            signing_keys=signing_keys,
            credentials=self._credentials,
            acting_tenants=self._acting_tenants,
            origins=self.origins,
            issuer=issuer,
            lifetime=timedelta(seconds=settings.widget_seconds),
        )
        verifiers: dict[str, TokenVerifier] = {
            issuer.url: access_tokens,
            self.widget_sessions.issuer: self.widget_sessions,
        }
        self._portal: PortalTokens | None = None
        if provider := settings.identity_provider:
            self._portal = PortalTokens(database, clock, provider)
            verifiers[provider.issuer] = self._portal
        self._bearers = BearerAuthenticator(
            self._credentials,
            clock,
            throttle=throttle,
            failures=self._failures,
            verifiers=verifiers,
        )
        self._body_seconds = settings.limits.body_seconds
        self._token_endpoint = TokenEndpoint(
            ClientAuthentication(
                database,
                clock,
                self._credentials,
                issuer,
                throttle=throttle,
                failures=self._failures,
            ),
            access_tokens,
            self._credentials,
            body_seconds=self._body_seconds,
        )
        self._discovery = Discovery(issuer, signing_keys)

    def start(self) -> None:
        """Fetch what is needed from elsewhere, beside the first requests."""
        if self._portal is not None:
            self._portal.start()

    async def close(self) -> None:
        if self._portal is not None:
            await self._portal.close()
        await self._credentials.close()
        await self._failures.close()

    async def authenticate(self, headers: Headers) -> Principal | AuthFailure:
        """Who sends the headers; raises RequestRefusedError where that cannot be told now."""
        try:
            return await self._bearers.principal(
                headers.get("authorization"), self._origin(headers)
            )
        except UnauthenticatedError as refused:
            return AuthFailure(str(refused), challenge=refused.challenge)
        except ProviderUnavailableError as error:
            # Not 401: the token may be good, and a client would throw it away.
            message = "The token issuer's signing keys are unavailable."
            raise unavailable(message, error.retry_seconds) from None
        except TooManyAttemptsError as error:
            raise too_many_attempts(str(error), error.retry_seconds) from None

    def _origin(self, headers: Headers) -> str | None:
        """The origin of the page that asks, if any.

        Browsers send none with a GET to the page's own server, but say that it is such a one.
        """
        if headers.get("sec-fetch-site") == "same-origin":
            return headers.get("origin", f"{self._scheme}://{headers.get('host', '')}")
        return headers.get("origin")

    async def narrowed(self, principal: Principal, headers: Headers) -> Principal:
        """The principal within the tenant that the headers name; raises RequestRefusedError."""
        try:
            return await self._acting_tenants.restrict(principal, headers.get(TENANT_HEADER))
        except UnknownTenantError:
            raise forbidden(f"{TENANT_HEADER} names no tenant that you may see.") from None

    async def page_session(
        self, key: str, *, origin: str, customer_number: str | None
    ) -> SignedToken | None:
        """A session for a page, as the backend of a portal with that key would get it; None where
        the origin is not registered. Without a customer it is for the key's own tenant."""
        client = await self._bearers.principal(f"Bearer {key}")
        if client.client_id not in await self.origins.clients(origin):
            return None
        number = customer_number or client.tenant_number or ""
        subject = Subject(number=number, is_customer=customer_number is not None)
        return await self.widget_sessions.issue(
            client, subject, origin, client.scopes & WIDGET_SCOPES
        )

    def routes(self, buckets: Buckets) -> list[Route]:
        """Where credentials are exchanged, and what is public of that. `buckets` are the clients'
        points."""
        widget_endpoint = WidgetEndpoint(
            self._bearers,
            self._acting_tenants,
            self.origins,
            self.widget_sessions,
            buckets,
            body_seconds=self._body_seconds,
        )
        return [
            Route("/oauth/token", self._token_endpoint, methods=["POST"]),
            Route(WIDGET_PATH, widget_endpoint, methods=["POST"]),
            Route(METADATA_PATH, self._discovery.metadata),
            Route(JWKS_PATH, self._discovery.keys),
        ]
