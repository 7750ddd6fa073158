"""The widget for everybody: by keyboard, on small screens, in the dark, without motion, by axe."""

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
    """None of this has to do with a database."""
    return sqlite_server


async def violations(dashboard: Dashboard) -> list[str]:
    """What axe finds in the page and in the widget, a line each."""
    page = dashboard.page
    # As a debugger does, which the page's policy does not bind.
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = await page.evaluate("axe.run()")
    return [
        f"{each['impact']} {each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


async def open_showcase(dashboard: Dashboard, server: Server) -> None:
    number = server.book.showcase_order_number
    await dashboard.search.fill(number)
    await dashboard.opener(number).click()
    await expect(dashboard.heading).to_contain_text(number)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
async def test_axe_finds_nothing(server: Server, pages: Pages, scheme: str, width: int) -> None:
    viewport = {"width": width, "height": 900}
    dashboard = await pages.dashboard(server.url, color_scheme=scheme, viewport=viewport)
    # A row is like the other, and axe looks at each for long.
    await dashboard.set("page-size", "6")
    await expect(dashboard.rows).to_have_count(6)
    assert await violations(dashboard) == []
    await open_showcase(dashboard, server)
    await expect(dashboard.section("course")).to_be_visible()
    assert await violations(dashboard) == []


async def test_an_order_is_opened_and_closed_by_keyboard_and_the_focus_returns(
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
    # Whoever cannot see the change is at its beginning.
    await expect(dashboard.heading).to_be_focused()
    await dashboard.element.get_by_role("button", name="Zurück zur Übersicht").focus()
    await keyboard.press("Enter")
    await expect(dashboard.opener(second)).to_be_focused()


async def focused(dashboard: Dashboard) -> str | None:
    """The order of the button that has the focus, if it opens one in the list."""
    number: str | None = await dashboard.element.evaluate(
        "element => element.shadowRoot.activeElement?.closest('[role=row] button.open')"
        "?.dataset.order ?? null"
    )
    return number


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_colours_follow_the_system_and_a_theme_wins(
    server: Server, pages: Pages, scheme: str
) -> None:
    dashboard = await pages.dashboard(server.url, color_scheme=scheme)
    other = "dark" if scheme == "light" else "light"
    assert await is_dark(dashboard) == (scheme == "dark")
    await dashboard.set("theme", other)
    assert await is_dark(dashboard) == (other == "dark")


async def is_dark(dashboard: Dashboard) -> bool:
    """Whether text is lighter than half."""
    colour: str = await dashboard.heading.evaluate(
        """element => {
            const context = document.createElement("canvas").getContext("2d");
            context.fillStyle = getComputedStyle(element).color;
            return context.fillStyle;
        }"""
    )
    return sum(int(colour[at : at + 2], 16) for at in (1, 3, 5)) > 3 * 127


@pytest.mark.parametrize("locale", ["de-DE", "en-GB"])
async def test_nothing_is_wider_than_its_place_on_any_screen_from_320_pixels_on(
    server: Server, pages: Pages, locale: str
) -> None:
    dashboard = await pages.dashboard(server.url, viewport=NARROW, locale=locale)
    assert await too_wide(dashboard) == []
    await open_showcase(dashboard, server)
    await expect(dashboard.section("course")).to_be_visible()
    assert await too_wide(dashboard) == []


async def too_wide(dashboard: Dashboard) -> list[str]:
    """What lies beyond the element's edge, by the width of the screen."""
    found = []
    for width in range(320, 1320, 40):
        await dashboard.page.set_viewport_size({"width": width, "height": 900})
        beyond: list[str] = await dashboard.element.evaluate(
            """element => {
                const edge = element.getBoundingClientRect().right + 1;
                const root = document.documentElement;
                const page = root.scrollWidth > root.clientWidth ? ["the page"] : [];
                return page.concat([...element.shadowRoot.querySelectorAll("*")]
                    .filter((each) => each.getBoundingClientRect().right > edge)
                    .map((each) => each.getAttribute("class")));
            }"""
        )
        found += [f"{width}: {each}" for each in beyond]
    return found


async def test_nothing_moves_for_whoever_wants_no_motion(server: Server, pages: Pages) -> None:
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


async def test_the_language_changes_in_place(server: Server, pages: Pages) -> None:
    dashboard = await pages.dashboard(server.url)
    await dashboard.set("locale", "en")
    await expect(dashboard.heading).to_have_text("Orders")
    await expect(dashboard.figure("COMPLETED")).to_contain_text("Completed")
    await dashboard.set("locale", "de")
    await expect(dashboard.heading).to_have_text("Aufträge")
    await expect(dashboard.figure("COMPLETED")).to_contain_text("Abgeschlossen")


async def test_changes_are_told_to_whoever_cannot_see_them(server: Server, pages: Pages) -> None:
    dashboard = await pages.dashboard(server.url)
    await dashboard.set("poll-seconds", "1")
    server.place("A-TOLD")
    await expect(dashboard.element.get_by_role("status")).to_contain_text(
        "1 Auftrag hat sich geändert."
    )
