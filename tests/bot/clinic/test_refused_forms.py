"""A form that is refused loses nobody's words, and a page that says no still leads on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text as sql

from bot.store import caseload
from tests.bot.clinic.conftest import Clinic

LONG = "Too many words, " * 200
BAR = 'aria-label="Pages"'


@pytest.mark.parametrize(
    ("act", "typed", "says", "count"),
    [
        ("write", LONG, "up to 3000 letters", "SELECT count(*) FROM messages"),
        ("write", "  ", "no words to send", "SELECT count(*) FROM messages"),
        ("note", "  ", "no words to keep", "SELECT count(*) FROM notes"),
        ("ask-letter", LONG, "see all of it in one", "SELECT count(*) FROM offers"),
    ],
)
async def test_words_that_were_refused_still_stand_in_the_form(
    page: Clinic, act: str, typed: str, says: str, count: str
) -> None:
    """The page of the form comes back with what was typed, why not, and a form that works."""
    _, desk = await page.joins(1, "Dr Lee")
    alex = await page.practice.patient(7, "agreed")
    path = f"/clinic/patients/{alex.pseudonym}/{act}"

    answer = await desk.post(path, {"text": typed, "once": "first"})

    assert answer.status_code == 409
    assert says in answer.text
    assert f'action="{path}"' in answer.text
    assert f">{typed.strip()}</textarea>" in answer.text or not typed.strip()
    assert page.practice.rows(count) == [(0,)]
    again = await desk.post(path, {"text": "Short words.", "once": "first"})
    assert again.status_code == 303
    assert page.practice.rows(count) == [(1,)]


async def test_what_was_typed_is_shown_as_words_and_never_as_a_page(page: Clinic) -> None:
    """Whatever somebody types, it stays inside the field."""
    _, desk = await page.joins(1, "Dr Lee")
    alex = await page.practice.patient(7, "agreed")
    typed = "</textarea><script>alert(1)</script>" + LONG

    answer = await desk.post(f"/clinic/patients/{alex.pseudonym}/write", {"text": typed})

    assert "<script>alert" not in answer.text
    assert "&lt;/textarea&gt;&lt;script&gt;" in answer.text


async def test_a_glass_is_not_broken_without_a_reason_and_asks_again(page: Clinic) -> None:
    """The form stands there still, and says what is missing."""
    await page.joins(1, "Dr Own")
    _, desk = await page.joins(2, "Dr Other")
    alex = await page.practice.patient(7, "agreed")
    page.practice.store.write_now(caseload.assign, alex.patient_id, 1, page.practice.clock.now())
    path = f"/clinic/patients/{alex.pseudonym}/break"

    refused = await desk.post(path, {"reason": "   "})

    assert refused.status_code == 409
    assert "Please say why." in refused.text
    assert f'action="{path}"' in refused.text
    assert (await desk.post(path, {"reason": "Covering today"})).status_code == 303


async def test_a_page_that_says_no_has_the_bar_for_whoever_is_signed_in(page: Clinic) -> None:
    """Missing, forbidden, unfit and unsafe; and for nobody else."""
    _, desk = await page.joins(1, "Dr Lee")
    alex = await page.practice.patient(7, "agreed")
    stranger = await page.browser()
    path = f"/clinic/patients/{alex.pseudonym}/minutes"
    nos = {
        404: [await desk.get("/clinic/alerts/99"), await desk.get("/clinic/no-such-page")],
        403: [await desk.get("/clinic/team"), await desk.post(path, {"csrf": "wrong"})],
        409: [await desk.post(path, {"minutes": "-1", "kind": "call"})],
    }

    for status, answers in nos.items():
        for answer in answers:
            assert (answer.status_code, BAR in answer.text) == (status, True), status
            assert "Dr Lee" in answer.text
    unknown = await stranger.get("/clinic/no-such-page")
    assert (unknown.status_code, BAR in unknown.text) == (404, False)


async def test_how_a_call_went_is_said_on_today(page: Clinic) -> None:
    """It stands there until it is answered, whatever day it was; once, and by those who may."""
    _, desk = await page.joins(1, "Dr Lee")
    _, other = await page.joins(2, "Dr Other")
    _, lead = await page.joins(3, "Lead Low", "lead")
    alex = await page.practice.patient(7, "agreed")
    page.practice.store.write_now(caseload.assign, alex.patient_id, 1, page.practice.clock.now())
    page.practice.run(
        sql(
            "INSERT INTO calls (patient_id, clinician_id, purpose, state, slots, at, minutes,"
            " made_at, sequence) VALUES (:patient, 1, 'start', 'over', '[]',"
            " '2027-01-11 16:30:00.000000', 25, '2027-01-10 10:00:00.000000', 0)"
        ).bindparams(patient=alex.patient_id)
    )
    path = "/clinic/calls/1/settle"
    for each, stands in ((desk, True), (other, False), (lead, True)):
        assert ("How did it go?" in await each.shows("/clinic/today")) is stands

    assert (await other.post(path, {"outcome": "done"})).status_code == 403
    assert (await desk.post(path, {"outcome": "great"})).status_code == 404
    said = await desk.post(path, {"outcome": "done"})
    late = await lead.post(path, {"outcome": "no-show"})

    assert "call-settled" in said.headers["location"]
    assert "call-settled-not" in late.headers["location"]
    assert page.practice.rows("SELECT state FROM calls") == [("done",)]
    assert page.practice.rows("SELECT kind, minutes FROM guidance") == [("call", 25.0)]
    assert "How did it go?" not in await desk.shows("/clinic/today")
    assert "said how a call went" in await lead.shows("/clinic/audit")


async def test_old_links_and_sessions_are_forgotten_after_thirty_days(page: Clinic) -> None:
    """Once a day; what is newer stays, and so does what was done meanwhile."""
    practice = page.practice
    person, _ = await page.joins(1, "Dr Lee")
    await practice.tick()
    count = "SELECT (SELECT count(*) FROM page_links), (SELECT count(*) FROM page_sessions)"
    assert practice.rows(count) == [(1, 1)]
    acts = practice.rows("SELECT count(*) FROM audit")
    await practice.wait(timedelta(days=29))
    await page.signed_in(person)
    await practice.tick()
    assert practice.rows(count) == [(2, 2)]

    await practice.wait(timedelta(days=1), times=2)
    await practice.wait(timedelta(seconds=1), times=3)

    assert practice.rows(count) == [(1, 1)]
    assert practice.rows("SELECT count(*) FROM audit") >= acts


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("write", {"text": "Please come back."}),
        ("take-over", {}),
        ("call", {"slot-1": "2027-01-20T10:00", "minutes": "20", "purpose": "start"}),
        ("propose", {"change": "pace:slow"}),
        ("ask-letter", {"text": "A letter."}),
    ],
)
async def test_nothing_reaches_a_patient_who_left(
    page: Clinic, act: str, fields: dict[str, str]
) -> None:
    """The page refuses as the desk does."""
    _, desk = await page.joins(1, "Dr Lee")
    ivy = await page.practice.patient(7, "learning-cbt")
    await ivy.says("/stop")
    await ivy.chooses("leave")
    ivy.news()

    path = f"/clinic/patients/{ivy.pseudonym}/{act}"
    answer = await desk.post(path, {**fields, "once": "first"})
    await page.practice.work()

    assert answer.status_code == 409
    assert "has left the program" in answer.text
    assert ivy.news() == []


async def test_words_to_one_who_blocked_the_bot_are_not_said_to_go_out_later(page: Clinic) -> None:
    """They do not: the page says just what the desk says."""
    _, desk = await page.joins(1, "Dr Lee")
    ivy = await page.practice.patient(7, "learning-cbt")
    await ivy.blocks()

    path = f"/clinic/patients/{ivy.pseudonym}/write"
    answer = await desk.post(path, {"text": "Hello", "once": "first"})
    shown = await desk.shows(answer.headers["location"])

    assert "not delivered" in shown
    assert "will not go out later" in shown
