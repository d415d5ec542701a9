"""The patients of a clinic in real Chromium: readable, usable by keys and ears, in every size."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect
from starlette.applications import Starlette

from bot.clinic import clinic
from bot.keys import Vault
from bot.sandbox.supervise import free_port
from bot.service.picture import Painter
from bot.store.store import Store
from tests.bot.clinic.lives import BETTER, SAME, WORSE, scored
from tests.bot.service.practice import Person, Practice
from tests.flows.starts import real_release

PICTURES = Path(__file__).parents[2] / "docs" / "images"
SIZES = ({"width": 1920, "height": 1080}, {"width": 360, "height": 740})
GRAVE = {"serious", "critical"}


class Ward:
    """A practice whose page is served, with a few patients in it."""

    def __init__(self, practice: Practice, root: str) -> None:
        self.practice, self.root = practice, root
        self.alex: Person
        self.lead: Person

    async def fill(self) -> None:
        """A lead, a clinician, and patients in different places with weeks of scores."""
        self.lead = await self.practice.clinician(901, "Dr Lee", "lead")
        await self.practice.clinician(902, "Sam Rivera")
        self.alex = await self.practice.patient(1, "learning-cbt")
        other = await self.practice.patient(2, "measured")
        kim = await self.practice.patient(3, "at-mood-questions")
        scored(self.practice, self.alex, peg=WORSE, phq_9=BETTER, gad_7=SAME)
        scored(self.practice, other, peg=BETTER[:4], phq_9=(12.0, 13.0, 19.0, 20.0))
        await kim.says("I want to die")

    async def link(self) -> str:
        """A link that opens the page for the lead."""
        self.lead.news()
        await self.lead.says("/page")
        [said] = [told for told in self.lead.news() if "/clinic/enter/" in told]
        return next(word for word in said.split() if "/clinic/enter/" in word)


@pytest.fixture
async def ward(usual_url: str, vault: Vault) -> AsyncIterator[Ward]:
    """The clinic page on a port of its own."""
    port, store = free_port(), Store.open(usual_url, vault)
    root = f"http://127.0.0.1:{port}"
    practice = Practice(store, vault, real_release(), public_url=root)
    app = Starlette(routes=clinic(store, practice.site, Painter(idle=0), lambda: None))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    ward = Ward(practice, root)
    await ward.fill()
    yield ward
    server.should_exit = True
    await serving
    store.close()


@pytest.fixture
async def desk(ward: Ward, browser: Browser) -> AsyncIterator[Page]:
    """A browser in which the lead has signed in; a mistake in a script fails the test."""
    expect.set_options(timeout=20_000)
    page = await browser.new_page(base_url=ward.root, locale="en-GB")
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.on("console", lambda said: mistakes.extend([said.text] * (said.type == "error")))
    page.set_default_timeout(20_000)
    await page.goto(await ward.link())
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()
    yield page
    await page.close()
    assert mistakes == []


async def test_every_page_about_a_patient_is_sound_in_both_sizes_and_both_schemes(
    ward: Ward, desk: Page
) -> None:
    """No serious finding of axe-core, and nothing that is wider than the screen."""
    one = f"/clinic/patients/{ward.alex.pseudonym}"
    for tab in ("thread", "plans", "notes", "timeline"):
        await desk.goto(f"{one}/{tab}")
        await desk.get_by_role("button", name="Show").click()
        await expect(desk.get_by_role("button", name="Hide now")).to_be_visible()
    wrong = []
    for scheme in ("light", "dark"):
        await desk.emulate_media(color_scheme=scheme)
        for size in SIZES:
            await desk.set_viewport_size(size)  # type: ignore[arg-type]
            tabs = ("", "/timeline", "/thread", "/plans", "/notes", "/letter")
            for page in (*(one + tab for tab in tabs), "/clinic/patients"):
                # nobody reads so fast: the page would ask for patience
                ward.practice.clock.moment += timedelta(seconds=3)
                wrong += await _findings(desk, page)
    assert wrong == []
    await _pictures(desk, one)


async def test_a_clinician_works_by_keyboard_from_the_table_to_an_answer(
    ward: Ward, desk: Page
) -> None:
    """Search, open, read the thread, write, and the patient has it; no mouse is needed."""
    await desk.goto("/clinic/patients")
    await desk.get_by_label("Pseudonym").fill(ward.alex.pseudonym)
    await desk.keyboard.press("Enter")
    await expect(desk.get_by_text("1 patient.")).to_be_visible()
    await desk.get_by_role("link", name=ward.alex.pseudonym).focus()
    await desk.keyboard.press("Enter")
    await expect(desk.get_by_role("img", name="Pain, enjoyment and activity (PEG)")).to_be_visible()
    await desk.get_by_role("link", name=f"Write to {ward.alex.pseudonym}").press("Enter")
    await desk.get_by_label("Your words").fill("Shall we talk on Tuesday?")
    await desk.keyboard.press("Tab")
    await desk.keyboard.press("Enter")
    await expect(desk.get_by_text("Sent.")).to_be_visible()
    ward.alex.news()
    await ward.practice.work()
    assert any("Shall we talk on Tuesday?" in told for told in ward.alex.news())


async def test_the_head_of_the_page_follows_by_itself(ward: Ward, desk: Page) -> None:
    """An alert that is raised while somebody looks appears without loading anything again."""
    await desk.goto(f"/clinic/patients/{ward.alex.pseudonym}")
    await expect(desk.get_by_text("Open alerts")).to_have_count(0)
    await ward.alex.says("I want to die")
    await expect(desk.get_by_role("heading", name="Open alerts")).to_be_visible()


async def test_the_table_and_the_timeline_follow_while_somebody_works_on_them(
    ward: Ward, desk: Page
) -> None:
    """A patient answers: the table and the timeline say so; focus and unfolded lines stay."""
    one = f"/clinic/patients/{ward.alex.pseudonym}"
    await desk.goto("/clinic/patients")
    row = desk.locator("#roster tbody tr", has_text=ward.alex.pseudonym)
    await row.get_by_role("link").focus()
    await expect(row).not_to_contain_text("Red")
    await ward.alex.says("I want to die")
    await expect(row).to_contain_text("Red")
    await expect(row.get_by_role("link")).to_be_focused()
    await expect(desk.locator("#live-said")).to_have_text("Changed: Patients.")

    await desk.goto(one)
    await desk.get_by_text("All scores as numbers").click()
    shown = desk.locator("#scores td.number")
    before = await shown.count()
    scored(ward.practice, ward.alex, peg=(*WORSE, 9.0), phq_9=BETTER, gad_7=SAME)
    await expect(shown).to_have_count(before + 1)
    await expect(desk.locator("details.numbers")).to_have_attribute("open", "")

    await desk.goto(f"{one}/timeline")
    timeline = desk.locator("#timeline")
    await expect(timeline).not_to_contain_text("fired again")
    await ward.alex.says("I want to die")
    await expect(timeline).to_contain_text("fired again")


async def test_a_thread_goes_on_above_the_words_that_are_being_typed(
    ward: Ward, desk: Page
) -> None:
    """A patient's message appears by itself; the clinician's half sentence and focus stay."""
    other = ward.practice.person(2)
    await desk.goto(f"/clinic/patients/{other.pseudonym}/thread")
    await desk.get_by_role("button", name="Show the thread").click()
    await desk.get_by_label("Your words").fill("half a sen")
    await other.says("/person")
    await other.taps("Write to them")
    await other.says("Do I do both exercises?")
    await expect(desk.locator("#written")).to_contain_text("Do I do both exercises?")
    await expect(desk.get_by_label("Your words")).to_have_value("half a sen")
    await expect(desk.get_by_label("Your words")).to_be_focused()


async def _findings(desk: Page, path: str) -> list[str]:
    await desk.goto(path)
    found = await Axe().run(desk)
    wide = await desk.evaluate("document.documentElement.scrollWidth > innerWidth")
    where = f"{path} {desk.viewport_size}"
    graves = [each for each in found.response["violations"] if each["impact"] in GRAVE]
    said = [f"{where}: {each['id']} {each['nodes'][0]['html'][:120]}" for each in graves]
    return said + [f"{where}: wider than the screen"] * bool(wide)


async def _pictures(desk: Page, one: str) -> None:
    if os.environ.get("PACEFUL_PICTURES") != "1":
        return
    await desk.emulate_media(color_scheme="light")
    await desk.set_viewport_size({"width": 1280, "height": 900})
    for name, path in (("patients", "/clinic/patients"), ("patient", one)):
        await desk.goto(path)
        await desk.screenshot(path=PICTURES / f"clinic-{name}.png")
