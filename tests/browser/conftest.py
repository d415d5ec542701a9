"""The whole product as a newcomer starts it, and its page in the system's Chromium."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.sandbox.supervise import free_port
from tests.journeys.processes import environment

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
START_SECONDS = 60
PATIENCE_MS = 60_000


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium; on CI there must be one."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_chromium(), args=QUIET.split())
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser, tmp_path: Path) -> AsyncIterator[Page]:
    """The sandbox's page with the bot behind it; a mistake in its scripts fails the test."""
    expect.set_options(timeout=PATIENCE_MS)
    mistakes: list[str] = []
    async with _product(tmp_path) as url:
        page = await browser.new_page(
            base_url=url,
            viewport={"width": 1280, "height": 900},
            timezone_id="Europe/London",
            locale="en-GB",
        )
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.on("console", lambda said: mistakes.extend([said.text] * (said.type == "error")))
        await page.goto("/")
        await expect(page.get_by_text("the bot is running")).to_be_visible()
        yield page
        await page.close()
    assert mistakes == []


def _chromium() -> str:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is not None:
        return path
    missing = f"there is no browser here, none of {', '.join(NAMES)}: apt-get install chromium"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@asynccontextmanager
async def _product(folder: Path) -> AsyncIterator[str]:
    """Where the page is, once the sandbox has started in an empty folder without any setting."""
    said = folder / "said"
    with said.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "sandbox", "--port", str(free_port())),
            env=environment({"DATA_DIR": str(folder / "data")}),
            cwd=folder,
            stdout=out,
            stderr=STDOUT,
        )
    try:
        yield await _address(process, said)
    finally:
        if process.returncode is None:
            process.terminate()
        assert await process.wait() == 0, _words(said)


async def _address(process: Process, said: Path) -> str:
    """The address that the sandbox tells people to open."""
    async with asyncio.timeout(START_SECONDS):
        while "open http://" not in _words(said):
            assert process.returncode is None, _words(said)
            await asyncio.sleep(0.05)
    return _words(said).partition("open ")[2].split()[0]


def _words(said: Path) -> str:
    return said.read_text(errors="replace")
