"""The demo page in a real browser, with the real server on both databases.

A module shares one browser and one seeded server. Each test has its own browser context. Nothing
sleeps: Playwright waits until expectations hold.
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
    """The folder of the widget, built from the current sources."""
    # A lock, because test workers share the folder: the first one builds.
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
    """A demo server on each database. Tests that change data add their own orders."""
    with serving(shared_database_url) as server:
        yield server


@pytest.fixture(scope="module")
def sqlite_server(browser: Browser, databases: Databases) -> Iterator[Server]:
    """A demo server on SQLite, for tests that do not depend on the database."""
    with databases.empty("sqlite") as url, serving(url) as server:
        yield server


@pytest.fixture
async def pages(browser: Browser) -> AsyncIterator[Pages]:
    """Opens pages, and checks after the test that they had no errors or policy violations."""
    pages = Pages(browser)
    try:
        yield pages
        await pages.check()
    finally:
        await pages.close()
