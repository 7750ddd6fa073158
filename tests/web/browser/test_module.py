"""The build's output: one small module, and the manifest of its documents."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from playwright.async_api import expect

from server.persisted import hash_of
from tests.support.databases import Databases
from tests.web.browser.pages import Pages
from tests.web.browser.server import Server, serving
from web.build import WEB

MAX_BYTES = 40_000


def test_the_module_is_small_once_compressed(widget: Path) -> None:
    assert len(gzip.compress((widget / "orders.js").read_bytes())) < MAX_BYTES


def test_the_module_loads_nothing_else(widget: Path) -> None:
    text = (widget / "orders.js").read_text(encoding="utf-8")
    assert not re.search(r"\bimport\s*\(|^import\b|;import\b", text)
    # XML namespaces are names, not addresses.
    assert set(re.findall(r"https?://[\w.-]+", text)) <= {"http://www.w3.org"}


def test_a_wheel_contains_the_built_files_and_no_sources(widget: Path) -> None:
    builder = WheelBuilder(str(WEB.parent))
    packed = {file.distribution_path for file in builder.recurse_selected_project_files()}
    root = WEB.parent
    built = {f"partnergraph/{path.relative_to(root).as_posix()}" for path in widget.iterdir()}
    assert len(built) == 5
    assert built <= packed
    assert "partnergraph/web/widget_routes.py" in packed
    for source in ("widget", "node_modules", ".generated"):
        assert not [path for path in packed if path.startswith(f"partnergraph/web/{source}/")]
    assert not [path for path in packed if path.endswith((".mjs", ".ts")) and "/dist/" not in path]


@pytest.fixture
def strict_server(widget: Path, databases: Databases, tmp_path: Path) -> Iterator[Server]:
    """A server that accepts only trusted documents. The manifest does not list the widget's."""
    manifest = tmp_path / "documents.json"
    manifest.write_text(json.dumps({hash_of("{ __typename }"): "{ __typename }"}))
    with (
        databases.empty("sqlite") as url,
        serving(url, trusted_documents=manifest, trusted_documents_only=True) as server,
    ):
        yield server


async def test_the_widget_works_where_only_trusted_documents_are_served(
    strict_server: Server, pages: Pages
) -> None:
    dashboard = await pages.dashboard(strict_server.url)
    number = strict_server.book.showcase_order_number
    await dashboard.search.fill(number)
    await dashboard.opener(number).click()
    await expect(dashboard.section("course")).to_be_visible()
