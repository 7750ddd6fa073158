"""Authenticates OAuth clients at the token endpoint (RFC 6749, 2.3, and RFC 7523, 2.2)."""

import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from joserfc import jwk
from joserfc.jwk import Key
from sqlalchemy import Delete, delete, select, tuple_
from sqlalchemy.exc import IntegrityError

from auth.access_tokens import Issuer
from auth.clock import Clock
from auth.credentials import Credential, Credentials, CredentialState
from auth.failed_sign_ins import FailedSignIns, Reason
from auth.jwt import InvalidTokenError, Jwt, audiences, check_times, text
from auth.login_throttle import LoginThrottle
from auth.tenant_scope import SYSTEM_SCOPE
from db.enums import CredentialKind
from db.models import UsedAssertion
from db.session import Database

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt")
KEY_ALGORITHMS: dict[str, tuple[str, ...]] = {
    "EC": ("ES256",),
    "OKP": ("Ed25519",),
    "RSA": ("PS256", "RS256"),
}
"""The algorithms that a client may sign with, by the type (`kty`) of its key."""
ASSERTION_ALGORITHMS = tuple(sorted(name for names in KEY_ALGORITHMS.values() for name in names))
LONGEST_ASSERTION = timedelta(minutes=5)
ASSERTION_LEEWAY = timedelta(seconds=30)
"""How far a client's clock may differ from ours."""

LONGEST_BASIC = 1_000
"""Characters of Basic credentials. Ours have some 100, when every one is encoded some 350."""

_DELETED_AT_ONCE = 100
_ASSERTION_TYPES = {None, "JWT", "client-authentication+jwt"}


Admit = Callable[[Credential], Awaitable[None]]
"""Called with a client as soon as it has proved who it is; may raise to refuse it."""


