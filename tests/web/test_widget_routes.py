"""The widget as the server hands it out: its module for pages anywhere, and the demo's page."""

import hashlib
import json
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

import app
from server.persisted import hash_of
from tests.graph.client import serve
from tests.graph.factory import Factory
from web.widget_routes import operations, widget_routes

MODULE = "export const orders = 1;\n" * 50


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as the build leaves it."""
    (tmp_path / "orders.js").write_text(MODULE)
    (tmp_path / "index.html").write_text("<!doctype html><title>Demo</title>")
    (tmp_path / "demo.js").write_text("import './orders.js'")
    (tmp_path / "demo.css").write_text("body { margin: 0 }")
    return tmp_path


async def ask(built: Path, path: str, *, headers: dict[str, str] | None = None) -> httpx.Response:
    transport = httpx.ASGITransport(Starlette(routes=widget_routes(built=built)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path, headers=headers)


async def test_a_page_of_any_origin_may_import_the_module(built: Path) -> None:
    answer = await ask(built, "/widget/orders.js")
    assert answer.text == MODULE
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_module_is_kept_for_minutes_and_then_asked_for_again(built: Path) -> None:
    first = await ask(built, "/widget/orders.js")
    assert first.headers["Cache-Control"] == "public, max-age=300, must-revalidate"
    again = await ask(built, "/widget/orders.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    (built / "orders.js").write_text("export const orders = 2;")
    changed = await ask(
        built, "/widget/orders.js", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert changed.text == "export const orders = 2;"


async def test_a_new_build_is_served_without_a_restart(built: Path) -> None:
    transport = httpx.ASGITransport(Starlette(routes=widget_routes(built=built)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.get("/widget/orders.js")
        (built / "orders.js").write_text("export const orders = 2;")
        assert (await client.get("/widget/orders.js")).text == "export const orders = 2;"


async def test_the_module_is_compressed_for_whoever_takes_it(built: Path) -> None:
    zipped = await ask(built, "/widget/orders.js", headers={"Accept-Encoding": "gzip, br"})
    plain = await ask(built, "/widget/orders.js", headers={"Accept-Encoding": "identity"})
    assert zipped.text == plain.text == MODULE
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert int(zipped.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 5
    assert "Content-Encoding" not in plain.headers
    # Caches hold them apart.
    assert zipped.headers["ETag"] != plain.headers["ETag"]
    assert zipped.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


async def test_the_demo_page_allows_nothing_inline_and_no_other_origin(built: Path) -> None:
    headers = (await ask(built, "/widget/")).headers
    policy = {
        name: " ".join(sources)
        for name, *sources in map(str.split, headers["Content-Security-Policy"].split(";"))
    }
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-cache"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("path", "media_type"), [("demo.js", "text/javascript"), ("demo.css", "text/css")]
)
async def test_the_demo_page_has_its_files(built: Path, path: str, media_type: str) -> None:
    answer = await ask(built, f"/widget/{path}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(media_type)
    # Nothing of the page is for other origins.
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["", "orders.js", "demo.js", "demo.css"])
async def test_what_is_not_built_says_how_to_build_it(tmp_path: Path, path: str) -> None:
    answer = await ask(tmp_path / "nowhere", f"/widget/{path}")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "python -m web.build" in answer.text


def test_without_a_build_there_are_no_operations(tmp_path: Path) -> None:
    assert operations(built=tmp_path) == {}


def test_operations_are_held_against_their_hashes(tmp_path: Path) -> None:
    text = "query A { viewer { kind } }"
    right = {hashlib.sha256(text.encode()).hexdigest(): text}
    (tmp_path / "operations.json").write_text(json.dumps(right))
    assert operations(built=tmp_path) == right
    (tmp_path / "operations.json").write_text(json.dumps({"0" * 64: text}))
    with pytest.raises(ValueError, match="SHA-256"):
        operations(built=tmp_path)


async def test_the_widgets_documents_are_served_where_only_registered_ones_are(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, registered = "query Asked { viewer { kind } }", "query Registered { viewer { kind } }"
    monkeypatch.setattr(app, "operations", lambda: {hash_of(asked): asked})
    manifest = tmp_path / "documents.json"
    manifest.write_text(json.dumps({hash_of(registered): registered}))
    async with serve(
        database_url, trusted_documents=manifest, trusted_documents_only=True
    ) as client:
        book = Factory()
        book.tenant()
        await client.fill(book)
        headers = {"Authorization": f"Bearer {await client.key(client.tenant)}"}
        codes = []
        for text in (asked, registered, "query Other { viewer { kind } }"):
            url = f"/graphql?documentId=sha256:{hash_of(text)}"
            answer = (await client.http.get(url, headers=headers)).json()
            codes += [error["extensions"]["code"] for error in answer.get("errors", [])]
            codes += [answer["data"]["viewer"]["kind"]] if "data" in answer else []
    assert codes == ["API_CLIENT", "API_CLIENT", "DOCUMENT_NOT_TRUSTED"]
