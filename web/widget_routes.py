"""The routes of the dashboard widget: its module for pages of every origin, and the demo's page."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from server.etags import is_known
from server.persisted import read_trusted
from web.pages import DIST, not_built, page_headers

BUILT = DIST / "widget"

_MODULE_HEADERS = {
    # The module's address never changes, so a new build must reach pages by revalidation, soon.
    "Cache-Control": "public, max-age=300, must-revalidate",
    # Browsers fetch modules by CORS. The module is public and holds no data.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
_PAGE_HEADERS = page_headers("script-src 'self'", "style-src 'self'", "connect-src 'self'")
_DEMO_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


def widget_routes(*, built: Path = BUILT) -> list[BaseRoute]:
    """``GET /widget/orders.js``, and the page at ``/widget/`` that shows it as a portal does.

    The page gets its sessions of `web.demo_portal`. Without that it says so.
    """
    return [
        _route(built, "orders.js", "/widget/orders.js", _MODULE_HEADERS),
        _route(built, "index.html", "/widget/", _PAGE_HEADERS),
        _route(built, "demo.js", "/widget/demo.js", _DEMO_HEADERS),
        _route(built, "demo.css", "/widget/demo.css", _DEMO_HEADERS),
    ]


def operations(*, built: Path = BUILT) -> dict[str, str]:
    """The widget's documents by their hash; none if it is not built.

    Raises ValueError if the file is not as the build writes it.
    """
    file = built / "operations.json"
    return read_trusted(file) if file.exists() else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """A file's content, as read at a modification time and size."""

    stamp: tuple[int, int]
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
        is_zipped = "gzip" in request.headers.get("accept-encoding", "")
        tag = f'"{content.tag}{"-gzip" if is_zipped else ""}"'
        own = {**headers, "ETag": tag, "Vary": "Accept-Encoding"}
        if is_known(tag, ",".join(request.headers.getlist("if-none-match"))):
            return Response(status_code=304, headers=own)
        if is_zipped:
            own["Content-Encoding"] = "gzip"
        return Response(
            content.zipped if is_zipped else content.plain, headers=own, media_type=media_type
        )

    return Route(path, answer, methods=["GET"])


def _read(file: Path, last: _Content | None) -> _Content:
    """The file's content: that of the last reading, unless the file has changed."""
    stat = file.stat()
    stamp = stat.st_mtime_ns, stat.st_size
    if last is not None and last.stamp == stamp:
        return last
    plain = file.read_bytes()
    return _Content(
        stamp=stamp,
        plain=plain,
        zipped=gzip.compress(plain, mtime=0),
        tag=hashlib.sha256(plain).hexdigest()[:32],
    )
