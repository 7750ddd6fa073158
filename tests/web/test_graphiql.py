"""GraphiQL as the server hands it out: its page, its policy, its files."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from web.assets import DemoContent, graphiql_routes

PAGE = '<!doctype html><html><head><!-- demo --><link href="graphiql/assets/a-1.css"></head></html>'
HOSTILE = "</script><script>alert(1)</script><!--\"'&"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as the build leaves it, with one file."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "assets" / "graphiql-ABC.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("not for browsers")
    return tmp_path


async def ask(
    built: Path, path: str = "", *, method: str = "GET", demo: DemoContent | None = None
) -> httpx.Response:
    transport = httpx.ASGITransport(Starlette(routes=graphiql_routes(demo, built=built)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, f"/graphiql{path}")


def demo_content(**in_the_page: Any) -> DemoContent:
    return DemoContent(portal_key="stays", customer_number="stays", **in_the_page)


class DataBlocks(HTMLParser):
    """Collects what an HTML parser takes for scripts, with their type and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.scripts: list[tuple[str | None, str]] = []
        self.inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.scripts.append((dict(attrs).get("type"), ""))
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self.inside:
            kind, text = self.scripts[-1]
            self.scripts[-1] = kind, text + data


def directives(policy: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in map(str.split, policy.split(";"))}


async def test_the_page_lets_the_browser_reach_no_other_origin(built: Path) -> None:
    headers = (await ask(built)).headers
    policy = directives(headers["Content-Security-Policy"])
    assert policy["default-src"] == ["'none'"]
    reach = {source for sources in policy.values() for source in sources}
    assert reach == {"'none'", "'self'", "'unsafe-inline'", "data:"}


async def test_only_style_may_be_inline_and_only_images_may_be_data(built: Path) -> None:
    policy = directives((await ask(built)).headers["Content-Security-Policy"])
    assert policy["script-src"] == policy["worker-src"] == policy["connect-src"] == ["'self'"]
    assert [name for name, sources in policy.items() if "'unsafe-inline'" in sources] == [
        "style-src"
    ]
    assert [name for name, sources in policy.items() if "data:" in sources] == ["img-src"]


async def test_the_page_cannot_be_framed_sniffed_or_kept_and_tells_no_referrer(built: Path) -> None:
    headers = (await ask(built)).headers
    assert directives(headers["Content-Security-Policy"])["frame-ancestors"] == ["'none'"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-cache"
    assert headers["Content-Type"] == "text/html; charset=utf-8"


async def test_without_demo_the_page_carries_no_key(built: Path) -> None:
    assert DataBlocks((await ask(built)).text).scripts == []


async def test_the_demo_key_and_documents_arrive_in_a_data_block(built: Path) -> None:
    demo = demo_content(api_key="pg_1", order_number="A-1", references=("B-2", "C-3"))
    [(kind, text)] = DataBlocks((await ask(built, demo=demo)).text).scripts
    assert kind == "application/json"
    assert json.loads(text) == {
        "apiKey": "pg_1",
        "orderNumber": "A-1",
        "references": ["B-2", "C-3"],
    }


async def test_demo_content_cannot_leave_its_data_block(built: Path) -> None:
    demo = demo_content(api_key=HOSTILE, order_number=HOSTILE, references=(HOSTILE,))
    [(_, text)] = DataBlocks((await ask(built, demo=demo)).text).scripts
    assert "<" not in text
    assert json.loads(text) == {
        "apiKey": HOSTILE,
        "orderNumber": HOSTILE,
        "references": [HOSTILE],
    }


async def test_a_file_may_be_kept_for_good_since_its_name_carries_its_hash(built: Path) -> None:
    answer = await ask(built, "/assets/graphiql-ABC.js")
    assert answer.text == "export {}"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert re.match(r"(text|application)/javascript", answer.headers["Content-Type"])


@pytest.mark.parametrize("path", ["missing.js", "", "..%2fsecret.txt", "%2e%2e/secret.txt"])
async def test_nothing_but_the_built_files_is_served(built: Path, path: str) -> None:
    assert (await ask(built, f"/assets/{path}")).status_code == 404


async def test_the_page_answers_only_to_reading(built: Path) -> None:
    assert (await ask(built, method="HEAD")).status_code == 200
    assert (await ask(built, method="POST")).status_code == 405


async def test_an_unbuilt_page_says_how_to_build_it(tmp_path: Path) -> None:
    answer = await ask(tmp_path / "nowhere")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "python -m web.build" in answer.text


async def test_an_unbuilt_page_has_no_files_and_does_not_fail(tmp_path: Path) -> None:
    assert (await ask(tmp_path / "nowhere", "/assets/a.js")).status_code == 404


async def test_the_page_appears_as_soon_as_it_is_built(tmp_path: Path) -> None:
    assert (await ask(tmp_path)).status_code == 503
    (tmp_path / "index.html").write_text(PAGE)
    assert (await ask(tmp_path)).status_code == 200
