"""The first patient, the first lesson and the first alert, as a person sees them on the page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.phone import Phone

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURE = Path(__file__).parents[2] / "docs" / "images" / "sandbox.png"


async def test_a_patient_meets_help_a_person_and_the_first_lesson(page: Page) -> None:
    """From Start to the clinician's reply, a lesson, a nudge the next morning, and the picture."""
    alex, robin = Phone(page.locator("#phone-1001")), Phone(page.locator("#phone-2001"))
    await _next_morning(page)

    await robin.press("Join as clinician")
    await robin.sees("Welcome, Robin.")
    await _begins(alex)
    await _tells_of_dark_thoughts(alex)
    await _is_written_to(alex, robin)
    await _plans(alex)
    await _learns_through_a_restart(alex, page)
    await _asks_a_person(alex, robin)
    await _keep_picture(page)
    await _learns_without_a_network(alex, page)
    await _next_morning(page)
    await alex.sees("A new lesson is ready.")
    await alex.tap("Later")
    await _sees_progress(alex)

    state = await _state(page)
    assert state["refusals"] == []
    assert state["pending_updates"] == 0


async def _begins(alex: Phone) -> None:
    """Alex agrees, says where they are, and that nothing speaks against the program."""
    await alex.press("Start")
    await alex.sees("I am a program, not a person.")
    agreed = await alex.tap("Let's start", "I agree")
    await expect(agreed.get_by_role("button", name="I agree")).to_be_disabled()
    await alex.tap("United Kingdom")
    await alex.sees("Which town or city")
    await alex.write("Leeds")
    await alex.sees("So it is 09:3")
    await alex.tap("Yes", "Yes, 18 or older", "None of these", "Yes", "Yes")


async def _tells_of_dark_thoughts(alex: Phone) -> None:
    """Alex answers PEG and PHQ-9; at the last item help comes before anything else."""
    await alex.tap("I am ready", "6", "7", "5")
    await alex.tap(*["Several days"] * 8)
    last = await alex.tap("Nearly every day")

    await expect(last).to_contain_text("9 of 10")
    await alex.sees("Are you thinking about ending your life?")
    first = alex.after(last).first
    await expect(first).to_contain_text("This comes before everything else.")
    await expect(first).to_contain_text("Samaritans: call 116 123")
    await expect(alex.after(last)).to_have_count(3)


async def _is_written_to(alex: Phone, robin: Phone) -> None:
    """Robin takes the alert and writes; Alex answers; Robin closes it."""
    await robin.sees("PHQ-9 item 9 (thoughts of death or self-harm): nearly every day.")
    await robin.tap("I have it")
    await robin.reply("I can call you at ten. Is that all right?", to="Red: act now")
    await robin.tap("Send")
    await alex.sees("Robin from your care team writes:")
    await alex.sees("I can call you at ten.")

    await alex.reply("Yes, ten is fine.", to="Robin from your care team")

    await robin.sees("Yes, ten is fine.")
    await alex.tap("No", "Leave it for today")
    await robin.tap("Close it", "We spoke")
    await robin.sees("closed by Robin: We spoke.")
    for label in ("I have it", "Close it", "We spoke"):
        await expect(robin.button(label)).to_be_disabled()


async def _plans(alex: Phone) -> None:
    """Alex comes back, answers GAD-7, leaves a part out, and chooses a goal, a path and times."""
    await alex.write("/resume")
    await alex.tap("Somewhat difficult", "Go on", *["Several days"] * 7)
    await alex.tap("Skip this part", "Go on", "5", "4", "5", "6")
    await alex.tap("Go for walks again", "8", "7", "More of my life back", "No worries")
    await alex.tap("7", "Rarely or never", "Easy", "No", "Steady steps (CBT)", "6", "5")
    await alex.tap("09:00", "Every day", "Every 10 days", "Start lesson 1")


async def _learns_through_a_restart(alex: Phone, page: Page) -> None:
    """The bot is restarted while a question stands, and the tap on it still counts."""
    await alex.sees("how strong is your pain right now?")
    standing = page.locator("#standing")
    await page.get_by_role("button", name="Restart the bot").click()
    await expect(standing).not_to_have_text("the bot is running")
    await expect(standing).to_have_text("the bot is running")
    await alex.tap("4")
    await alex.tap("All right", "Go on")
    await alex.sees("What do you hope for most?")


async def _asks_a_person(alex: Phone, robin: Phone) -> None:
    """In the middle of the lesson Alex writes to a person, is answered, and goes on."""
    await alex.write("/person")
    await alex.tap("Write to them")
    await alex.sees("Please write your message in one bubble.")
    await alex.write("My physio gave me new exercises. Do I do both?")
    await robin.sees("The patient asked for a person.")
    await robin.tap("I have it")
    await robin.reply(
        "Good question. This week your physio's exercises come first. "
        "Take just one small step from here.",
        to="Do I do both?",
    )
    await alex.sees("Good question.")
    await alex.tap("Doing more again")
    await alex.sees("That is what most lessons are for.")


async def _learns_without_a_network(alex: Phone, page: Page) -> None:
    """What Alex answers while the network is away arrives when it is back; the lesson ends."""
    await page.get_by_role("button", name="Lose the network").click()
    await expect(page.get_by_text("the network is gone")).to_be_visible()
    asked = alex.message("And what makes you doubt?")
    await asked.get_by_role("button", name="My pain is real").click()
    await expect(alex.message("It is real, all of it.")).to_have_count(0)
    await page.get_by_role("button", name="Give the network back").click()

    await alex.tap("Go on", "A bad night", "I am not so sure")
    await alex.tap("Go on", "Done", "Done", "About the same", "Go on", "My memory is foggy")
    await alex.tap("Go on", "Notice my alarm once", "After breakfast", "2 minutes")
    await alex.tap("If pain is high: half", "8")
    await alex.sees("That is the end of this lesson.")
    await expect(asked.get_by_role("button", name="My pain is real")).to_be_disabled()


async def _sees_progress(alex: Phone) -> None:
    """The picture comes, is really one, and the scores stand in words too."""
    await alex.write("/progress")
    await alex.sees("Pain: 6 of 10 today.")
    picture = alex.root.locator("img.picture")
    await expect(picture).to_have_js_property("complete", value=True)
    assert await picture.evaluate("picture => picture.naturalWidth") > 0


async def _next_morning(page: Page) -> None:
    """It is half past nine on the next day."""
    await page.get_by_role("button", name="Skip to tomorrow morning").click()
    await expect(page.locator("#time")).to_have_text("09:30")


async def _state(page: Page) -> dict[str, Any]:
    told: dict[str, Any] = await (await page.request.get("/sandbox/state")).json()
    return told


async def _keep_picture(page: Page) -> None:
    """The picture of this moment for the README is made anew where that is wished."""
    if os.environ.get("PACEFUL_PICTURES") != "1":
        return
    await page.set_viewport_size({"width": 1280, "height": 1000})
    await page.locator("h1").click()
    await page.screenshot(animations="disabled", path=PICTURE)
