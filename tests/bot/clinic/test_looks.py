"""Every page and every command that shows a patient is kept as a look; none is left out."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.clinic.audit import ACTS
from bot.clinic.looks import LOOKED_FOR
from bot.service.desk import BUTTONS, COMMANDS
from bot.service.desk.patients import CARD
from tests.bot.clinic.conftest import Clinic
from tests.bot.clinic.test_access import WHO_MAY

PAGES: dict[str, str | None] = {
    "/clinic/today": "open-today",
    "/clinic/patients": "open-patients",
    "/clinic/patients/{pseudonym}": "open-patient",
    "/clinic/patients/{pseudonym}/now": "open-patient",
    "/clinic/patients/{pseudonym}/timeline": "open-patient",
    "/clinic/patients/{pseudonym}/chart/{measure}.svg": "save-chart",
    "/clinic/patients/{pseudonym}/thread": "open-patient",
    "/clinic/patients/{pseudonym}/plans": "open-patient",
    "/clinic/patients/{pseudonym}/notes": "open-patient",
    "/clinic/patients/{pseudonym}/letter": "open-patient",
    "/clinic/patients/{pseudonym}/letter/print": None,
    "/clinic/alerts/{alert}": "open-alert",
    "/clinic/audit": "read-audit",
    # pseudonyms of those who are to be handed on, and nothing else of them
    "/clinic/team/{member}": None,
    "/clinic/team": None,
    "/clinic/rota": None,
    "/clinic/rules": None,
    "/clinic/sessions": None,
    "/clinic/workload": None,
    "/clinic/workload/workload.csv": None,
    "/clinic/enter/{token}": None,
}
"""What is kept of a look at each page; None for one that shows nothing of a patient's.

The letter that may be printed is there only when the patient agreed, and kept as "letter".
"""

TYPED: dict[str, str | None] = {
    "patients": "list-patients",
    "patients {pseudonym}": "open-card",
    "unread": "list-unread",
    "alerts": "list-alerts",
    "calls": "list-calls",
    "round": "round",
    # pseudonyms alone
    "mine": None,
    "oncall": None,
    "page": None,
    "cancel": None,
    **dict.fromkeys(("me", "name", "zone", "digest", "mail", "replies")),
}
"""What is kept of each command in a clinician's chat."""

TAPPED: dict[str, str | None] = {
    "card.1": "open-card",
    "alert.1.why": "open-alert",
    "alert.1.take": "take-alert",
    "alert.1.close.false-alarm": "close-alert",
    "card.1.take": "take-over",
    "card.1.back": "hand-back",
    "card.1.mode.live": "mode",
    "card.1.mine": "assign",
    "card.1.not-mine": "unassign",
    "card.1.seen": "mark-seen",
    "minutes.p1.5": "minutes",
    "suggest.1.letter": "draft-letter",
    "suggest.1.send.letter": "ask-letter",
    "suggest.back.1": "withdraw",
    # asks something of the clinician and shows the pseudonym alone
    **dict.fromkeys(("card.1.mode", "card.1.write", "card.1.call", "card.1.suggest")),
    "card.1.minutes": None,
}
"""What is kept of a tap; sending words and calls have stories of their own below."""


def test_the_tables_name_every_page_command_and_button() -> None:
    """Whoever adds one says here how a look at it is kept."""
    assert set(PAGES) == {route[4:] for route in WHO_MAY if route.startswith("GET ")}
    assert {typed.partition(" ")[0] for typed in TYPED} == set(COMMANDS)
    rooms = {tap.partition(".")[0] for tap in TAPPED}
    assert rooms | {"draft", "call", "round"} == set(BUTTONS)
    assert set(CARD) == {tap.split(".")[2] for tap in TAPPED if re.match(r"card\.1\.", tap)}
    acts = {*PAGES.values(), *TYPED.values(), *TAPPED.values()} - {None}
    assert acts <= set(ACTS)


async def test_each_page_that_shows_a_patient_is_kept_as_a_look(page: Clinic) -> None:
    """Each is opened when no earlier look counts for it any more."""
    practice = page.practice
    _, desk = await page.joins(1, "Lead Low", "lead")
    alex = await practice.patient(7, "in-core-cbt")
    await alex.says("I want to die")
    known = {"pseudonym": alex.pseudonym, "alert": "1", "member": "1", "measure": "peg"}
    for route, act in PAGES.items():
        if "{token}" in route:
            continue
        before = noted(page)
        await desk.get(re.sub(r"{([a-z]+)}", lambda name: known[name[1]], route))
        assert noted(page)[len(before) :] == ([act] if act else []), route
        practice.clock.moment += LOOKED_FOR + timedelta(seconds=1)


async def test_each_command_and_tap_that_shows_or_changes_something_is_kept(page: Clinic) -> None:
    """In the chat the same acts have the same names as on the page."""
    practice = page.practice
    lee, alex = await practice.clinician(8, "Dr Lee"), await practice.patient(7, "in-core-cbt")
    await alex.says("/person")
    await alex.taps("Write to them")
    await alex.says("please call me")
    for typed, act in TYPED.items():
        before = noted(page)
        await lee.says("/" + typed.format(pseudonym=alex.pseudonym))
        assert noted(page)[len(before) :] == ([act] if act else []), typed
    for data, act in TAPPED.items():
        before = noted(page)
        await lee.brings(data)
        assert noted(page)[len(before) :] == ([act] if act else []), data


async def test_words_that_go_to_a_patient_are_kept_as_sent_and_never_what_they_say(
    page: Clinic,
) -> None:
    """The draft, because it shows a score; then that somebody wrote, without a word of it."""
    practice = page.practice
    lee, alex = await practice.clinician(8, "Dr Lee"), await practice.patient(7, "in-core-cbt")
    await lee.says(f"/patients {alex.pseudonym}")
    before = noted(page)

    await lee.brings("card.1.write")
    await lee.says("How are you now, canary?")
    await lee.taps("Send")

    assert noted(page)[len(before) :] == ["open-draft", "write"]
    assert "canary" not in str(practice.rows("SELECT act, subject FROM audit"))


def noted(page: Clinic) -> list[str]:
    """The acts that were kept, in order, but for signing in."""
    query = "SELECT act FROM audit WHERE act <> 'sign-in' ORDER BY id"
    return [act for (act,) in page.practice.rows(query)]
