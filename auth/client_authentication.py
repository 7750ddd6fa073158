"""How a client proves who it is at the token endpoint (RFC 6749, 2.3, and RFC 7523, 2.2)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from joserfc import jwk
from joserfc.jwk import Key
from sqlalchemy import Delete, delete, select, tuple_
from sqlalchemy.exc import IntegrityError

from auth.access_tokens import Issuer
from auth.clock import Clock
from auth.failures import FailedSignIns, Reason
from auth.jwt import InvalidTokenError, Jwt, audiences, check_times, text
from auth.login_throttle import LoginThrottle
from auth.oauth_clients import ALGORITHMS, FoundOAuthClient, OAuthClients, hash_of
from db.models import UsedAssertion
from db.scope.tenant_scope import TenantScope
from db.session import Database

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt")
ASSERTION_ALGORITHMS = tuple(sorted(name for names in ALGORITHMS.values() for name in names))
LONGEST_ASSERTION = timedelta(minutes=5)
ASSERTION_LEEWAY = timedelta(seconds=30)
"""How far a client's clock may be from ours."""

_BEFORE_ANYBODY_IS_KNOWN = TenantScope.carrier()
_FORGOTTEN_AT_ONCE = 100
_ASSERTION_TYPES = {None, "JWT", "client-authentication+jwt"}
# Compared with where there is no client, so that one that exists takes no longer to refuse.
_NOBODY = hash_of("")


