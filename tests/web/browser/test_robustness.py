"""Expired sessions, failures, hostile input and empty lists."""

import pytest
from playwright.async_api import Route, expect

from tests.web.browser.dashboard import Dashboard
from tests.web.browser.pages import NARROW, Pages
from tests.web.browser.server import Server

GRAPH = "**/graphql**"


@pytest.fixture
def server(sqlite_server: Server) -> Server:
    """SQLite is enough: nothing here depends on the database."""
    return sqlite_server


async def test_an_expired_session_is_renewed_and_the_view_stays(
    server: Server, pages: Pages
) -> None:
    dashboard = await pages.dashboard(server.url)
    token_requests: list[str] = []
    dashboard.page.on(
        "request",
        lambda request: token_requests.append(request.url) if "demo-token" in request.url else None,
    )
    await dashboard.more.click()
    await expect(dashboard.rows).not_to_have_count(0)
    shown = await dashboard.rows.count()
    # The page's clock has not moved: it learns of the expiry by a 401.
    server.passed += server.settings.widget_seconds + 60
    server.place("A-RENEWED")
    await dashboard.set("poll-seconds", "1")
    await expect(dashboard.row("A-RENEWED")).to_be_visible()
    assert len(token_requests) == 1
    assert await dashboard.rows.count() >= shown
    await expect(dashboard.element.locator("[data-failure]")).to_have_count(0)


async def test_polls_after_a_renewal_are_answered_by_304_again(
    server: Server, pages: Pages
) -> None:
    page = await pages.open(server.url)
    dashboard = await Dashboard(page).ready()
    server.passed += server.settings.widget_seconds + 60
    await dashboard.set("poll-seconds", "1")
    async with page.expect_response(
        lambda response: "/graphql" in response.url and response.ok
    ) as renewed:
        pass
    # ETags depend on the session.
    assert (await renewed.value).status == 200
    async with page.expect_response("**/graphql**") as again:
        pass
    assert (await again.value).status == 304


async def test_the_last_data_stays_while_the_server_is_unreachable(
    server: Server, pages: Pages
) -> None:
    dashboard = await pages.dashboard(server.url)
    shown = await dashboard.numbers()
    await dashboard.set("poll-seconds", "1")
    with server.away():
        await expect(dashboard.notice("network")).to_be_visible()
        assert await dashboard.numbers() == shown
    server.place("A-BACK")
    await expect(dashboard.row("A-BACK")).to_be_visible()
    await expect(dashboard.notice("network")).to_have_count(0)


async def test_a_notice_is_shown_while_offline(server: Server, pages: Pages) -> None:
    dashboard = await pages.dashboard(server.url)
    await dashboard.page.context.set_offline(True)
    await expect(dashboard.element).to_contain_text("Sie sind offline")
    await expect(dashboard.rows).not_to_have_count(0)
    server.place("A-ONLINE")
    await dashboard.page.context.set_offline(False)
    await expect(dashboard.row("A-ONLINE")).to_be_visible()
    await expect(dashboard.element).not_to_contain_text("Sie sind offline")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (500, "INTERNAL_SERVER_ERROR", "server"),
        (429, "RATE_LIMITED", "busy"),
        (403, "FORBIDDEN", "forbidden"),
    ],
)
async def test_a_failure_shows_its_request_id_and_can_be_retried(
    server: Server, pages: Pages, status: int, code: str, kind: str
) -> None:
    async def fail(route: Route) -> None:
        error = {"message": "What went wrong, in English.", "extensions": {"code": code}}
        headers = {"X-Request-Id": "req-4711", "Retry-After": "30"}
        await route.fulfill(status=status, headers=headers, json={"errors": [error]})

    dashboard = await pages.dashboard(server.url)
    await dashboard.page.route(GRAPH, fail)
    await dashboard.figure("COMPLETED").click()
    notice = dashboard.notice(kind)
    await expect(notice).to_contain_text("req-4711")
    # The notice is in the reader's language.
    await expect(notice).not_to_contain_text("English")
    await dashboard.page.unroute(GRAPH)
    await notice.get_by_role("button", name="Erneut versuchen").click()
    await expect(notice).to_have_count(0)
    await expect(dashboard.rows.first).to_have_attribute("data-status", "COMPLETED")


