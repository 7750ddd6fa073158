"""The routes of GraphiQL: one page, its files, and nothing from any other origin."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from web.pages import DIST, not_built, page_headers

BUILT = DIST / "graphiql"

_PAGE_HEADERS = page_headers(
    "script-src 'self'",
    "worker-src 'self'",
    # Monaco writes its lines as markup with style attributes, some 200 on a first query, and its
    # theme into style elements. Without 'unsafe-inline' the editors lose their colours and misplace
    # markers and line numbers. Constructed style sheets could replace the elements, not the
    # attributes. A style reaches no other origin: images, fonts and requests cannot.
    "style-src 'self' 'unsafe-inline'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
)
_DEMO_PLACE = "<!-- demo -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoContent:
    """What the pages have in demo mode. The first three are in GraphiQL, for every visitor."""

    api_key: str
    order_number: str
    references: Sequence[str]
    """Documents that the examples ask for."""
    portal_key: str
    """What the widget's page gets its sessions with. It stays in the server."""
    customer_number: str
    """The customer whose view that page shows beside the partner's."""


def graphiql_routes(demo: DemoContent | None = None, *, built: Path = BUILT) -> list[BaseRoute]:
    """``GET /graphiql`` and the files it loads; the demo's key is in the page only if given."""

    def page(_request: Request) -> Response:
        try:
            html = (built / "index.html").read_text(encoding="utf-8")
        except FileNotFoundError:
            return not_built("GraphiQL")
        return HTMLResponse(html.replace(_DEMO_PLACE, _data_block(demo)), headers=_PAGE_HEADERS)

    return [
        Route("/graphiql", page, methods=["GET"], name="graphiql"),
        Mount("/graphiql/assets", _ImmutableFiles(directory=built / "assets", check_dir=False)),
    ]


def _data_block(demo: DemoContent | None) -> str:
    """The demo's content as a data block: no script, so the policy has nothing to allow."""
    if demo is None:
        return ""
    content = {
        "apiKey": demo.api_key,
        "orderNumber": demo.order_number,
        "references": list(demo.references),
    }
    # Inside a script element only "<" can end the text; as a JSON escape it stays the same string.
    text = json.dumps(content).replace("<", "\\u003c")
    return f'<script type="application/json" id="partnergraph-demo">{text}</script>'


class _ImmutableFiles(StaticFiles):
    """Files whose names carry a hash of their content: a browser may keep them for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    async def check_config(self) -> None:
        """An unbuilt page has no folder: that is 404, not the failure Starlette takes it for."""
