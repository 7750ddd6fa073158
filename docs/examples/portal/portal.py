"""A portal that shows the orders widget: its backend, with only Python's standard library.

    PARTNERGRAPH_KEY=pgk_… python portal.py --customer K-250707-0001

The backend keeps the API key and gives the pages of signed-in users sessions of ten minutes. A real
portal has a sign-in; this one treats every visitor as a user of the same customer.
"""

import argparse
import json
import os
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = Path(__file__).parent
FILES = {"/": ("page.html", "text/html"), "/page.js": ("page.js", "text/javascript")}


class Portal(ThreadingHTTPServer):
    """The portal's server. Its origin has to be registered for the client of the key."""

    def __init__(self, port: int, *, api: str, key: str, customer: str | None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.origin = f"http://localhost:{self.server_port}"
        self.api = api
        self.key = key
        self.customer = customer

    def policy(self) -> str:
        """The Content-Security-Policy: the portal's own files and the partnergraph server."""
        return "; ".join(
            (
                "default-src 'none'",
                f"script-src 'self' {self.api}",
                f"connect-src 'self' {self.api}",
                "style-src 'self'",
                "base-uri 'none'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            )
        )

    def session(self) -> tuple[int, dict[str, object]]:
        """Create a widget session for the signed-in user; return the page's status and body."""
        body: dict[str, object] = {"origin": self.origin}
        if self.customer is not None:
            # From the portal's own sign-in, never from the page's request.
            body["customer"] = self.customer
        request = urllib.request.Request(  # noqa: S310 - the address is the portal's own setting
            f"{self.api}/widget/sessions",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
                return 200, {"token": json.load(response)["token"]}
        except urllib.error.HTTPError as error:
            # The reason is for the portal's log: the page cannot do anything about it.
            self.log(f"no widget session: {error.code} {error.read().decode(errors='replace')}")
            return 502, {"error": "The orders cannot be shown at the moment."}
        except OSError as error:
            self.log(f"no widget session: {error}")
            return 502, {"error": "The orders cannot be shown at the moment."}

    def log(self, line: str) -> None:
        print(line, flush=True)  # noqa: T201


class Handler(BaseHTTPRequestHandler):
    """Serves the page and its script, and answers the page's requests for a session."""

    server: Portal

    def do_GET(self) -> None:
        name, media_type = FILES.get(self.path, ("", ""))
        if not name:
            self.send_error(404)
            return
        text = (FOLDER / name).read_text(encoding="utf-8").replace("{{api}}", self.server.api)
        self._answer(200, text.encode(), media_type)

    def do_POST(self) -> None:
        # Pages of other origins must not get a session with the user's cookies.
        if self.path != "/orders-session" or self.headers.get("Origin") != self.server.origin:
            self.send_error(403)
            return
        status, body = self.server.session()
        self._answer(status, json.dumps(body).encode(), "application/json")

    def log_message(self, *_: object) -> None:
        """Do not log requests."""

    def _answer(self, status: int, body: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{media_type}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", self.server.policy())
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    parser = argparse.ArgumentParser(description="A portal that shows the orders widget.")
    parser.add_argument(
        "--api", default="http://localhost:8000", help="URL of the partnergraph server"
    )
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument(
        "--customer", help="customer number; by default, all orders that the key can read"
    )
    options = parser.parse_args()
    key = os.environ["PARTNERGRAPH_KEY"]
    portal = Portal(options.port, api=options.api, key=key, customer=options.customer)
    portal.log(f"The portal is at {portal.origin}")
    portal.serve_forever()


if __name__ == "__main__":
    main()
