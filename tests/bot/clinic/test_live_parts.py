"""What stands on the page stays true by itself: every page has parts that are asked for again."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.bot.clinic.conftest import Clinic, Desk
from tests.bot.service.practice import Person

POLL = {"X-Paceful-Live": "1"}
PART = re.compile(r'id="([^"]+)" data-live="([^"]+)"')
PAGES = [
    ("/today", {"alerts", "unread", "calls", "behind"}),
    ("/patients", {"roster"}),
    ("/patients?sort=seen&down=1&said=rota-changed", {"roster"}),
    ("/patients/{alex}", {"standing", "scores"}),
    ("/patients/{alex}/timeline", {"standing", "timeline"}),
    ("/patients/{alex}/thread", {"standing", "written"}),
    ("/patients/{alex}/plans", {"standing", "plans"}),
    ("/patients/{alex}/notes", {"standing", "notes"}),
    ("/patients/{alex}/letter", {"standing", "letter-standing"}),
    ("/alerts/1", {"standing", "steps"}),
    ("/rota", {"on-call", "gaps", "pattern", "swaps"}),
    ("/workload?weeks=4", {"guidance", "times"}),
    ("/rules", {"rules-red", "rules-amber", "rules-yellow", "rules-grey"}),
    ("/team", {"members", "sessions"}),
    ("/team/1", {"burden"}),
    ("/audit?who=1", {"entries"}),
    ("/sessions", {"sessions"}),
]


async def a_lead_at_work(page: Clinic) -> tuple[Person, Desk]:
    """A patient with an open alert, and the browser of a lead."""
    alex = await page.practice.patient(7, "agreed")
    await alex.says("I want to die")
    _, desk = await page.joins(1, "Lead Low", "lead")
    return alex, desk


@pytest.mark.parametrize(("path", "parts"), PAGES)
async def test_every_page_has_its_living_parts_and_each_answers(
    page: Clinic, path: str, parts: set[str]
) -> None:
    """The address of each part gives a page that holds the part, without what was said once."""
    alex, desk = await a_lead_at_work(page)
    shown = await desk.shows("/clinic" + path.format(alex=alex.pseudonym))
    found = {name: address.replace("&amp;", "&") for name, address in PART.findall(shown)}
    assert set(found) == parts
    for name, address in found.items():
        assert "said=" not in address
        again = await desk.get(address, **POLL)
        assert (again.status_code, f'id="{name}"' in again.text) == (200, True)


@pytest.mark.parametrize("rest", ["", "/timeline", "/thread", "/letter"])
async def test_a_page_without_news_is_not_sent_again(page: Clinic, rest: str) -> None:
    """Asked again, it brings only the word that nothing changed; with an alert, the page."""
    alex = await page.practice.patient(7, "agreed")
    _, desk = await page.joins(1, "Lead Low", "lead")
    address = f"/clinic/patients/{alex.pseudonym}{rest}"
    await desk.shows(address)
    tag = (await desk.get(address, **POLL)).headers["etag"]
    known = {**POLL, "If-None-Match": tag}
    assert (await desk.get(address, **known)).status_code == 304
    await alex.says("I want to die")
    assert (await desk.get(address, **known)).status_code == 200


async def test_asking_again_writes_nothing_and_ends_an_hour_after_the_last_look(
    page: Clinic,
) -> None:
    """Polls of a whole hour leave the audit as it was; without a look they are refused."""
    alex, desk = await a_lead_at_work(page)
    address = f"/clinic/patients/{alex.pseudonym}/timeline"
    await desk.shows(address)
    kept = page.practice.rows("SELECT count(*) FROM audit")
    for _ in range(5):
        page.practice.clock.moment += timedelta(minutes=10)
        await desk.get("/clinic/sessions")
        assert (await desk.get(address, **POLL)).status_code == 200
    page.practice.clock.moment += timedelta(minutes=11)
    await desk.get("/clinic/sessions")
    assert (await desk.get(address, **POLL)).status_code == 403
    assert page.practice.rows("SELECT count(*) FROM audit") == kept


async def test_words_are_hidden_again_by_themselves(page: Clinic) -> None:
    """What was shown for fifteen minutes is gone from the living part when they are over."""
    alex, desk = await a_lead_at_work(page)
    await alex.says("/person")
    await alex.taps("Write to them")
    await alex.says("walk to the lake")
    address = f"/clinic/patients/{alex.pseudonym}/thread"
    await desk.shows(address)
    await desk.post(f"/clinic/patients/{alex.pseudonym}/show", {"what": "thread"})
    assert "walk to the lake" in (await desk.get(address, **POLL)).text
    for _ in range(2):
        page.practice.clock.moment += timedelta(minutes=8)
        await desk.get("/clinic/sessions")
    assert "walk to the lake" not in (await desk.get(address, **POLL)).text
