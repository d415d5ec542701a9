"""When a turn fails: help is shown all the same, someone is paged, and nobody else waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.service.handle import handle_batch
from bot.store.tables import patients
from flows.program import Release
from tests.bot.service.practice import Person, Practice, told_just

HELP = "If you might hurt yourself, or you are in danger, please contact one of these now:"
LINES = "Emergency: 911\n9-8-8 Suicide Crisis Helpline: call 988"
SORRY = "Something went wrong on our side."
PAGED = "A message could not be handled."
PAGED_AT_ONCE = "A message could not be handled, and it may be about a crisis."
DAY = timedelta(days=1)


def without_flows(release: Release) -> Release:
    """Content on which no turn that opens a flow can be taken."""
    return release.model_copy(update={"flows": {}})


def without_text(release: Release, name: str) -> Release:
    """Content that lacks one fixed text."""
    texts = {key: text for key, text in release.messages.texts.items() if key != name}
    return release.model_copy(
        update={"messages": release.messages.model_copy(update={"texts": texts})}
    )


def lose_key(practice: Practice, patient: Person) -> None:
    """Make the patient's data key unusable."""
    practice.run(
        update(patients).where(patients.c.id == patient.patient_id).values(wrapped_key=b"gone")
    )


@pytest.mark.parametrize(
    "act",
    [
        lambda ann: ann.says("I want to die"),
        lambda ann: ann.edits("I want to die"),
        lambda ann: ann.sends_photo("I want to die"),
        lambda ann: ann.says("/start suicidal"),
    ],
    ids=["said", "edited", "under a picture", "behind /start"],
)
async def test_words_of_need_get_help_and_page_everyone_although_the_turn_fails(
    practice: Practice, release: Release, act: Callable[[Person], Awaitable[None]]
) -> None:
    """After three tries: the help lines of their country, an alert, and a page to everybody."""
    lee, sam = await practice.clinician(9, "Dr Lee"), await practice.clinician(8, "Sam", "operator")
    ann = await practice.patient(1, "at-consent")
    lee.news(), sam.news()
    practice.start(without_flows(release))

    await act(ann)

    assert told_just(told := ann.news(), HELP, SORRY)
    assert LINES in told[0]
    assert [(each.rule, each.state) for each in ann.alerts] == [("crisis-words", "told")]
    assert told_just(paged := lee.news(), PAGED_AT_ONCE, "Red: act now")
    assert ann.pseudonym in paged[0]
    assert told_just(sam.news(), PAGED_AT_ONCE)
    assert practice.rows("SELECT attempts, outcome FROM inbox ORDER BY id DESC LIMIT 1") == [
        (3, "dead")
    ]


@pytest.mark.parametrize(
    "act",
    [
        lambda ann: ann.says("/now"),
        lambda ann: ann.says("help me"),
        lambda ann: ann.brings("1.now"),
    ],
    ids=["the command", "its words", "the button"],
)
async def test_whoever_asks_for_help_now_gets_the_lines_although_the_turn_fails(
    practice: Practice, release: Release, act: Callable[[Person], Awaitable[None]]
) -> None:
    """The lines of their country come first; who runs the service is paged, nobody alarmed."""
    sam = await practice.clinician(8, "Sam", "operator")
    ann = await practice.patient(1, "at-consent")
    sam.news()
    practice.start(without_flows(release))

    await act(ann)

    assert told_just(told := ann.news(), HELP, SORRY)
    assert LINES in told[0]
    assert ann.alerts == []
    assert told_just(sam.news(), PAGED)


async def test_even_the_first_words_ever_get_help_and_an_alert_although_the_turn_fails(
    practice: Practice, release: Release
) -> None:
    """Nobody knew them: the lines are those of the place where the practice is.

    From now on they are somebody, whose alert can be taken, and who goes on when the fault is
    mended.
    """
    lee = await practice.clinician(9, "Dr Lee")
    lee.news()
    practice.start(without_flows(release))
    stranger = practice.person(1)

    await stranger.says("I want to die")

    assert told_just(told := stranger.news(), HELP, SORRY)
    assert LINES in told[0]
    assert [(each.rule, each.state) for each in stranger.alerts] == [("crisis-words", "told")]
    assert told_just(paged := lee.news(), PAGED_AT_ONCE, "Red: act now")
    assert stranger.pseudonym in paged[0]

    practice.start(release)
    await stranger.says("hello")
    assert "Hello" in stranger.news()[0]


