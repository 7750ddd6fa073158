"""Browser pages that record errors, policy violations and unexpected requests."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, Request, expect

from seeding.run import REFERENCE
from tests.web.browser.dashboard import Dashboard

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 320, "height": 640}
SECONDS = 20
"""Timeout of expectations: long enough for a busy machine."""

expect.set_options(timeout=SECONDS * 1000)

_NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass
class Pages:
    """The pages of one test, each in its own browser context."""

    browser: Browser
    origins: set[str] = field(default_factory=set)
    """Origins that pages may send requests to."""
    faults: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    async def open(
        self,
        url: str,
        *,
        path: str = "/widget/",
        **options: Any,
    ) -> Page:
        """Open a page of a server. `options` are options of Playwright's `new_context`."""
        context_options: dict[str, Any] = {
            "locale": "de-DE",
            "timezone_id": "Europe/Berlin",
            "viewport": WIDE,
            "reduced_motion": "reduce",
            **options,
        }
        context = await self.browser.new_context(**context_options)
        self._contexts.append(context)
        context.set_default_timeout(SECONDS * 1000)
        await context.add_init_script(_NOTE_VIOLATIONS)
        page = await context.new_page()
        self.origins.add(url)
        page.on("request", self._note_request)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        # The page's clock starts at the time for which the orders are seeded.
        await page.clock.install(time=REFERENCE)
        await page.goto(f"{url}{path}")
        return page

    async def dashboard(self, url: str, *, path: str = "/widget/", **options: Any) -> Dashboard:
        """Open a page and wait for the widget's list."""
        return await Dashboard(await self.open(url, path=path, **options)).ready()

    async def check(self) -> None:
        """Assert that no page had an error, a policy violation or a request to another origin."""
        for context in self._contexts:
            for page in context.pages:
                for violation in await page.evaluate("window.violations"):
                    self.faults.append(f"policy: {violation}")
        assert not self.faults, self.faults

    async def close(self) -> None:
        for context in self._contexts:
            await context.close()

    def _note_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" not in self.origins and parts.scheme != "data":
            self.faults.append(f"request: {request.url}")