class OAuthError(Exception):
    """A refusal with a code of RFC 6749, 5.2. The description quotes nothing that was sent."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class ClientAuthentication:
    """Finds the OAuth client that sent a form. One per process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        credentials: Credentials,
        issuer: Issuer,
        *,
        throttle: LoginThrottle,
        failures: FailedSignIns,
    ) -> None:
        self._database = database
        self._now = clock.now
        self._credentials = credentials
        self._issuer = issuer
        self._throttle = throttle
        self._failures = failures

    async def client(
        self, authorization: str | None, form: Mapping[str, str], admit: Admit
    ) -> Credential:
        """The client, which is active. Raises OAuthError, TooManyAttemptsError, or what `admit`
        raises."""
        asserted = "client_assertion" in form or "client_assertion_type" in form
        methods = (authorization is not None) + ("client_secret" in form) + asserted
        if methods > 1:
            raise OAuthError(
                "invalid_request", "Use only one method of client authentication per request."
            )
        if authorization is not None:
            identifier, secret = _basic(authorization)
            if form.get("client_id", identifier) != identifier:
                raise OAuthError(
                    "invalid_request", "The header and the form have different client_id."
                )
            return await self._by_secret(identifier, secret, admit)
        if "client_secret" in form:
            return await self._by_secret(form.get("client_id", ""), form["client_secret"], admit)
        if asserted:
            return await self._by_assertion(form, admit)
        raise OAuthError("invalid_client", "Client authentication is missing.")

    async def _by_secret(self, identifier: str, secret: str, admit: Admit) -> Credential:
        attempt = f"{identifier}:{secret}"
        self._throttle.check(attempt)
        client = await self._credentials.find(identifier, CredentialKind.OAUTH_CLIENT)
        if client is None or not client.has_secret(secret):
            self._note(Reason.NOT_PROVED, client)
            await self._throttle.wrong(attempt, identifier)
            raise OAuthError("invalid_client", "The client_id or the secret is wrong.")
        self._throttle.right(attempt)
        self._check_active(client)
        await admit(client)
        return client

    async def _by_assertion(self, form: Mapping[str, str], admit: Admit) -> Credential:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise OAuthError("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}.")
        if "client_assertion" not in form:
            raise OAuthError("invalid_request", "client_assertion is missing.")
        client = None
        try:
            assertion = Jwt(form["client_assertion"])
            identifier = text(assertion.unverified, "sub")
            # Each assertion is new, so it is the client that has lately been right.
            self._throttle.check(identifier)
            client = await self._credentials.find(identifier, CredentialKind.OAUTH_CLIENT)
            try:
                if client is None or form.get("client_id", identifier) != identifier:
                    raise InvalidTokenError("has no valid signature")
                claims = assertion.verify(_keys(client, assertion.header), ASSERTION_ALGORITHMS)
            except InvalidTokenError:
                await self._throttle.wrong(form["client_assertion"], identifier)
                raise
            self._throttle.right(identifier)
            expires_at = self._check(assertion.header, claims)
            self._check_active(client)
            # Before the assertion is used up, so that the client may send it again.
            await admit(client)
            await self._use_up(client, text(claims, "jti"), expires_at)
        except InvalidTokenError as error:
            self._note(Reason.NOT_PROVED, client)
            raise OAuthError("invalid_client", f"The client_assertion {error}.") from None
        return client

    def _check(self, header: Mapping[str, Any], claims: dict[str, Any]) -> datetime:
        """When the assertion expires. Raises InvalidTokenError if it is not meant for us."""
        if header.get("typ") not in _ASSERTION_TYPES:
            raise InvalidTokenError("is a token of another type")
        if claims.get("iss") != claims["sub"]:
            raise InvalidTokenError("has different claims iss and sub")
        # Exactly one audience: another one could replay the assertion here.
        if audiences(claims) not in ([self._issuer.url], [self._issuer.token_endpoint]):
            raise InvalidTokenError("is for another audience")
        now = self._now()
        expires_at = check_times(claims, now=now, leeway=ASSERTION_LEEWAY)
        if expires_at > now + LONGEST_ASSERTION + ASSERTION_LEEWAY:
            minutes = int(LONGEST_ASSERTION.total_seconds() // 60)
            raise InvalidTokenError(f"expires more than {minutes} minutes from now")
        return expires_at

    async def _use_up(self, client: Credential, jti: str, expires_at: datetime) -> None:
        """Record the assertion as used, on all workers. Raises InvalidTokenError if it was."""
        used = UsedAssertion(
            credential_id=client.id,
            jti_hash=hashlib.sha256(jti.encode()).hexdigest(),
            expires_at=expires_at + ASSERTION_LEEWAY,
        )
        try:
            async with self._database.write(SYSTEM_SCOPE) as session:
                await session.execute(_deletion_of_expired(self._now()))
                session.add(used)
        except IntegrityError:
            raise InvalidTokenError("has been used before") from None

    def _check_active(self, client: Credential) -> None:
        state = client.state(self._now())
        if state is not CredentialState.ACTIVE:
            revoked = state is CredentialState.REVOKED
            self._note(Reason.REVOKED if revoked else Reason.EXPIRED, client)
            raise OAuthError("invalid_client", "The client has been revoked or has expired.")

    def _note(self, reason: Reason, client: Credential | None) -> None:
        self._failures.note(Reason.UNKNOWN if client is None else reason, client)


def _deletion_of_expired(now: datetime) -> Delete:
    """Deletes some expired assertions. Rows that another worker is deleting are skipped, since
    two workers that wait for each other's rows would deadlock."""
    key = tuple_(UsedAssertion.credential_id, UsedAssertion.jti_hash)
    expired = (
        select(UsedAssertion.credential_id, UsedAssertion.jti_hash)
        .where(UsedAssertion.expires_at <= now)
        .limit(_DELETED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return (
        delete(UsedAssertion).where(key.in_(expired)).execution_options(synchronize_session=False)
    )


def _basic(authorization: str) -> tuple[str, str]:
    """The identifier and the secret of HTTP Basic, each form-encoded (RFC 6749, 2.3.1)."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise OAuthError("invalid_client", "The Authorization header must be Basic.")
    if len(encoded) > LONGEST_BASIC:
        raise OAuthError("invalid_client", "The Authorization header is too long.")
    try:
        joined = base64.b64decode(encoded.strip(), validate=True).decode()
        identifier, colon, secret = joined.partition(":")
        if not colon:
            raise ValueError("no secret")
        return unquote_plus(identifier, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError):
        raise OAuthError("invalid_client", "The Authorization header is malformed.") from None


def _keys(client: Credential, header: Mapping[str, Any]) -> list[Key]:
    """The client's keys that may have signed: those with the header's `kid`, or without one."""
    kid = header.get("kid")
    return [
        jwk.import_key(key)
        for key in client.public_keys
        if kid is None or key.get("kid") in (None, kid)
    ]