@pytest.mark.parametrize(
    ("role", "told"), [("operator", [[], [PAGED]]), ("lead", [[PAGED], [PAGED]])]
)
async def test_ordinary_words_that_fail_page_those_who_run_the_service(
    practice: Practice, release: Release, role: str, told: list[list[str]]
) -> None:
    """The operator alone; where there is none, the care team."""
    lee, sam = await practice.clinician(9, "Dr Lee"), await practice.clinician(8, "Sam", role)
    ann = await practice.patient(1, "at-consent")
    lee.news(), sam.news()
    practice.start(without_flows(release))

    await ann.says("hello there")

    assert told_just(ann.news(), SORRY)
    assert ann.alerts == []
    assert all(told_just(who.news(), *words) for who, words in zip((lee, sam), told, strict=True))


async def test_after_the_fault_is_mended_the_patient_goes_on_where_they_were(
    practice: Practice, release: Release
) -> None:
    """A turn that failed has changed nothing."""
    ann = await practice.patient(1, "at-consent")
    before = ann.state
    practice.start(without_flows(release))
    await ann.says("hello there")

    practice.start(release)

    assert ann.state == before
    await ann.chooses("agree")
    assert "consent" in ann.state.answers


async def test_a_lost_key_stops_nobody_else_and_hides_no_help(practice: Practice) -> None:
    """Ann cannot be read any more; Bob is answered, and Ann's words of need get help."""
    lee = await practice.clinician(9, "Dr Lee")
    ann, bob = await practice.patient(1, "at-consent"), await practice.patient(2, "at-consent")
    lee.news()
    await practice.intake.keep([ann.wrote("/help"), bob.wrote("/help")])
    lose_key(practice, ann)

    await practice.work()
    await ann.says("I want to die")

    assert told_just(bob.news(), "You can tap the buttons or just type")
    assert told_just(ann.news(), SORRY, HELP, SORRY)
    assert told_just(lee.news(), PAGED, PAGED_AT_ONCE)


async def test_posts_that_cannot_be_opened_any_more_hold_up_nobody(practice: Practice) -> None:
    """They were decided before the key was lost; they are given up by name."""
    ann, bob = await practice.patient(1, "at-consent"), await practice.patient(2, "at-consent")
    await practice.intake.keep([ann.wrote("/help"), bob.wrote("/help")])
    await practice.store.write(handle_batch, practice.site)
    lose_key(practice, ann)

    await practice.work()

    assert told_just(bob.news(), "You can tap the buttons or just type")
    assert ann.news() == []
    assert set(practice.rows("SELECT error FROM outbox WHERE state = 'refused'")) == {
        ("CannotOpen",)
    }


async def test_a_row_that_cannot_even_be_put_aside_starves_nobody_and_is_seen(
    practice: Practice, release: Release
) -> None:
    """The others are answered, the health page says what waits, and later it is dealt with."""
    ann, bob = await practice.patient(1, "at-consent"), await practice.patient(2)
    practice.start(without_flows(release))
    practice.fail("UPDATE OF attempts ON inbox")

    await ann.says("hello there")
    for _ in range(3):
        await bob.says("/now")
    practice.clock.moment += timedelta(minutes=2)

    assert told_just(bob.news(), HELP, HELP, HELP)
    assert ann.news() == []
    state = practice.health()
    assert (state["ok"], state["reasons"]) == (False, ["inbox_age"])
    assert 120 <= state["inbox_age"] < 130

    practice.mend()
    await practice.tick()
    assert told_just(ann.news(), SORRY)
    assert practice.health()["inbox_age"] is None


async def test_a_page_that_cannot_be_written_starves_nobody(
    practice: Practice, release: Release
) -> None:
    """The row is given up all the same, and the others are answered."""
    await practice.clinician(9, "Dr Lee")
    ann, bob = await practice.patient(1, "at-consent"), await practice.patient(2)
    practice.start(without_text(without_flows(release), "c-fault"))

    await ann.says("hello there")
    await bob.says("/now")

    assert told_just(bob.news(), HELP)
    assert practice.rows("SELECT count(*) FROM inbox WHERE outcome = 'dead'") == [(1,)]


async def test_a_reminder_whose_turn_failed_comes_again_a_day_later(
    practice: Practice, release: Release
) -> None:
    """Why it waits is kept; once mended, it comes, and the chain goes on."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "learning-cbt")
    lee.news()
    plan = release.program.nudges.model_copy(update={"lesson": "nudge/gone"})
    broken = release.program.model_copy(update={"nudges": plan})
    practice.start(release.model_copy(update={"program": broken}))

    await practice.live(DAY)
    assert ann.news() == []
    assert told_just(lee.news(), PAGED)
    assert [(each.state, each.reason) for each in ann.nudges][-1] == ("waiting", "fault")

    practice.start(release)
    await practice.live(DAY)
    assert told_just(ann.news(), "A new lesson is ready")
    await practice.live(DAY)
    assert len(ann.news()) == 1
