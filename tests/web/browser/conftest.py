"""The demo's page in a real browser, over the real server, on both databases.

One browser and one server with one order book serve a module; each test has a browser context of
its own. Nothing sleeps: Playwright waits for what is to be seen.
"""

import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.support.databases import Databases
from tests.web.browser.chromium import chromium, unavailable
from tests.web.browser.pages import Pages
from tests.web.browser.server import Server, serving
from web.build import WEB, BuildError, build
from web.widget_routes import BUILT


@pytest.fixture(scope="session")
def widget() -> Path:
    """The folder of the built widget, made of these very sources."""
    # Workers take turns: the first one builds.
    folder = os.open(WEB, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        build(lambda _line: None)
    except BuildError as error:
        unavailable(str(error))
    finally:
        os.close(folder)
    return BUILT


@pytest.fixture(scope="module")
async def browser(widget: Path) -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def server(browser: Browser, shared_database_url: str) -> Iterator[Server]:
    """A demo on each engine. Tests that change the order book add orders of their own."""
    with serving(shared_database_url) as server:
        yield server


@pytest.fixture(scope="module")
def sqlite_server(browser: Browser, databases: Databases) -> Iterator[Server]:
    """The same on SQLite alone, for what has nothing to do with databases."""
    with databases.empty("sqlite") as url, serving(url) as server:
        yield server


@pytest.fixture
async def pages(browser: Browser) -> AsyncIterator[Pages]:
    """Opens pages; afterwards none of them may have tried what its policy forbids."""
    pages = Pages(browser)
    try:
        yield pages
        await pages.check()
    finally:
        await pages.close()
