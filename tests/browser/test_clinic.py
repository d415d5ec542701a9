"""The clinic page in Chromium: a shift at the desk, and every page looked at as axe does."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, expect
from sqlalchemy import insert

from bot.sandbox.supervise import free_port
from bot.store import caseload
from bot.store.tables import calls
from tests.bot.clinic.conftest import Clinic, open_practice, release
from tests.bot.service.practice import Person, Practice, until
from tests.browser.phone import Phone

__all__ = ["open_practice", "release"]

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = Path(__file__).parents[2] / "docs" / "images"
SIZES = ((1920, 1080), (1280, 800), (360, 760))
PAGES = {
    "today": "/clinic/today",
    "alert": "/clinic/alerts/1",
    "alert-open": "/clinic/alerts/2",
    "team": "/clinic/team",
    "member": "/clinic/team/1",
    "audit": "/clinic/audit",
    "sessions": "/clinic/sessions",
    "rules": "/clinic/rules",
    "rota": "/clinic/rota",
    "workload": "/clinic/workload",
    "nowhere": "/clinic/nowhere",
}
KEPT = {
    "clinic-today-light-1280": "clinic-today.png",
    "clinic-alert-open-light-1280": "clinic-alert.png",
    "clinic-today-dark-360": "clinic-phone.png",
}
"""The pictures that the guides show, by page, scheme and width."""

GRAVE = {"serious", "critical"}


class Served(Clinic):
    """The page on a port of this machine, as a browser finds it."""

    url: str


@pytest.fixture
async def served(open_practice: object, usual_url: str) -> AsyncIterator[Served]:
    """The clinic page of a living practice, served over HTTP."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    practice: Practice = open_practice(public_url=url, time_zone="Europe/London")  # type: ignore[operator]
    async with AsyncExitStack() as browsers:
        clinic = Served(practice, browsers)
        clinic.url = url
        config = uvicorn.Config(clinic.app, port=port, log_config=None, lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        await until(lambda: server.started)
        yield clinic
        server.should_exit = True
        await serving


async def test_a_shift_at_the_desk(served: Served, browser: Browser) -> None:
    """Sign in, take an alert, close it with a note, see it told elsewhere, revoke a session."""
    lee, low, patients = await a_living_clinic(served)
    mistakes: list[str] = []
    desk = await signed_in(served, browser, lee, mistakes)
    leads = await signed_in(served, browser, low, mistakes)
    await expect(leads.locator("#alerts .alert-row")).to_have_count(4)

    row = desk.locator(".alert-row", has_text=patients[1].pseudonym)
    await row.get_by_role("button", name="I have it").click()
    await expect(desk.get_by_text("You have this alert now.")).to_be_visible()
    # the other browser hears of it by itself
    await expect(leads.locator(".alert-row", has_text=patients[1].pseudonym)).to_contain_text(
        "Dr Lee has it", timeout=15_000
    )
    await expect(leads.locator("#live-said")).to_have_text("Changed: Open alerts.")

    await row.get_by_role("link", name="Open").click()
    await desk.get_by_role("button", name="I am acting on it").click()
    await expect(desk.get_by_role("heading", name="Dr Lee is acting on it")).to_be_visible()
    await desk.get_by_label("What came of it").select_option("Something else")
    await desk.get_by_label("Note").fill("Spoke with the GP, who sees them today.")
    await desk.get_by_role("button", name="Close the alert").click()
    await expect(desk.get_by_role("heading", name="Closed")).to_be_visible()
    await expect(desk.locator("blockquote")).to_have_text("Spoke with the GP, who sees them today.")

    await leads.get_by_role("link", name="Team", exact=True).click()
    sessions = leads.locator("#sessions tbody tr", has_text="Dr Lee")
    await sessions.get_by_role("button", name="End").click()
    await expect(leads.get_by_text("That session is over.")).to_be_visible()
    # whoever left the desk leaves nobody on the screen
    await expect(desk.get_by_role("heading", name="You are signed out")).to_be_visible(
        timeout=15_000
    )
    await expect(desk.get_by_text(patients[1].pseudonym)).to_have_count(0)
    assert [each for each in mistakes if "401" not in each] == []


async def test_words_in_a_form_are_not_taken_from_under_the_hands(
    served: Served, browser: Browser
) -> None:
    """While somebody writes, the page goes on living around them, and their words stay."""
    lee, _, patients = await a_living_clinic(served)
    desk = await signed_in(served, browser, lee, [])
    await desk.goto("/clinic/alerts/2")
    await desk.get_by_role("button", name="I have it").click()
    await desk.get_by_label("Note").fill("half a sen")

    await patients[1].says("I want to die")
    await served.practice.work()

    await expect(desk.locator("#steps")).to_contain_text("Raised again", timeout=15_000)
    await expect(desk.get_by_label("Note")).to_have_value("half a sen")
    await expect(desk.get_by_label("Note")).to_be_focused()


async def test_the_page_works_without_scripts(served: Served, browser: Browser) -> None:
    """Signing in, taking and closing are plain forms."""
    lee, _, _ = await a_living_clinic(served)
    context = await browser.new_context(base_url=served.url, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(await served_link(served, lee))
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name="I have it").first.click()
    await page.locator("a", has_text="Open").first.click()
    await page.get_by_role("button", name="Close the alert").click()
    await expect(page.get_by_text("The alert is closed.")).to_be_visible()
    await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_is_sound(
    served: Served, browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    """axe finds nothing serious on any page, in either width, and nothing is cut off."""
    _, low, _ = await a_living_clinic(served)
    context = await browser.new_context(
        base_url=served.url, color_scheme=scheme, timezone_id="Europe/London", locale="en-GB"
    )
    page = await entered(served, context, low, [])
    wrong: list[str] = []
    for width, height in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        for name, path in PAGES.items():
            await page.goto(path)
            wrong += [f"{name} {width}: {each}" for each in await problems(page)]
            await keep_picture(page, f"clinic-{name}-{scheme}-{width}")
    assert wrong == []
    await context.close()


async def test_the_phones_link_opens_the_page(page: Page) -> None:
    """In the sandbox: /page in the clinician's phone, a click on the link, the button, Today."""
    robin = Phone(page.locator("#phone-2001"))
    await robin.press("Join as clinician")
    await robin.sees("Welcome, Robin.")
    await robin.write("/page")
    await robin.sees("/clinic/enter/")
    link = robin.message("/clinic/enter/").get_by_role("link")

    async with page.context.expect_page() as opened:
        await link.click()
    clinic = await opened.value
    await clinic.get_by_role("button", name="Sign in").click()

    await expect(clinic.get_by_role("heading", name="Today", exact=True)).to_be_visible()
    cookies = {each["name"]: each for each in await page.context.cookies(clinic.url)}
    assert cookies["__Host-paceful"]["secure"]
    assert cookies["__Host-paceful"]["httpOnly"]
    await clinic.close()


async def a_living_clinic(served: Served) -> tuple[Person, Person, list[Person]]:
    """A clinician and a lead, and patients who are in danger, worse, silent, or just writing."""
    practice = served.practice
    lee = await practice.clinician(1, "Dr Lee")
    low = await practice.clinician(2, "Sam Low", "lead")
    silent = await practice.patient(20, "in-baseline")
    practice.clock.moment += timedelta(days=8, hours=-5)
    first, second = await practice.patient(21, "agreed"), await practice.patient(22, "agreed")
    await first.says("I want to die")
    await lee.brings("alert.1.take")
    await lee.brings("alert.1.close.spoke")
    practice.clock.moment += timedelta(minutes=47)
    await second.says("I want to die")
    worse = await practice.patient(23, "at-item-9")
    await worse.chooses("1")
    asks = await practice.patient(24, "agreed")
    await asks.says("/person")
    await asks.taps("Write to them")
    await asks.says("My physio gave me new exercises. Do I do both?")
    low_mood = await practice.patient(25, "agreed")
    await low_mood.says("I want to die")
    await lee.brings("alert.4.take")
    for person, clinician in ((first, 1), (second, 1), (silent, 1), (asks, 2)):
        practice.store.write_now(
            caseload.assign, person.patient_id, clinician, practice.clock.now()
        )
    book(practice, first.patient_id, 30)
    book(practice, asks.patient_id, 95)
    practice.clock.moment += timedelta(minutes=9)
    return lee, low, [first, second, worse, asks]


def book(practice: Practice, patient_id: int, minutes: int) -> None:
    """A call is agreed for so many minutes from now."""
    at = (practice.clock.now() + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    booked = {"clinician_id": 1, "purpose": "start", "state": "booked", "slots": "[]"}
    when = {"at": at, "minutes": 25, "made_at": at, "sequence": 0}
    practice.run(insert(calls).values(patient_id=patient_id, **booked, **when))


async def served_link(served: Served, person: Person) -> str:
    """The link that the bot gives to someone who asks for the page."""
    person.news()
    await person.says("/page")
    found = [said for text in person.news() for said in text.split() if "/clinic/enter/" in said]
    return found[-1]


async def signed_in(served: Served, browser: Browser, person: Person, mistakes: list[str]) -> Page:
    """A browser of this person's own, signed in; what its console says goes to `mistakes`."""
    context = await browser.new_context(
        base_url=served.url, viewport={"width": 1280, "height": 900}, locale="en-GB"
    )
    return await entered(served, context, person, mistakes)


async def entered(
    served: Served, context: BrowserContext, person: Person, mistakes: list[str]
) -> Page:
    """The page of the day in that browser."""
    page = await context.new_page()
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.on("console", lambda said: mistakes.extend([said.text] * (said.type == "error")))
    await page.goto(await served_link(served, person))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Today", exact=True)).to_be_visible()
    return page


async def problems(page: Page) -> list[str]:
    """What a person with a small screen or a screen reader would stumble over."""
    found = await Axe().run(page)
    grave = [
        f"{each['id']}: {each['nodes'][0]['html'][:120]}"
        for each in found.response["violations"]
        if each["impact"] in GRAVE
    ]
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*grave, *([f"{wide} px too wide"] if wide > 0 else [])]


async def keep_picture(page: Page, name: str) -> None:
    """A few pictures for the guides are made anew where that is wished."""
    kept = KEPT.get(name)
    if kept is not None and os.environ.get("PACEFUL_PICTURES") == "1":
        await page.screenshot(animations="disabled", path=PICTURES / kept)
