"""The widget in a page of another origin: the example portal of docs/examples."""

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.web.browser.dashboard import Dashboard
from tests.web.browser.pages import Pages
from tests.web.browser.portal import Portal, serving_portal
from tests.web.browser.server import Server


@pytest.fixture(scope="module")
def portal(sqlite_server: Server) -> Iterator[Portal]:
    """A portal whose signed-in user belongs to one customer."""
    with serving_portal(sqlite_server, customer=sqlite_server.demo.customer_number) as portal:
        yield portal


@pytest.fixture
def stranger(sqlite_server: Server) -> Iterator[Portal]:
    """A portal whose origin is not registered."""
    with serving_portal(sqlite_server, registered=False) as portal:
        yield portal


async def embedded(pages: Pages, server: Server, portal: Portal) -> Dashboard:
    pages.origins.add(server.url)
    return Dashboard(await pages.open(portal.origin, path="/"))


async def test_the_example_portal_shows_its_customers_orders(
    pages: Pages, sqlite_server: Server, portal: Portal
) -> None:
    dashboard = await embedded(pages, sqlite_server, portal)
    await expect(dashboard.heading).to_contain_text("Elbtal Logistik GmbH")
    await expect(dashboard.rows).to_have_count(3)


async def test_a_page_of_an_unregistered_origin_shows_a_notice(
    pages: Pages, sqlite_server: Server, stranger: Portal
) -> None:
    dashboard = await embedded(pages, sqlite_server, stranger)
    await expect(dashboard.notice("session")).to_be_visible()
    await expect(dashboard.rows).to_have_count(0)


@pytest.mark.parametrize("page_of", ["a registered origin", "an unregistered origin"])
async def test_a_session_is_refused_in_a_page_of_another_origin(
    pages: Pages, sqlite_server: Server, portal: Portal, stranger: Portal, page_of: str
) -> None:
    registered = page_of == "a registered origin"
    # A session that works in the portal's own page.
    token = portal.session()
    url, path = (sqlite_server.url, "/widget/") if registered else (stranger.origin, "/")
    pages.origins.add(sqlite_server.url)
    dashboard = Dashboard(await pages.open(url, path=path))
    await dashboard.page.evaluate(
        """([token, endpoint]) => {
            const element = document.createElement("partnergraph-orders");
            element.setAttribute("endpoint", endpoint);
            element.setAttribute("token", token);
            document.body.replaceChildren(element);
        }""",
        [token, f"{sqlite_server.url}/graphql"],
    )
    # A page of an unregistered origin cannot read the refusal: its browser reports a network error.
    await expect(dashboard.notice("session" if registered else "network")).to_be_visible()
    await expect(dashboard.rows).to_have_count(0)


async def test_a_page_can_open_orders_itself(
    pages: Pages, sqlite_server: Server, portal: Portal
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


async def test_a_page_gets_an_event_for_failures(
    pages: Pages, sqlite_server: Server, portal: Portal
) -> None:
    dashboard = await (await embedded(pages, sqlite_server, portal)).ready()
    await dashboard.element.evaluate("""(element) => {
        window.heard = new Promise((resolve) =>
            element.addEventListener("error", ({ detail }) => resolve(detail)));
    }""")
    await dashboard.set("endpoint", f"{sqlite_server.url}/healthz")
    detail = await dashboard.page.evaluate("window.heard")
    # That path allows no other origin. Browsers report it like an unreachable server.
    assert detail["code"] == "NETWORK"
    assert detail["message"]
