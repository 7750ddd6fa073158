"""Screenshots of the widget, for development and for the documentation.

python -m tests.web.browser.shots [FOLDER]     (default: var/screenshots)
"""

import asyncio
import itertools
import sys
import tempfile
from pathlib import Path

from playwright.async_api import expect

from app import set_up_logging
from db import migrations
from settings import Settings
from tests.support.databases import sqlite_url
from tests.web.browser.chromium import chromium
from tests.web.browser.pages import Pages
from tests.web.browser.server import Server, serving
from web.build import build

ORDERS = 2_000
"""As many as `make demo` shows."""
FOLDER = Path("var", "screenshots")
SCHEMES = ("light", "dark")
LANGUAGES = ("de-DE", "en-GB")
WIDTHS = {"wide": 1280, "narrow": 320}


async def shoot(server: Server, folder: Path) -> None:
    """The overview and an order by colour scheme, language and width: viewport and full page."""
    async with chromium() as browser:
        for scheme, language, (name, width) in itertools.product(
            SCHEMES, LANGUAGES, WIDTHS.items()
        ):
            pages = Pages(browser)
            dashboard = await pages.dashboard(
                server.url,
                color_scheme=scheme,
                locale=language,
                viewport={"width": width, "height": 900},
                device_scale_factor=1,
            )
            suffix = f"{name}-{scheme}-{language[:2]}.png"
            page = dashboard.page
            await page.screenshot(path=folder / f"overview-{suffix}")
            await page.screenshot(path=folder / f"overview-whole-{suffix}", full_page=True)
            number = server.book.showcase_order_number
            await dashboard.search.fill(number)
            await dashboard.opener(number).click()
            await expect(dashboard.section("course")).to_be_visible()
            await page.screenshot(path=folder / f"order-{suffix}")
            await page.screenshot(path=folder / f"order-whole-{suffix}", full_page=True)
            await pages.close()


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    set_up_logging(Settings(log_level="error"))
    build(print)
    with tempfile.TemporaryDirectory() as temporary:
        url = sqlite_url(Path(temporary, "shots.sqlite3"))
        migrations.upgrade(url)
        with serving(url, orders=ORDERS) as server:
            asyncio.run(shoot(server, folder))
    print(f"{len(list(folder.glob('*.png')))} screenshots in {folder}")  # noqa: T201


if __name__ == "__main__":
    main()
