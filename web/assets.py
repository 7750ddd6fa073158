"""The routes of GraphiQL: one page and its files. It loads nothing from other origins."""

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
    """What the pages hold in demo mode. GraphiQL shows the first three to every visitor."""

    api_key: str
    order_number: str
    references: Sequence[str]
    """Documents in the example queries."""
    portal_key: str
    """The API key that makes sessions for the widget's page. It never leaves the server."""
    customer_number: str
    """The customer whose view that page shows, beside the partner's."""


def graphiql_routes(demo: DemoContent | None = None, *, built: Path = BUILT) -> list[BaseRoute]:
    """``GET /graphiql`` and the files it loads; with `demo`, the page holds its API key."""

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
    """The demo's content as a data block: no script runs, so the policy needs no exception."""
    if demo is None:
        return ""
    content = {
        "apiKey": demo.api_key,
        "orderNumber": demo.order_number,
        "references": list(demo.references),
    }
    # Only "<" can end the text of a script element; as a JSON escape it is the same string.
    text = json.dumps(content).replace("<", "\\u003c")
    return f'<script type="application/json" id="partnergraph-demo">{text}</script>'


class _ImmutableFiles(StaticFiles):
    """Files with a hash of their content in their names: a browser may keep them for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    async def check_config(self) -> None:
        """A page that is not built has no folder: that is 404, and no failure."""
