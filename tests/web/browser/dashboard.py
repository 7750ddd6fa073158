"""The widget in a page, as a reader sees and uses it."""

from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect


@dataclass(frozen=True)
class Dashboard:
    """One element `<partnergraph-orders>`. Locators look through its shadow root."""

    page: Page

    @property
    def element(self) -> Locator:
        return self.page.locator("partnergraph-orders")

    @property
    def heading(self) -> Locator:
        """Of what is shown: the list, or an order."""
        return self.element.locator("h2:visible")

    @property
    def rows(self) -> Locator:
        return self.element.locator("[role=row][data-order]")

    def row(self, number: str) -> Locator:
        return self.element.locator(f'[role=row][data-order="{number}"]')

    def opener(self, number: str) -> Locator:
        """What opens the order in the list."""
        return self.row(number).locator("button.open")

    def figure(self, status: str) -> Locator:
        return self.element.locator(f'button.figure[data-status="{status}"]')

    def strip(self, kind: str) -> Locator:
        return self.element.locator(f'[data-strip="{kind}"]')

    def select(self, name: str) -> Locator:
        return self.element.locator(f'select[name="{name}"]')

    @property
    def search(self) -> Locator:
        return self.element.get_by_role("searchbox")

    @property
    def found(self) -> Locator:
        return self.element.locator(".found b")

    @property
    def more(self) -> Locator:
        return self.element.locator("button.more")

    @property
    def empty(self) -> Locator:
        return self.element.locator("[data-empty]:visible")

    def notice(self, kind: str) -> Locator:
        return self.element.locator(f'[data-failure="{kind}"]:visible')

    def section(self, name: str) -> Locator:
        """A part of an order."""
        return self.element.locator(f'[data-section="{name}"]')

    async def numbers(self) -> list[str]:
        """The orders in the list, from the top."""
        found: list[str] = await self.rows.evaluate_all("rows => rows.map(r => r.dataset.order)")
        return found

    async def ready(self) -> "Dashboard":
        """Once the list is there."""
        await expect(self.rows.first).to_be_visible()
        return self

    async def set(self, name: str, value: str | None) -> None:
        """Set, or take away, an attribute."""
        await self.element.evaluate(
            "(element, [name, value]) => value === null"
            " ? element.removeAttribute(name) : element.setAttribute(name, value)",
            [name, value],
        )
