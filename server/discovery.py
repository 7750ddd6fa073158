"""What OAuth clients discover by themselves: `/.well-known/oauth-authorization-server` (RFC 8414)
and `/.well-known/jwks.json` (RFC 7517)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from auth.access_tokens import Issuer
from auth.client_authentication import ASSERTION_ALGORITHMS, METHODS
from auth.oauth_scopes import OAuthScope
from auth.signing_keys import SigningKeys
from server.oauth_token import GRANT_TYPE

METADATA_PATH = "/.well-known/oauth-authorization-server"
JWKS_PATH = "/.well-known/jwks.json"

# Shorter than a key is published before its first use, so that caches have it in time.
_KEYS_CACHED = {"Cache-Control": "public, max-age=60"}
_METADATA_CACHED = {"Cache-Control": "public, max-age=3600"}


def discovery_routes(issuer: Issuer, signing_keys: SigningKeys) -> list[Route]:
    """Both documents. They are public: neither holds a secret."""
    document = {
        "issuer": issuer.url,
        "token_endpoint": issuer.token_endpoint,
        "jwks_uri": f"{issuer.url}{JWKS_PATH}",
        "grant_types_supported": [GRANT_TYPE],
        # Required, though none of our grants has an authorization endpoint.
        "response_types_supported": [],
        "scopes_supported": sorted(OAuthScope),
        "token_endpoint_auth_methods_supported": list(METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
    }

    async def metadata(_request: Request) -> Response:
        return JSONResponse(document, headers=_METADATA_CACHED)

    async def keys(_request: Request) -> Response:
        return JSONResponse({"keys": await signing_keys.published()}, headers=_KEYS_CACHED)

    return [Route(METADATA_PATH, metadata), Route(JWKS_PATH, keys)]