async def test_markup_in_an_order_is_shown_as_text(server: Server, pages: Pages) -> None:
    markup = "<img src=x onerror='window.broken = true'><b>Eilt</b>"
    server.place("A-MARKUP", description=markup)
    dashboard = await pages.dashboard(server.url)
    await dashboard.opener("A-MARKUP").click()
    await expect(dashboard.element).to_contain_text(markup)
    assert await dashboard.element.locator("img").count() == 0
    assert not await dashboard.page.evaluate("window.broken")


async def test_long_words_do_not_overflow_the_page(server: Server, pages: Pages) -> None:
    number, description = f"A-{'9' * 60}", "x" * 2_000
    server.place(number, description=description)
    dashboard = await pages.dashboard(server.url, viewport=NARROW)
    await dashboard.opener(number).click()
    await expect(dashboard.element).to_contain_text(description)
    widths = "() => [document.documentElement.scrollWidth, innerWidth]"
    page, window = await dashboard.page.evaluate(widths)
    assert page <= window


async def test_an_error_code_in_an_orders_text_is_not_an_error(
    server: Server, pages: Pages
) -> None:
    server.place("A-CODE", description="PERSISTED_QUERY_NOT_FOUND")
    dashboard = await pages.dashboard(server.url)
    methods: list[str] = []
    dashboard.page.on(
        "request",
        lambda request: methods.append(request.method) if "/graphql" in request.url else None,
    )
    await dashboard.opener("A-CODE").click()
    await expect(dashboard.element).to_contain_text("PERSISTED_QUERY_NOT_FOUND")
    assert methods == ["GET"]


async def test_an_empty_list_explains_that_orders_will_appear(server: Server, pages: Pages) -> None:
    page = await pages.open(server.url)
    empty = {
        "data": {
            "viewer": {"customer": None},
            "orderSummary": {"total": 0, "byStatus": [], "byBusinessCase": []},
            "waiting": {"totalCount": 0, "nodes": []},
            "late": {"totalCount": 0, "nodes": []},
            "orders": {
                "totalCount": 0,
                "nodes": [],
                "pageInfo": {"hasNextPage": False, "endCursor": None},
            },
        }
    }
    await page.route(GRAPH, lambda route: route.fulfill(json=empty))
    await page.reload()
    await expect(page.locator('[data-empty="none"]')).to_contain_text("Noch keine Aufträge")


async def test_the_route_survives_a_reload_and_going_back(server: Server, pages: Pages) -> None:
    dashboard = await pages.dashboard(server.url)
    await dashboard.figure("COMPLETED").click()
    await expect(dashboard.rows.first).to_have_attribute("data-status", "COMPLETED")
    [number, *_] = await dashboard.numbers()
    await dashboard.opener(number).click()
    await expect(dashboard.heading).to_contain_text(number)
    await dashboard.page.reload()
    await expect(dashboard.heading).to_contain_text(number)
    await dashboard.page.go_back()
    await expect(dashboard.figure("COMPLETED")).to_have_attribute("aria-pressed", "true")
    await expect(dashboard.rows.first).to_have_attribute("data-status", "COMPLETED")


@pytest.mark.parametrize(
    "fragment",
    [
        "orders.period=custom&orders.from=2026-99-99",
        "orders.period=custom&orders.to=0000-00-00",
        "orders.search=%E0%A4%A&orders.status=__proto__&orders.sort=constructor",
        "orders.search=%00&orders.businessCase=toString",
        "orders.order=%22%5D%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E",
    ],
)
async def test_a_forged_fragment_breaks_nothing(
    server: Server, pages: Pages, fragment: str
) -> None:
    page = await pages.open(server.url, path=f"/widget/#{fragment}")
    dashboard = Dashboard(page)
    # It shows a list, or that nothing was found.
    await expect(dashboard.rows.or_(dashboard.empty).first).to_be_visible()
    await expect(dashboard.heading).to_be_visible()


async def test_a_year_with_too_many_digits_does_not_break_the_list(
    server: Server, pages: Pages
) -> None:
    dashboard = await pages.dashboard(server.url)
    await dashboard.select("period").select_option("custom")
    since = dashboard.element.locator("input[name=from]")
    await since.focus()
    await dashboard.page.keyboard.type("01012026")
    await dashboard.page.keyboard.type("99")
    await expect(dashboard.rows.or_(dashboard.empty).first).to_be_visible()
    await dashboard.select("period").select_option("")
    await expect(dashboard.rows.first).to_be_visible()
