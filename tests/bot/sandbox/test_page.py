"""The page with the two phones, in a real browser, with the echo bot behind it."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.bot.sandbox.processes import running_sandbox

pytestmark = pytest.mark.browser
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium; on CI there must be one."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None and "CI" not in os.environ:
        pytest.skip("there is no Chromium on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=QUIET.split())
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser, tmp_path: Path) -> AsyncIterator[Page]:
    """The sandbox's page; a mistake in its scripts fails the test."""
    mistakes: list[str] = []
    async with running_sandbox(tmp_path) as (_, client):
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.on("console", lambda said: mistakes.extend([said.text] * (said.type == "error")))
        await page.goto(address(client))
        await expect(page.get_by_text("the bot is running")).to_be_visible(timeout=20_000)
        yield page
        await page.close()
    assert mistakes == []


def address(client: httpx.AsyncClient) -> str:
    """Where the sandbox was started."""
    return str(client.base_url)


def patient(page: Page) -> Locator:
    """The patient's phone."""
    return page.locator("#phone-1001")


async def write(phone: Locator, text: str) -> None:
    """Type a message and press Enter."""
    box = phone.get_by_label("Message from")
    await box.fill(text)
    await box.press("Enter")


async def test_a_chat_from_start_to_an_answered_question(page: Page) -> None:
    """Start, a greeting in words of every style, a tap, a toast, and buttons that go grey."""
    phone = patient(page)
    await phone.get_by_role("button", name="Start", exact=True).click()
    seven = phone.get_by_role("button", name="7", exact=True)

    await expect(phone.locator("strong", has_text="Paceful").last).to_be_visible()
    await expect(phone.get_by_role("link", name="here")).to_have_attribute(
        "href", "https://example.org/"
    )
    await seven.click()

    await expect(phone.get_by_text("Noted: 7")).to_be_visible()
    await expect(phone.get_by_text("Thank you, 7 it is.")).to_be_visible()
    await expect(seven).to_be_disabled()
    await expect(seven).to_have_attribute("title", "Already answered")


async def test_an_older_question_fades_and_can_still_be_tapped(page: Page) -> None:
    """When the same question comes again, the buttons above it look old but reach the bot."""
    phone = patient(page)
    await write(phone, "/start")
    await expect(phone.locator(".buttons.live")).to_have_count(1)
    await write(phone, "/start")
    await expect(phone.locator(".buttons.older")).to_have_count(1)

    await phone.locator(".buttons.older").get_by_text("4", exact=True).click()

    await expect(phone.get_by_text("Thank you, 4 it is.")).to_be_visible()


async def test_reply_buttons_pictures_files_and_edits(page: Page) -> None:
    """Reply buttons write their words; pictures and files are shown; own words can be mended."""
    phone = patient(page)
    await write(phone, "/menu")
    await phone.get_by_role("button", name="Help now").click()
    await expect(phone.get_by_text("You said: Help now")).to_be_visible()
    await write(phone, "/progress")
    await expect(phone.get_by_role("img", name="Your last two weeks.")).to_be_visible()
    await expect(phone.get_by_role("link", name=re.compile("scores.csv"))).to_be_visible()

    await phone.get_by_label("Message from").press("ArrowUp")
    await write(phone, "/help")

    await expect(phone.locator(".user .stamp", has_text="edited")).to_be_visible()


async def test_menus_attach_list_commands_and_block(page: Page) -> None:
    """The menus are reached by keyboard and do what they say."""
    phone = patient(page)
    await write(phone, "/start")
    await phone.get_by_role("button", name="Attach").press("Enter")
    await page.keyboard.press("Enter")
    await expect(phone.locator("img.picture")).to_be_visible()
    await phone.get_by_role("button", name="Commands").click()
    await expect(phone.get_by_role("button", name="/progress")).to_be_visible()
    await page.keyboard.press("Escape")

    await phone.get_by_role("button", name="More").click()
    await phone.get_by_role("button", name="Block the bot").click()
    await phone.get_by_role("button", name="Unblock the bot").click()

    await expect(phone.get_by_label("Message from")).to_be_visible()


async def test_the_clinician_joins_with_a_code_from_the_bot(page: Page) -> None:
    """One button makes the code and sends it from the clinician's phone."""
    phone = page.locator("#phone-2001")

    await phone.locator(".opening").get_by_role("button", name="Join as clinician").click()

    await expect(phone.get_by_text("/start CODE-42")).to_be_visible()
    await expect(phone.get_by_text("Hello, I am Paceful.")).to_be_visible()


async def test_the_switches_cut_the_network_and_restart_the_bot(page: Page) -> None:
    """The network counts down and is given back; the bot goes and comes again."""
    await page.get_by_role("button", name="Lose the network").click()
    await expect(page.get_by_text("the network is gone")).to_be_visible()
    await page.get_by_role("button", name=re.compile(r"Give the network back \(\d+ s\)")).click()
    await expect(page.get_by_role("button", name="Lose the network")).to_be_visible()

    await page.get_by_role("button", name="Restart the bot").click()

    await write(patient(page), "hello again")
    await expect(page.get_by_text("You said: hello again")).to_be_visible(timeout=20_000)


# width of the window in pixels
WIDTHS = [1280, 801, 360]


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_page_fits_every_window(page: Page, width: int) -> None:
    """Nothing is wider than the window, from a small phone to a desk."""
    await write(patient(page), "/start")
    await expect(patient(page).get_by_text("How is the pain")).to_be_visible()

    await page.set_viewport_size({"width": width, "height": 800})

    assert await page.evaluate("document.documentElement.scrollWidth") <= width
