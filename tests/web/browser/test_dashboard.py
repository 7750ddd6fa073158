"""The widget shows the orders of its session, with the same data as the API."""

from playwright.async_api import Response, expect

from tests.web.browser.dashboard import Dashboard
from tests.web.browser.pages import Pages
from tests.web.browser.server import Server

STATUSES = ("IN_PROGRESS", "COMPLETED", "ERROR")
SHOWCASE = """query ($number: String!) {
  order(number: $number) {
    number statusLabel(locale: DE) phaseLabel(locale: DE)
    customer { number name } contract { number } offer { number }
    history { phaseLabel(locale: DE) }
  }
}"""


async def test_the_overview_shows_figures_and_the_latest_changes(
    server: Server, pages: Pages
) -> None:
    data = server.ask("""{
        orderSummary { total byStatus { status count } }
        orders(first: 5, orderBy: { field: UPDATED_AT, direction: DESC }) { nodes { number } }
        waiting: orders(filter: { needsAction: true }) { totalCount }
        late: orders(filter: { delayed: true }) { totalCount }
    }""")
    dashboard = await pages.dashboard(server.url)
    summary = data["orderSummary"]
    await expect(dashboard.figure("ALL").locator(".count")).to_have_text(str(summary["total"]))
    for entry in summary["byStatus"]:
        figure = dashboard.figure(entry["status"]).locator(".count")
        await expect(figure).to_have_text(str(entry["count"]))
    for kind, counted in (("action", "waiting"), ("delayed", "late")):
        number = dashboard.strip(kind).locator("h3 .number")
        await expect(number).to_have_text(str(data[counted]["totalCount"]))
    newest = [order["number"] for order in data["orders"]["nodes"]]
    assert (await dashboard.numbers())[:5] == newest


async def test_a_figure_filters_by_its_status(server: Server, pages: Pages) -> None:
    dashboard = await pages.dashboard(server.url)
    for status in STATUSES:
        count = await dashboard.figure(status).locator(".count").inner_text()
        await dashboard.figure(status).click()
        await expect(dashboard.figure(status)).to_have_attribute("aria-pressed", "true")
        await expect(dashboard.found).to_have_text(f"{count} Aufträge")
        shown = await dashboard.rows.evaluate_all("rows => rows.map(row => row.dataset.status)")
        assert set(shown) == {status}


async def test_an_order_is_found_by_the_partners_own_reference(
    server: Server, pages: Pages
) -> None:
    dashboard = await pages.dashboard(server.url)
    await dashboard.search.fill("so-26-104711")
    await expect(dashboard.found).to_have_text("1 Auftrag")
    assert await dashboard.numbers() == [server.book.showcase_order_number]
    await dashboard.search.fill("nothing is called like this")
    await expect(dashboard.empty).to_have_attribute("data-empty", "filtered")
    await dashboard.element.get_by_role("button", name="Filter zurücksetzen").last.click()
    await expect(dashboard.rows).not_to_have_count(0)
    await expect(dashboard.search).to_have_value("")


async def test_more_orders_are_appended_to_the_list(server: Server, pages: Pages) -> None:
    dashboard = await pages.dashboard(server.url)
    first = await dashboard.numbers()
    await dashboard.more.scroll_into_view_if_needed()
    position = await dashboard.page.evaluate("scrollY")
    assert position > 0
    await dashboard.more.click()
    await expect(dashboard.rows).to_have_count(2 * len(first))
    assert await dashboard.page.evaluate("scrollY") == position
    numbers = await dashboard.numbers()
    assert numbers[: len(first)] == first
    assert len(set(numbers)) == len(numbers)
    # Load all pages: every order is listed once.
    total = server.ask("{ orders { totalCount } }")["orders"]["totalCount"]
    while await dashboard.more.count():
        shown = await dashboard.rows.count()
        await dashboard.more.click()
        await expect(dashboard.rows).not_to_have_count(shown)
    assert len(set(await dashboard.numbers())) == await dashboard.rows.count() == total