class OAuthError(Exception):
    """A refusal by the codes of RFC 6749, 5.2. The description repeats nothing that was sent."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class ClientAuthentication:
    """Finds out which client sends a form. One for each process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        clients: OAuthClients,
        issuer: Issuer,
        *,
        attempts: LoginThrottle,
        failures: FailedSignIns,
    ) -> None:
        self._database = database
        self._now = clock.now
        self._clients = clients
        self._issuer = issuer
        self._attempts = attempts
        self._failures = failures

    async def client(self, authorization: str | None, form: Mapping[str, str]) -> FoundOAuthClient:
        """The client, which works; raises OAuthError, or TooManyAttemptsError."""
        asserted = "client_assertion" in form or "client_assertion_type" in form
        ways = (authorization is not None) + ("client_secret" in form) + asserted
        if ways > 1:
            raise OAuthError("invalid_request", "The client authenticates in more than one way.")
        if authorization is not None:
            identifier, secret = _basic(authorization)
            if form.get("client_id", identifier) != identifier:
                raise OAuthError("invalid_request", "There are two different client_id.")
            return await self._by_secret(identifier, secret)
        if "client_secret" in form:
            return await self._by_secret(form.get("client_id", ""), form["client_secret"])
        if asserted:
            return await self._by_assertion(form)
        raise OAuthError("invalid_client", "The client does not authenticate.")

    async def _by_secret(self, identifier: str, secret: str) -> FoundOAuthClient:
        credential = f"{identifier}:{secret}"
        self._attempts.check(credential)
        client = await self._clients.find(identifier)
        known = client.secret_hash if client is not None else None
        right = hmac.compare_digest(known or _NOBODY, hash_of(secret))
        if client is None or known is None or not right:
            self._note(Reason.NOT_PROVED, client)
            await self._attempts.wrong(credential, identifier)
            raise OAuthError("invalid_client", "The client or its secret is not right.")
        self._attempts.right(credential)
        return self._working(client)

    async def _by_assertion(self, form: Mapping[str, str]) -> FoundOAuthClient:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise OAuthError("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}.")
        if "client_assertion" not in form:
            raise OAuthError("invalid_request", "client_assertion is missing.")
        client = None
        try:
            assertion = Jwt(form["client_assertion"])
            claimed = text(assertion.unverified, "sub")
            # Each assertion is a new one: who has lately signed a right one may send the next.
            self._attempts.check(claimed)
            client = await self._clients.find(claimed)
            try:
                if client is None or form.get("client_id", claimed) != claimed:
                    raise InvalidTokenError("has no valid signature")
                claims = assertion.verify(_keys(client, assertion.header), ASSERTION_ALGORITHMS)
            except InvalidTokenError:
                await self._attempts.wrong(form["client_assertion"], claimed)
                raise
            self._attempts.right(claimed)
            expires_at = self._check(assertion.header, claims)
            self._working(client)
            await self._use_up(client, text(claims, "jti"), expires_at)
        except InvalidTokenError as error:
            self._note(Reason.NOT_PROVED, client)
            raise OAuthError("invalid_client", f"The client_assertion {error}.") from None
        return client

    def _check(self, header: Mapping[str, Any], claims: dict[str, Any]) -> datetime:
        """When the assertion expires; raises InvalidTokenError where it is not one for us."""
        if header.get("typ") not in _ASSERTION_TYPES:
            raise InvalidTokenError("is a token of another type")
        if claims.get("iss") != claims["sub"]:
            raise InvalidTokenError("has another iss than sub")
        # One audience, and ours: one that names others too could be sent on by them.
        if audiences(claims) not in ([self._issuer.url], [self._issuer.token_endpoint]):
            raise InvalidTokenError("is for another audience")
        now = self._now()
        expires_at = check_times(claims, now=now, leeway=ASSERTION_LEEWAY)
        if expires_at > now + LONGEST_ASSERTION + ASSERTION_LEEWAY:
            minutes = int(LONGEST_ASSERTION.total_seconds() // 60)
            raise InvalidTokenError(f"expires later than in {minutes} minutes")
        return expires_at

    async def _use_up(self, client: FoundOAuthClient, jti: str, expires_at: datetime) -> None:
        """Note that the assertion was used, so that no worker takes it again."""
        now = self._now()
        used = UsedAssertion(
            oauth_client_id=client.id,
            jti_hash=hashlib.sha256(jti.encode()).hexdigest(),
            expires_at=expires_at + ASSERTION_LEEWAY,
        )
        try:
            async with self._database.write(_BEFORE_ANYBODY_IS_KNOWN) as session:
                await session.execute(_forgotten(now))
                session.add(used)
        except IntegrityError:
            raise InvalidTokenError("has been used before") from None

    def _working(self, client: FoundOAuthClient) -> FoundOAuthClient:
        if not client.works(self._now()):
            self._note(Reason.EXPIRED if client.revoked_at is None else Reason.REVOKED, client)
            raise OAuthError("invalid_client", "The client has been revoked or has expired.")
        return client

    def _note(self, reason: Reason, client: FoundOAuthClient | None) -> None:
        if client is None:
            self._failures.note(Reason.UNKNOWN)
        else:
            self._failures.note(reason, client.identifier, client.client)


def _forgotten(now: datetime) -> Delete:
    """Deletes some of the rows that have done their work. What another worker deletes meanwhile is
    left to it: two that wait for each other's rows would end in a deadlock."""
    key = tuple_(UsedAssertion.oauth_client_id, UsedAssertion.jti_hash)
    old = (
        select(UsedAssertion.oauth_client_id, UsedAssertion.jti_hash)
        .where(UsedAssertion.expires_at <= now)
        .limit(_FORGOTTEN_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return delete(UsedAssertion).where(key.in_(old)).execution_options(synchronize_session=False)


def _basic(authorization: str) -> tuple[str, str]:
    """Both are form-encoded before they are joined: RFC 6749, 2.3.1."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise OAuthError("invalid_client", "The Authorization header must be Basic.")
    try:
        joined = base64.b64decode(encoded.strip(), validate=True).decode()
        identifier, colon, secret = joined.partition(":")
        if not colon:
            raise ValueError("no secret")
        parts = unquote_plus(identifier, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError):
        raise OAuthError("invalid_client", "The Authorization header cannot be read.") from None
    return parts


def _keys(client: FoundOAuthClient, header: Mapping[str, Any]) -> list[Key]:
    """Those of the client's keys that may have signed: of the named id, or those without one."""
    kid = header.get("kid")
    return [
        jwk.import_key(key)
        for key in client.public_keys
        if kid is None or key.get("kid") in (None, kid)
    ]
