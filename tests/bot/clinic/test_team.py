"""Team and audit: who is asked in, who leaves, who looked at whom; and who may open a patient."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.service import access
from bot.store import caseload, people
from bot.store.people import Clinician
from bot.store.unit import Unit
from tests.bot.clinic.conftest import Clinic
from tests.bot.service.practice import Practice


async def test_a_lead_asks_somebody_in_from_the_page(page: Clinic) -> None:
    """The code is shown once, works once, and is in no list afterwards."""
    _, desk = await page.joins(1, "Lead Low", "lead")

    answer = await desk.post("/clinic/team/invite", {"name": "Dr New", "role": "clinician"})

    code = re.search(r"/start ([\w-]+)", answer.text)
    assert code
    new = page.practice.person(5)
    await new.says(f"/start {code[1]}")
    shown = await desk.shows("/clinic/team")
    assert "Dr New" in shown
    assert code[1] not in shown
    assert "made an invite code" in await desk.shows("/clinic/audit")


async def test_no_code_is_made_without_a_name_or_for_an_unknown_role(page: Clinic) -> None:
    """Nothing is kept of such a form."""
    _, desk = await page.joins(1, "Lead Low", "lead")
    before = page.practice.rows("SELECT count(*) FROM invites")

    for form in ({"name": " ", "role": "lead"}, {"name": "X", "role": "operator"}, {"name": "X"}):
        assert (await desk.post("/clinic/team/invite", form)).status_code == 409

    assert page.practice.rows("SELECT count(*) FROM invites") == before


async def test_who_leaves_hands_on_what_they_had(page: Clinic) -> None:
    """Patients stand on their page before and after; open alerts go back to the others at once."""
    _lee, lees = await page.joins(1, "Dr Lee")
    _, desk = await page.joins(2, "Lead Low", "lead")
    alex = await page.practice.patient(7, "agreed")
    page.practice.store.write_now(caseload.assign, alex.patient_id, 1, page.practice.clock.now())
    await alex.says("I want to die")
    await lees.post("/clinic/alerts/1/take")
    for has_alert in (True, False):
        shown = await desk.shows("/clinic/team/1")
        assert alex.pseudonym in shown
        assert ('href="/clinic/alerts/1"' in shown) is has_alert
        await desk.post("/clinic/team/1/disable")

    assert "Given up, left the team" in await desk.shows("/clinic/alerts/1")
    await page.practice.work()
    assert any("Nobody has this alert any more" in text for text in page.practice.person(2).news())

    assert "To be handed on" in await desk.shows("/clinic/team/1")
    assert "Left the team (1)" in await desk.shows("/clinic/team")
    assert page.practice.rows("SELECT count(*) FROM audit WHERE act = 'disable'") == [(1,)]


async def test_nobody_disables_themselves_or_somebody_who_is_not_there(page: Clinic) -> None:
    """So the team always keeps the lead who is looking."""
    _, desk = await page.joins(1, "Lead Low", "lead")

    assert (await desk.post("/clinic/team/1/disable")).status_code == 409
    assert (await desk.post("/clinic/team/99/disable")).status_code == 404
    assert (await desk.post(f"/clinic/team/{'9' * 40}/disable")).status_code == 404

    assert (await desk.get("/clinic/team")).status_code == 200


async def test_the_audit_is_read_a_page_at_a_time_and_by_whom_or_about_whom(page: Clinic) -> None:
    """Newest first, fifty a page, nothing twice and nothing left out."""
    _lee, desk = await page.joins(1, "Lead Low", "lead")
    alex = await page.practice.patient(7, "agreed")
    clinician = member(page.practice, 1)
    for number in range(120):
        page.practice.store.write_now(
            access.break_glass,
            clinician,
            alex.patient_id,
            f"why-{number}.",
            page.practice.clock.now(),
        )

    found: list[str] = []
    path: str | None = f"/clinic/audit?patient={alex.pseudonym}"
    while path:
        shown = await desk.shows(path)
        found += re.findall(r"why-\d+\.", shown)
        older = re.search(r'href="([^"]+before=\d+)"', shown)
        path = older[1].replace("&amp;", "&") if older else None

    assert found == [f"why-{number}." for number in reversed(range(120))]
    assert "no patient of that pseudonym" in await desk.shows(
        "/clinic/audit?patient=nobody-at-all-1"
    )
    assert "why-" not in await desk.shows("/clinic/audit?who=99")


async def test_who_may_open_a_patient(practice: Practice) -> None:
    """A lead, their own clinicians, whoever has their alert, anyone if nobody guides them."""
    await practice.clinician(1, "Dr Own")
    other = await practice.clinician(2, "Dr Other")
    await practice.clinician(3, "Lead Low", "lead")
    await practice.clinician(4, "Ops", "operator")
    alex = await practice.patient(7, "agreed")

    assert may(practice, alex.patient_id) == {1, 2, 3}
    practice.store.write_now(caseload.assign, alex.patient_id, 1, practice.clock.now())
    assert may(practice, alex.patient_id) == {1, 3}
    await alex.says("I want to die")
    await other.brings("alert.1.take")
    assert may(practice, alex.patient_id) == {1, 2, 3}


async def test_a_glass_that_was_broken_is_whole_again_after_an_hour(practice: Practice) -> None:
    """With a reason somebody else may open the patient for sixty minutes; without one never."""
    await practice.clinician(1, "Dr Own")
    await practice.clinician(2, "Dr Other")
    await practice.clinician(3, "Ops", "operator")
    alex = await practice.patient(7, "agreed")
    practice.store.write_now(caseload.assign, alex.patient_id, 1, practice.clock.now())

    assert not breaks(practice, 2, alex.patient_id, "   ")
    assert not breaks(practice, 3, alex.patient_id, "I am curious")
    assert may(practice, alex.patient_id) == {1}
    assert breaks(practice, 2, alex.patient_id, "Covering for Dr Own today")
    practice.clock.moment += timedelta(minutes=59)
    assert may(practice, alex.patient_id) == {1, 2}
    practice.clock.moment += timedelta(minutes=1)
    assert may(practice, alex.patient_id) == {1}

    kept = practice.rows("SELECT act, clinician_id, reason FROM audit WHERE act = 'break-glass'")
    assert [row[:2] for row in kept] == [("break-glass", 2)]
    assert b"Covering" not in kept[0][2]


async def test_a_patient_whose_clinician_left_is_open_to_the_team(practice: Practice) -> None:
    """Nobody is left without anyone because one person was disabled."""
    await practice.clinician(1, "Dr Own")
    await practice.clinician(2, "Dr Other")
    alex = await practice.patient(7, "agreed")
    practice.store.write_now(caseload.assign, alex.patient_id, 1, practice.clock.now())

    from bot.store import members

    practice.store.write_now(members.disable, 1, practice.clock.now())

    assert may(practice, alex.patient_id) == {2}


def member(practice: Practice, number: int) -> Clinician:
    """The member of that number."""
    team = practice.store.read_now(people.clinicians)
    return next(each for each in team if each.id == number)


def breaks(practice: Practice, number: int, patient_id: int, reason: str) -> bool:
    """Whether that member may open the patient after giving this reason."""
    clinician, now = member(practice, number), practice.clock.now()
    return practice.store.write_now(access.break_glass, clinician, patient_id, reason, now)


def may(practice: Practice, patient_id: int) -> set[int]:
    """The members who may open the patient now."""

    def ask(unit: Unit) -> set[int]:
        now = practice.clock.now()
        team = people.clinicians(unit)
        return {each.id for each in team if access.may_open(unit, each, patient_id, now)}

    return practice.store.read_now(ask)
