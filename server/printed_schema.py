"""`/schema.graphql`: the schema as text, for partners' tools."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import schema
from server.etags import is_known


def schema_route() -> Route:
    """Public: the schema holds no data. With an entity tag of its text."""
    text = schema.printed()
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}

    async def respond(request: Request) -> Response:
        if is_known(tag, ",".join(request.headers.getlist("if-none-match"))):
            return Response(status_code=304, headers=headers)
        return Response(text, headers=headers, media_type="text/plain")

    return Route("/schema.graphql", respond)
