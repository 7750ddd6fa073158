"""The routes of the dashboard widget: its module for pages of every origin, and the demo's page."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from server.persisted import read_trusted
from web.demo_portal import PATH as DEMO_TOKEN_PATH
from web.demo_portal import DemoPortal
from web.pages import DIST, is_known, not_built, page_headers

BUILT = DIST / "widget"

_MODULE_HEADERS = {
    # Pages keep the address of the module, so a new one has to reach them by itself, and soon.
    "Cache-Control": "public, max-age=300, must-revalidate",
    # A module is fetched by CORS. It is the same for everybody and says nothing of anybody.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
_PAGE_HEADERS = page_headers("script-src 'self'", "style-src 'self'", "connect-src 'self'")
_DEMO_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


def widget_routes(demo: DemoPortal | None = None, *, built: Path = BUILT) -> list[BaseRoute]:
    """``GET /widget/orders.js``, and the page at ``/widget/`` that shows it as a portal does.

    Without the demo's portal there is nobody to get sessions from, which the page says.
    """
    served = [
        _route(built, "orders.js", "/widget/orders.js", _MODULE_HEADERS),
        _route(built, "index.html", "/widget/", _PAGE_HEADERS),
        _route(built, "demo.js", "/widget/demo.js", _DEMO_HEADERS),
        _route(built, "demo.css", "/widget/demo.css", _DEMO_HEADERS),
    ]
    if demo is not None:
        served.append(Route(DEMO_TOKEN_PATH, demo, methods=["POST"]))
    return [*served]


def operations(*, built: Path = BUILT) -> dict[str, str]:
    """The documents that the widget asks with, by their hash; none where it is not built.

    Raises ValueError where the file is not what the build has written.
    """
    file = built / "operations.json"
    return read_trusted(file) if file.exists() else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """A file as it was when it had that time and size."""

    seen: tuple[int, int]
    plain: bytes
    zipped: bytes
    tag: str


def _route(built: Path, name: str, path: str, headers: Mapping[str, str]) -> Route:
    """One built file; a new build is served without a restart."""
    file = built / name
    media_type = _TYPES[file.suffix]
    last: _Content | None = None

    def answer(request: Request) -> Response:
        nonlocal last
        try:
            last = content = _read(file, last)
        except FileNotFoundError:
            return not_built("The widget")
        zip_it = "gzip" in request.headers.get("accept-encoding", "")
        tag = f'"{content.tag}{"-gzip" if zip_it else ""}"'
        sent = {**headers, "ETag": tag, "Vary": "Accept-Encoding"}
        if is_known(tag, request.headers):
            return Response(status_code=304, headers=sent)
        if zip_it:
            sent["Content-Encoding"] = "gzip"
        return Response(
            content.zipped if zip_it else content.plain, headers=sent, media_type=media_type
        )

    return Route(path, answer, methods=["GET"])


def _read(file: Path, last: _Content | None) -> _Content:
    """The file's content: what was read last, unless the file has changed."""
    about = file.stat()
    seen = about.st_mtime_ns, about.st_size
    if last is not None and last.seen == seen:
        return last
    plain = file.read_bytes()
    return _Content(
        seen=seen,
        plain=plain,
        zipped=gzip.compress(plain, mtime=0),
        tag=hashlib.sha256(plain).hexdigest()[:32],
    )
