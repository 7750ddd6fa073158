"""The system's Chromium, driven by Playwright. No browser is downloaded."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, async_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A headless browser. Skips the test if none is installed."""
    program = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if program is None:
        unavailable(f"none of {', '.join(PROGRAMS)} was found: install your system's package")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=[*_ARGUMENTS])
        yield browser
        await browser.close()


def unavailable(why: str) -> None:
    """Skip the test with a reason; in CI, fail it."""
    reason = f"The widget was not tested in a browser: {why}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
