"""What a reader finds in the widget: the orders of a session, as the graph tells them."""

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


async def test_the_overview_tells_how_many_orders_there_are_and_lists_the_newest(
    server: Server, pages: Pages
) -> None:
    asked = server.ask("""{
        orderSummary { total byStatus { status count } }
        orders(first: 5, orderBy: { field: UPDATED_AT, direction: DESC }) { nodes { number } }
        waiting: orders(filter: { needsAction: true }) { totalCount }
        late: orders(filter: { delayed: true }) { totalCount }
    }""")
    dashboard = await pages.dashboard(server.url)
    summary = asked["orderSummary"]
    await expect(dashboard.figure("ALL").locator(".count")).to_have_text(str(summary["total"]))
    for each in summary["byStatus"]:
        figure = dashboard.figure(each["status"]).locator(".count")
        await expect(figure).to_have_text(str(each["count"]))
    for kind, counted in (("action", "waiting"), ("delayed", "late")):
        number = dashboard.strip(kind).locator("h3 .number")
        await expect(number).to_have_text(str(asked[counted]["totalCount"]))
    newest = [order["number"] for order in asked["orders"]["nodes"]]
    assert (await dashboard.numbers())[:5] == newest


async def test_a_figure_leaves_the_orders_of_its_status(server: Server, pages: Pages) -> None:
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


async def test_more_orders_come_below_those_that_are_there(server: Server, pages: Pages) -> None:
    dashboard = await pages.dashboard(server.url)
    first = await dashboard.numbers()
    await dashboard.more.scroll_into_view_if_needed()
    place = await dashboard.page.evaluate("scrollY")
    assert place > 0
    await dashboard.more.click()
    await expect(dashboard.rows).to_have_count(2 * len(first))
    assert await dashboard.page.evaluate("scrollY") == place
    numbers = await dashboard.numbers()
    assert numbers[: len(first)] == first
    assert len(set(numbers)) == len(numbers)
    # To the end: every order once.
    [total] = [server.ask("{ orders { totalCount } }")["orders"]["totalCount"]]
    while await dashboard.more.count():
        shown = await dashboard.rows.count()
        await dashboard.more.click()
        await expect(dashboard.rows).not_to_have_count(shown)
    assert len(set(await dashboard.numbers())) == await dashboard.rows.count() == total


async def test_an_order_shows_what_the_graph_says_of_it(server: Server, pages: Pages) -> None:
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


async def test_a_customer_sees_the_own_orders_alone(server: Server, pages: Pages) -> None:
    dashboard = await pages.dashboard(server.url)
    asked = server.ask(
        "query ($c: String!) { orders(filter: { customer: $c }) { nodes { number } } }",
        c=server.demo.customer_number,
    )
    await dashboard.page.get_by_label("Ansicht").select_option("customer")
    await expect(dashboard.heading).to_contain_text("Elbtal Logistik GmbH")
    own = {order["number"] for order in asked["orders"]["nodes"]}
    await expect(dashboard.rows).to_have_count(len(own))
    assert set(await dashboard.numbers()) == own
    await expect(dashboard.element.get_by_role("columnheader", name="Kunde")).to_have_count(0)


async def test_a_new_order_and_its_progress_appear_by_themselves(
    server: Server, pages: Pages
) -> None:
    dashboard = await pages.dashboard(server.url)
    await dashboard.set("poll-seconds", "1")
    server.place("A-LIVE-1")
    await expect(dashboard.row("A-LIVE-1")).to_be_visible()
    assert (await dashboard.numbers())[0] == "A-LIVE-1"
    await expect(dashboard.row("A-LIVE-1")).to_have_attribute("data-status", "IN_PROGRESS")
    server.move("A-LIVE-1", "completed")
    await expect(dashboard.row("A-LIVE-1")).to_have_attribute("data-status", "COMPLETED")
    await expect(dashboard.row("A-LIVE-1")).to_contain_text("Aktualisiert")


async def test_a_look_that_finds_nothing_new_leaves_the_page_alone(
    server: Server, pages: Pages
) -> None:
    page = await pages.open(server.url)
    answers: list[Response] = []
    page.on("response", lambda each: answers.append(each) if "/graphql" in each.url else None)
    dashboard = await Dashboard(page).ready()
    await dashboard.rows.first.evaluate("row => { row.own = true; }")
    await dashboard.set("poll-seconds", "1")
    for _ in range(2):
        async with page.expect_response("**/graphql**"):
            pass
    first, *later = answers
    # Asked for the same, on condition that it has changed, if the server said how to tell.
    tag = first.headers.get("etag")
    assert {each.request.headers.get("if-none-match") for each in later} == {tag}
    assert {each.status for each in later} == {304 if tag else 200}
    assert await dashboard.rows.first.evaluate("row => row.own")


async def test_an_open_order_moves_on_by_itself(server: Server, pages: Pages) -> None:
    server.place("A-LIVE-2")
    dashboard = await pages.dashboard(server.url)
    await dashboard.opener("A-LIVE-2").click()
    await expect(dashboard.heading).to_contain_text("A-LIVE-2")
    await dashboard.set("poll-seconds", "1")
    server.move("A-LIVE-2", "inProgress")
    label = "In Bereitstellung"
    await expect(dashboard.section("course")).to_contain_text(label)


async def test_the_number_of_a_strangers_order_gives_what_an_unknown_one_gives(
    server: Server, pages: Pages
) -> None:
    said = set()
    for number in (server.foreign_order, "A-000000-0000"):
        dashboard = await pages.dashboard(server.url)
        await open_by_address(dashboard, number)
        await expect(dashboard.element).to_contain_text(f"Auftrag {number} wurde nicht gefunden")
        said.add((await dashboard.empty.inner_text()).replace(number, "…"))
    assert len(said) == 1


async def open_by_address(dashboard: Dashboard, number: str) -> None:
    await dashboard.page.evaluate("number => location.hash = `orders.order=${number}`", number)
