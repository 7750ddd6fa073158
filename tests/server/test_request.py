"""A request as the server reads it: headers decoded once, the client's address, an id."""

import re
from pathlib import Path

import pytest
from starlette.types import Message

from server.requests import LONGEST, Request


def request(headers: list[tuple[bytes, bytes]], client: tuple[str, int] | None = None) -> Request:
    async def receive() -> Message:
        raise AssertionError

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "client": client,
        "headers": headers,
    }
    return Request(scope, receive)


def test_lists_in_several_lines_are_one_and_of_other_headers_the_first_counts() -> None:
    headers = request(
        [
            (b"accept", b"text/html"),
            (b"authorization", b"Bearer one"),
            (b"accept", b"*/*"),
            (b"authorization", b"Bearer two"),
        ]
    ).headers
    assert headers == {"accept": "text/html,*/*", "authorization": "Bearer one"}


def test_headers_hold_any_byte() -> None:
    assert request([(b"x-on-behalf-of", b"M\xfcller")]).headers["x-on-behalf-of"] == "M\u00fcller"


@pytest.mark.parametrize(
    ("client", "headers", "source"),
    [
        (("203.0.113.5", 4711), [], "203.0.113.5"),
        (("203.0.113.5", 4711), [(b"x-forwarded-for", b"192.0.2.1")], None),
        (("203.0.113.5", 4711), [(b"forwarded", b"for=192.0.2.1")], None),
        # As uvicorn leaves it where it trusts the proxy.
        (("192.0.2.1", 0), [(b"x-forwarded-for", b"192.0.2.1")], "192.0.2.1"),
        (("2001:db8:1:2:3:4:5:6", 4711), [], "2001:db8:1:2::/64"),
        (("/run/web.sock", 0), [], None),
        (None, [], None),
    ],
)
def test_an_address_is_known_or_it_is_nobodys(
    client: tuple[str, int] | None, headers: list[tuple[bytes, bytes]], source: str | None
) -> None:
    assert request(headers, client).source == source


def test_a_header_is_too_long_by_one_character() -> None:
    longest = LONGEST["accept"] or 0
    assert request([(b"accept", b"a" * longest)]).too_long is None
    assert request([(b"accept", b"a" * (longest + 1))]).too_long == "accept"
    # In two lines it is one list.
    lines = [(b"accept", b"a" * (longest // 2))] * 2
    assert request(lines).too_long == "accept"


def test_a_header_without_an_entry_is_not_shown() -> None:
    assert request([(b"cookie", b"a=b"), (b"x-new", b"1")]).headers == {}


def test_every_header_that_the_sources_name_has_an_entry() -> None:
    root = Path(__file__).parents[2]
    sources = {path for name in ("server", "web") for path in (root / name).glob("*.py")}
    # It writes headers, and reads none of a request.
    sources.remove(root / "server" / "responses.py")
    read = re.compile(r'headers\.(?:get|getlist)\(\s*"([a-z-]+)"')
    named = {name for path in sources for name in read.findall(path.read_text())}
    assert {"accept", "authorization", "accept-encoding"} <= named
    assert named <= LONGEST.keys()
