"""Page object for the widget."""

from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect


@dataclass(frozen=True)
class Dashboard:
    """An element `<partnergraph-orders>`. Locators pierce its shadow root."""

    page: Page

    @property
    def element(self) -> Locator:
        return self.page.locator("partnergraph-orders")

    @property
    def heading(self) -> Locator:
        """The visible heading: of the list or of an order."""
        return self.element.locator("h2:visible")

    @property
    def rows(self) -> Locator:
        return self.element.locator("[role=row][data-order]")

    def row(self, number: str) -> Locator:
        return self.element.locator(f'[role=row][data-order="{number}"]')

    def opener(self, number: str) -> Locator:
        """The button that opens the order from the list."""
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
        """A section of an order."""
        return self.element.locator(f'[data-section="{name}"]')

    async def numbers(self) -> list[str]:
        """The order numbers in the list, from the top."""
        numbers: list[str] = await self.rows.evaluate_all("rows => rows.map(r => r.dataset.order)")
        return numbers

    async def ready(self) -> "Dashboard":
        """Wait until the list has rows."""
        await expect(self.rows.first).to_be_visible()
        return self

    async def set(self, name: str, value: str | None) -> None:
        """Set an attribute, or remove it with None."""
        await self.element.evaluate(
            "(element, [name, value]) => value === null"
            " ? element.removeAttribute(name) : element.setAttribute(name, value)",
            [name, value],
        )
