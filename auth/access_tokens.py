"""Access tokens (RFC 9068): issued to OAuth clients, and verified by any worker's signing keys."""

from dataclasses import dataclass
from datetime import timedelta

from auth.clock import Clock
from auth.credentials import Credential, Credentials
from auth.oauth_scopes import OAuthScope
from auth.principal import Principal
from auth.signed_tokens import SignedToken, SignedTokens, TokenType
from auth.signing_keys import SigningKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """This server as an issuer of tokens."""

    url: str
    """The `iss` of its tokens, without a trailing slash."""
    lifetime: timedelta

    @property
    def audience(self) -> str:
        """The `aud` of its tokens."""
        return f"{self.url}/graphql"

    @property
    def token_endpoint(self) -> str:
        return f"{self.url}/oauth/token"


class AccessTokens:
    """Issues and verifies access tokens. One per process."""

    def __init__(
        self, clock: Clock, signing_keys: SigningKeys, credentials: Credentials, issuer: Issuer
    ) -> None:
        self._lifetime = issuer.lifetime
        token_type = TokenType(
            name="an access token",
            typ="at+jwt",
            issuer=issuer.url,
            audience=issuer.audience,
            credential_claim="client_id",
        )
        self._tokens = SignedTokens(clock, signing_keys, credentials, token_type)

    async def issue(self, client: Credential, scopes: frozenset[OAuthScope]) -> SignedToken:
        """Issue a token to an active OAuth client. It never outlives the client."""
        return await self._tokens.issue(client, scopes, self._lifetime, sub=client.identifier)

    async def principal(self, token: str) -> Principal:
        """Verify a token. Raises InvalidTokenError."""
        verified, client = await self._tokens.verify(token)
        return client.token_principal(
            token_id=verified.id, scopes=verified.scopes, expires_at=verified.expires_at
        )
