"""What all pages of this server share: the folder of built files, and headers."""

from pathlib import Path

from starlette.responses import PlainTextResponse, Response

DIST = Path(__file__).parent / "dist"
"""Where `python -m web.build` writes to."""


def page_headers(*policy: str) -> dict[str, str]:
    """The headers of a page with these directives of a Content-Security-Policy.

    Everything else is forbidden, as are frames around the page, forms and `base` elements.
    """
    always = ("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'")
    return {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": "; ".join(("default-src 'none'", *policy, *always)),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def not_built(what: str) -> Response:
    """The response in place of a page that has not been built."""
    return PlainTextResponse(
        f"{what} is not built yet: run `python -m web.build` in the source folder.\n",
        status_code=503,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )
