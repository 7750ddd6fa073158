"""Access tokens (RFC 9068): signed by us, believed by every worker without asking the database.

What a token says is checked by its signature. What may have changed since it was issued (its
client's revocation, scopes and place in the tree) is read once a second for each client.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from auth.clock import Clock
from auth.jwt import InvalidTokenError, text
from auth.oauth_clients import FoundOAuthClient, OAuthClients
from auth.oauth_scopes import OAuthScope, known
from auth.principal import Principal
from auth.signed_tokens import SignedToken, SignedTokens, TokenType
from auth.signing_keys import SigningKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who issues tokens, and for what."""

    url: str
    """Without a slash at its end: the `iss` of each token."""
    lifetime: timedelta

    @property
    def audience(self) -> str:
        """What tokens are good for."""
        return f"{self.url}/graphql"

    @property
    def token_endpoint(self) -> str:
        return f"{self.url}/oauth/token"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    """What the claims of an access token say."""

    identifier: str
    scopes: frozenset[OAuthScope]


class AccessTokens:
    """Issues tokens and believes them. One for each process."""

    def __init__(
        self, clock: Clock, signing_keys: SigningKeys, clients: OAuthClients, issuer: Issuer
    ) -> None:
        self._now = clock.now
        self._clients = clients
        self._lifetime = issuer.lifetime
        kind = TokenType(
            name="access token", typ="at+jwt", issuer=issuer.url, audience=issuer.audience
        )
        self._tokens = SignedTokens(clock, signing_keys, kind, _grant)

    async def issue(self, client: FoundOAuthClient, scopes: frozenset[OAuthScope]) -> SignedToken:
        """A token of that client, which works; it never outlives the client."""
        claims = {
            "sub": client.identifier,
            "client_id": client.identifier,
            "scope": " ".join(sorted(scopes)),
        }
        return await self._tokens.sign(claims, self._lifetime, until=client.expires_at)

    async def principal(self, token: str) -> Principal:
        """The principal of a token; raises InvalidTokenError."""
        believed = await self._tokens.believe(token)
        client = await self._clients.find(believed.says.identifier)
        if client is None or not client.works(self._now()):
            raise InvalidTokenError("is of a client that has been revoked or has expired")
        return client.principal(
            token_id=believed.id,
            scopes=believed.says.scopes,
            expires_at=believed.expires_at,
        )


def _grant(claims: dict[str, Any]) -> _Grant:
    return _Grant(
        identifier=text(claims, "client_id"),
        scopes=known(text(claims, "scope", longest=4_096).split(" ")),
    )