async def test_an_order_shows_the_data_of_the_api(server: Server, pages: Pages) -> None:
    number = server.book.showcase_order_number
    order = server.ask(SHOWCASE, number=number)["order"]
    dashboard = await pages.dashboard(server.url)
    await dashboard.search.fill(number)
    await dashboard.opener(number).click()
    await expect(dashboard.heading).to_contain_text(number)
    for text in (
        order["statusLabel"],
        order["phaseLabel"],
        order["customer"]["name"],
        order["contract"]["number"],
        order["offer"]["number"],
    ):
        await expect(dashboard.element).to_contain_text(text)
    phases = dashboard.section("course").locator('[data-event="phase"] .name')
    await expect(phases).to_have_text([entry["phaseLabel"] for entry in order["history"]])


async def test_a_customer_session_lists_only_that_customers_orders(
    server: Server, pages: Pages
) -> None:
    dashboard = await pages.dashboard(server.url)
    data = server.ask(
        "query ($c: String!) { orders(filter: { customer: $c }) { nodes { number } } }",
        c=server.demo.customer_number,
    )
    await dashboard.page.get_by_label("Ansicht").select_option("customer")
    await expect(dashboard.heading).to_contain_text("Elbtal Logistik GmbH")
    own = {order["number"] for order in data["orders"]["nodes"]}
    await expect(dashboard.rows).to_have_count(len(own))
    assert set(await dashboard.numbers()) == own
    await expect(dashboard.element.get_by_role("columnheader", name="Kunde")).to_have_count(0)


async def test_polling_shows_a_new_order_and_its_progress(server: Server, pages: Pages) -> None:
    dashboard = await pages.dashboard(server.url)
    await dashboard.set("poll-seconds", "1")
    server.place("A-LIVE-1")
    await expect(dashboard.row("A-LIVE-1")).to_be_visible()
    assert (await dashboard.numbers())[0] == "A-LIVE-1"
    await expect(dashboard.row("A-LIVE-1")).to_have_attribute("data-status", "IN_PROGRESS")
    server.move("A-LIVE-1", "completed")
    await expect(dashboard.row("A-LIVE-1")).to_have_attribute("data-status", "COMPLETED")
    await expect(dashboard.row("A-LIVE-1")).to_contain_text("Aktualisiert")


async def test_a_poll_without_changes_does_not_touch_the_page(server: Server, pages: Pages) -> None:
    page = await pages.open(server.url)
    answers: list[Response] = []
    page.on(
        "response",
        lambda response: answers.append(response) if "/graphql" in response.url else None,
    )
    dashboard = await Dashboard(page).ready()
    await dashboard.rows.first.evaluate("row => { row.own = true; }")
    await dashboard.set("poll-seconds", "1")
    for _ in range(2):
        async with page.expect_response("**/graphql**"):
            pass
    first, *later = answers
    # Polls are conditional requests if the server sent an ETag.
    tag = first.headers.get("etag")
    assert {answer.request.headers.get("if-none-match") for answer in later} == {tag}
    assert {answer.status for answer in later} == {304 if tag else 200}
    assert await dashboard.rows.first.evaluate("row => row.own")


async def test_polling_updates_an_open_order(server: Server, pages: Pages) -> None:
    server.place("A-LIVE-2")
    dashboard = await pages.dashboard(server.url)
    await dashboard.opener("A-LIVE-2").click()
    await expect(dashboard.heading).to_contain_text("A-LIVE-2")
    await dashboard.set("poll-seconds", "1")
    server.move("A-LIVE-2", "inProgress")
    label = "In Bereitstellung"
    await expect(dashboard.section("course")).to_contain_text(label)


async def test_a_foreign_order_looks_like_an_unknown_one(server: Server, pages: Pages) -> None:
    messages = set()
    for number in (server.foreign_order, "A-000000-0000"):
        dashboard = await pages.dashboard(server.url)
        await open_by_address(dashboard, number)
        await expect(dashboard.element).to_contain_text(f"Auftrag {number} wurde nicht gefunden")
        messages.add((await dashboard.empty.inner_text()).replace(number, "…"))
    assert len(messages) == 1


async def open_by_address(dashboard: Dashboard, number: str) -> None:
    await dashboard.page.evaluate("number => location.hash = `orders.order=${number}`", number)
