"""Accessibility: keyboard, small screens, themes, reduced motion, and the rules of axe."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.web.browser.dashboard import Dashboard
from tests.web.browser.pages import NARROW, Pages
from tests.web.browser.server import Server
from web.build import WEB

AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def server(sqlite_server: Server) -> Server:
    """SQLite is enough: nothing here depends on the database."""
    return sqlite_server


async def violations(dashboard: Dashboard) -> list[str]:
    """The violations that axe reports for the page and the widget, a line each."""
    page = dashboard.page
    # Evaluated by the debugger, which the page's Content-Security-Policy does not restrict.
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    report: dict[str, Any] = await page.evaluate("axe.run()")
    return [
        f"{violation['impact']} {violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in report["violations"]
        for node in violation["nodes"]
    ]


async def open_showcase(dashboard: Dashboard, server: Server) -> None:
    number = server.book.showcase_order_number
    await dashboard.search.fill(number)
    await dashboard.opener(number).click()
    await expect(dashboard.heading).to_contain_text(number)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
async def test_axe_reports_no_violation(
    server: Server, pages: Pages, scheme: str, width: int
) -> None:
    viewport = {"width": width, "height": 900}
    dashboard = await pages.dashboard(server.url, color_scheme=scheme, viewport=viewport)
    # All rows are alike, and axe is slow: a few are enough.
    await dashboard.set("page-size", "6")
    await expect(dashboard.rows).to_have_count(6)
    assert await violations(dashboard) == []
    await open_showcase(dashboard, server)
    await expect(dashboard.section("course")).to_be_visible()
    assert await violations(dashboard) == []


async def test_an_order_opens_and_closes_by_keyboard_and_focus_returns(
    server: Server, pages: Pages
) -> None:
    dashboard = await pages.dashboard(server.url)
    keyboard = dashboard.page.keyboard
    second = (await dashboard.numbers())[1]
    for _ in range(60):
        await keyboard.press("Tab")
        if await focused(dashboard) == second:
            break
    assert await focused(dashboard) == second
    await keyboard.press("Enter")
    await expect(dashboard.heading).to_contain_text(second)
    # Screen readers continue at the heading.
    await expect(dashboard.heading).to_be_focused()
    await dashboard.element.get_by_role("button", name="Zurück zur Übersicht").focus()
    await keyboard.press("Enter")
    await expect(dashboard.opener(second)).to_be_focused()


async def focused(dashboard: Dashboard) -> str | None:
    """The order number of the focused button in the list, if one has the focus."""
    number: str | None = await dashboard.element.evaluate(
        "element => element.shadowRoot.activeElement?.closest('[role=row] button.open')"
        "?.dataset.order ?? null"
    )
    return number


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_attribute_theme_overrides_the_system_colour_scheme(
    server: Server, pages: Pages, scheme: str
) -> None:
    dashboard = await pages.dashboard(server.url, color_scheme=scheme)
    other = "dark" if scheme == "light" else "light"
    assert await is_dark(dashboard) == (scheme == "dark")
    await dashboard.set("theme", other)
    assert await is_dark(dashboard) == (other == "dark")


async def is_dark(dashboard: Dashboard) -> bool:
    """Whether the theme is dark: its text is lighter than medium grey."""
    colour: str = await dashboard.heading.evaluate(
        """element => {
            const context = document.createElement("canvas").getContext("2d");
            context.fillStyle = getComputedStyle(element).color;
            return context.fillStyle;
        }"""
    )
    return sum(int(colour[at : at + 2], 16) for at in (1, 3, 5)) > 3 * 127


@pytest.mark.parametrize("locale", ["de-DE", "en-GB"])
async def test_nothing_overflows_on_screens_from_320_pixels(
    server: Server, pages: Pages, locale: str
) -> None:
    dashboard = await pages.dashboard(server.url, viewport=NARROW, locale=locale)
    assert await too_wide(dashboard) == []
    await open_showcase(dashboard, server)
    await expect(dashboard.section("course")).to_be_visible()
    assert await too_wide(dashboard) == []


async def too_wide(dashboard: Dashboard) -> list[str]:
    """The classes of elements that overflow, by the width of the screen."""
    overflows = []
    for width in range(320, 1320, 40):
        await dashboard.page.set_viewport_size({"width": width, "height": 900})
        names: list[str] = await dashboard.element.evaluate(
            """element => {
                const edge = element.getBoundingClientRect().right + 1;
                const root = document.documentElement;
                const page = root.scrollWidth > root.clientWidth ? ["the page"] : [];
                return page.concat([...element.shadowRoot.querySelectorAll("*")]
                    .filter((each) => each.getBoundingClientRect().right > edge)
                    .map((each) => each.getAttribute("class")));
            }"""
        )
        overflows += [f"{width}: {name}" for name in names]
    return overflows


async def test_nothing_is_animated_with_reduced_motion(server: Server, pages: Pages) -> None:
    dashboard = await pages.dashboard(server.url, reduced_motion="reduce")
    await dashboard.set("poll-seconds", "1")
    server.place("A-STILL")
    await expect(dashboard.row("A-STILL")).to_be_visible()
    moving = await dashboard.element.evaluate(
        """element => [element, ...element.shadowRoot.querySelectorAll("*")]
            .flatMap((each) => each.getAnimations())
            .filter((each) => each.effect.getComputedTiming().duration > 10).length"""
    )
    assert moving == 0


async def test_the_language_can_be_changed_in_place(server: Server, pages: Pages) -> None:
    dashboard = await pages.dashboard(server.url)
    await dashboard.set("locale", "en")
    await expect(dashboard.heading).to_have_text("Orders")
    await expect(dashboard.figure("COMPLETED")).to_contain_text("Completed")
    await dashboard.set("locale", "de")
    await expect(dashboard.heading).to_have_text("Aufträge")
    await expect(dashboard.figure("COMPLETED")).to_contain_text("Abgeschlossen")


async def test_changes_are_announced_to_screen_readers(server: Server, pages: Pages) -> None:
    dashboard = await pages.dashboard(server.url)
    await dashboard.set("poll-seconds", "1")
    server.place("A-TOLD")
    await expect(dashboard.element.get_by_role("status")).to_contain_text(
        "1 Auftrag hat sich geändert."
    )
