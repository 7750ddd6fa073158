"""What the pages of this server have in common: where they lie, and what browsers are told."""

from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response

DIST = Path(__file__).parent / "dist"
"""What `python -m web.build` makes."""


def page_headers(*policy: str) -> dict[str, str]:
    """The headers of a page with these directives of a Content-Security-Policy.

    Nothing is allowed that they do not name. No page of ours is framed, sends a form, or is told
    by a `base` element where its files lie.
    """
    always = ("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'")
    return {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": "; ".join(("default-src 'none'", *policy, *always)),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def is_known(tag: str, headers: Headers) -> bool:
    """Whether whoever asks has the content of that entity tag already (RFC 9110, 13.1.2)."""
    sent = ",".join(headers.getlist("if-none-match")).split(",")
    return bool({each.strip().removeprefix("W/") for each in sent} & {tag, "*"})


def not_built(what: str) -> Response:
    """The answer where `what` would be, had it been built."""
    return PlainTextResponse(
        f"{what} is not built yet: run `python -m web.build` in the source folder.\n",
        status_code=503,
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )
