"""The widget in a page of another origin, by the portal that docs/examples show."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import expect

from tests.web.browser.dashboard import Dashboard
from tests.web.browser.pages import Pages
from tests.web.browser.portal import serving_portal
from tests.web.browser.server import Server


@pytest.fixture(scope="module")
def portal(sqlite_server: Server) -> Iterator[Any]:
    """A portal whose signed-in user is one customer's."""
    with serving_portal(sqlite_server, customer=sqlite_server.demo.customer_number) as portal:
        yield portal


@pytest.fixture
def stranger(sqlite_server: Server) -> Iterator[Any]:
    """A portal that nobody has registered."""
    with serving_portal(sqlite_server, customer=None, registered=False) as portal:
        yield portal


async def embedded(pages: Pages, server: Server, portal: Any) -> Dashboard:
    pages.origins.add(server.url)
    return Dashboard(await pages.open(portal.origin, path="/"))


async def test_two_lines_of_html_and_a_session_of_the_backend_show_the_orders(
    pages: Pages, sqlite_server: Server, portal: Any
) -> None:
    dashboard = await embedded(pages, sqlite_server, portal)
    await expect(dashboard.heading).to_contain_text("Elbtal Logistik GmbH")
    await expect(dashboard.rows).to_have_count(3)


async def test_a_page_whose_origin_is_not_registered_is_told_so_plainly(
    pages: Pages, sqlite_server: Server, stranger: Any
) -> None:
    dashboard = await embedded(pages, sqlite_server, stranger)
    await expect(dashboard.notice("session")).to_be_visible()
    await expect(dashboard.rows).to_have_count(0)


async def test_a_session_of_another_origin_is_refused(
    pages: Pages, sqlite_server: Server, portal: Any
) -> None:
    status, answer = portal.session()
    assert status == 200
    # The very session that its own page shows orders with.
    dashboard = await pages.dashboard(sqlite_server.url)
    await dashboard.page.evaluate(
        """(token) => {
            const element = document.createElement("partnergraph-orders");
            element.setAttribute("token", token);
            document.body.replaceChildren(element);
        }""",
        answer["token"],
    )
    await expect(dashboard.notice("session")).to_be_visible()
    await expect(dashboard.rows).to_have_count(0)


async def test_a_page_can_open_orders_in_its_own_way(
    pages: Pages, sqlite_server: Server, portal: Any
) -> None:
    dashboard = await (await embedded(pages, sqlite_server, portal)).ready()
    await dashboard.page.evaluate("""() => {
        document.addEventListener("order-selected", (event) => {
            window.selected = event.detail;
            event.preventDefault();
        });
    }""")
    [number, *_] = await dashboard.numbers()
    await dashboard.opener(number).click()
    assert (await dashboard.page.evaluate("window.selected"))["number"] == number
    await expect(dashboard.opener(number)).to_be_visible()


async def test_a_page_hears_of_failures(pages: Pages, sqlite_server: Server, portal: Any) -> None:
    dashboard = await (await embedded(pages, sqlite_server, portal)).ready()
    heard = dashboard.page.evaluate("""() => new Promise((resolve) =>
        document.querySelector("partnergraph-orders").addEventListener("error", (event) =>
            resolve(event.detail)))""")
    await dashboard.set("endpoint", f"{sqlite_server.url}/healthz")
    detail = await heard
    assert detail["code"]
    assert detail["message"]
