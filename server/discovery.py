"""What a client can find out by itself: `/.well-known/oauth-authorization-server` (RFC 8414) and
`/.well-known/jwks.json` (RFC 7517)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from auth.access_tokens import Issuer
from auth.client_authentication import ASSERTION_ALGORITHMS, METHODS
from auth.oauth_scopes import OAuthScope
from auth.signing_keys import SigningKeys
from server.oauth_token import GRANT_TYPE

METADATA_PATH = "/.well-known/oauth-authorization-server"
JWKS_PATH = "/.well-known/jwks.json"

# Shorter than a key is published ahead, so that whoever keeps them has the next one in time.
_KEYS_KEPT = {"Cache-Control": "public, max-age=60"}
_METADATA_KEPT = {"Cache-Control": "public, max-age=3600"}


class Discovery:
    """Both documents. They hold no secret, so nobody is asked who they are."""

    def __init__(self, issuer: Issuer, signing_keys: SigningKeys) -> None:
        self._signing_keys = signing_keys
        self._metadata = {
            "issuer": issuer.url,
            "token_endpoint": issuer.token_endpoint,
            "jwks_uri": f"{issuer.url}{JWKS_PATH}",
            "grant_types_supported": [GRANT_TYPE],
            # Required, though no grant of ours has an authorization endpoint.
            "response_types_supported": [],
            "scopes_supported": sorted(OAuthScope),
            "token_endpoint_auth_methods_supported": list(METHODS),
            "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        }

    async def metadata(self, _request: Request) -> Response:
        return JSONResponse(self._metadata, headers=_METADATA_KEPT)

    async def keys(self, _request: Request) -> Response:
        return JSONResponse({"keys": await self._signing_keys.published()}, headers=_KEYS_KEPT)
