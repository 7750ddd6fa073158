"""Pages in a browser, and what is seen, reported and asked there."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, Request, expect

from seeding.run import REFERENCE
from tests.web.browser.dashboard import Dashboard

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 320, "height": 640}
SECONDS = 20
"""How long something may take to be seen, on a busy machine, before a test has failed."""

expect.set_options(timeout=SECONDS * 1000)

_NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass
class Pages:
    """One test's pages, each in a context of its own."""

    browser: Browser
    origins: set[str] = field(default_factory=set)
    """Those that pages may ask, beside their own."""
    faults: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    async def open(
        self,
        url: str,
        *,
        path: str = "/widget/",
        **options: Any,
    ) -> Page:
        """A page of the demo, or of another server; `options` are those of a browser's context."""
        wanted: dict[str, Any] = {
            "locale": "de-DE",
            "timezone_id": "Europe/Berlin",
            "viewport": WIDE,
            "reduced_motion": "reduce",
            **options,
        }
        context = await self.browser.new_context(**wanted)
        self._contexts.append(context)
        context.set_default_timeout(SECONDS * 1000)
        await context.add_init_script(_NOTE_VIOLATIONS)
        page = await context.new_page()
        self.origins.add(url)
        page.on("request", self._note_request)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        # The order book's present, from which the page's own time goes on.
        await page.clock.install(time=REFERENCE)
        await page.goto(f"{url}{path}")
        return page

    async def dashboard(self, url: str, *, path: str = "/widget/", **options: Any) -> Dashboard:
        """The widget in such a page, once its list is there."""
        return await Dashboard(await self.open(url, path=path, **options)).ready()

    async def check(self) -> None:
        """No page has failed, broken its policy, or asked a stranger."""
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
