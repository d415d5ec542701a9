"""Shared decisions: a clinician suggests, the patient decides, and both hear what holds."""

from __future__ import annotations

import pytest

from bot.service import offers as offering
from bot.store import caseload, offers, people
from tests.bot.service.practice import Person, Practice, told_just

LEE, IVY = 1, 2
CANARY = "a walk to the blue gate"


@pytest.fixture
async def pair(practice: Practice) -> tuple[Person, Person]:
    """A clinician, and a patient who has begun to learn."""
    lee, ivy = await practice.clinician(LEE, "Dr Lee"), await practice.patient(IVY, "learning-cbt")
    await lee.says(f"/patients {ivy.pseudonym}")
    await lee.taps("Suggest a change")
    lee.news()
    return lee, ivy


def shown(practice: Practice) -> list[str]:
    """The buttons of the newest bubble in the clinician's chat."""
    return [label for label, _ in practice.messenger.taken_by(LEE)[-1].buttons]


async def test_only_what_would_change_something_is_on_the_keyboard(
    practice: Practice, pair: tuple[Person, Person]
) -> None:
    """Not the pace, path and pack that the patient has; every extra that they have not."""
    labels = shown(practice)

    assert "the path “Room to live (ACT)”" in labels
    assert "the path “Steady steps (CBT)”" not in labels
    assert "a new lesson every 10 days" not in labels
    assert "the short pack of lessons" in labels
    assert "the whole program" not in labels
    assert len([label for label in labels if "extra" in label]) == 8


@pytest.mark.parametrize(
    ("button", "key", "value"),
    [
        ("a new lesson every 14 days", "pace", "slow"),
        ("the path “Room to live (ACT)”", "track", "act"),
        ("the short pack of lessons", "pack", "short"),
    ],
)
async def test_a_yes_changes_the_program_and_a_second_tap_nothing(
    pair: tuple[Person, Person], button: str, key: str, value: str
) -> None:
    """Asked, answered, changed, and the clinician told once."""
    lee, ivy = pair
    await lee.taps(button)
    assert [text for text in ivy.news() if "from your care team suggests" in text]
    assert ivy.state.answers[key] != value if key in ivy.state.answers else True
    lee.news()

    yes = ivy.button("Yes, change it")
    await ivy.brings(yes)
    await ivy.brings(yes)

    assert ivy.state.answers[key] == value
    assert told_just(lee.news(), "said yes")


async def test_a_no_changes_nothing(pair: tuple[Person, Person]) -> None:
    """A kind word for the patient, a plain one for the clinician."""
    lee, ivy = pair
    await lee.taps("the extra “Nights with pain”")
    lee.news(), ivy.news()

    await ivy.taps("No, thank you")

    assert told_just(lee.news(), "said no")
    assert ivy.state.addons == ()
    assert ivy.state.offers == ()


async def test_a_suggestion_can_be_taken_back(pair: tuple[Person, Person]) -> None:
    """After that the patient's button does nothing, and the clinician's neither."""
    lee, ivy = pair
    await lee.taps("the extra “Nights with pain”")
    yes = ivy.button("Yes, change it")
    await lee.taps("Take it back")
    await lee.taps("Take it back")
    lee.news(), ivy.news()

    await ivy.brings(yes)

    assert ivy.state.addons == ()
    assert lee.news() == []


async def test_the_same_suggestion_twice_is_one_question(
    practice: Practice, pair: tuple[Person, Person]
) -> None:
    """The earlier one is taken back, so that one answer settles it."""
    lee, ivy = pair
    button = lee.button("the extra “Nights with pain”")
    await practice.arrives(lee.tapped(button), lee.tapped(button))

    states = practice.rows("SELECT state FROM offers ORDER BY id")
    assert [state for (state,) in states] == ["withdrawn", "open"]
    assert len(ivy.state.offers) == 1


async def test_a_letter_is_shown_whole_and_may_be_used_only_after_a_yes(
    practice: Practice, pair: tuple[Person, Person]
) -> None:
    """Numbers and no free text; what the patient read is what is kept, sealed."""
    lee, ivy = pair
    await lee.taps("Letter, numbers only")
    await lee.taps("Ask them")
    letter = next(text for text in ivy.news() if "Progress letter" in text)
    assert "Mood (PHQ-9): 8" in letter
    assert practice.store.read_now(offering.letter_of, ivy.patient_id) is None
    lee.news()

    await ivy.taps("Yes, use it")

    assert told_just(lee.news(), "agreed to the letter")
    agreed = practice.store.read_now(offering.letter_of, ivy.patient_id)
    assert agreed is not None
    assert agreed.body is not None
    assert "Mood (PHQ-9): 8" in agreed.body
    (kept,) = practice.rows("SELECT body FROM offers WHERE kind = 'letter'")
    assert b"PHQ" not in kept[0]


async def test_a_letter_that_was_refused_is_not_to_be_used(
    practice: Practice, pair: tuple[Person, Person]
) -> None:
    """The clinician hears it, and no page finds a letter."""
    lee, ivy = pair
    await lee.taps("Letter, with the plan")
    await lee.taps("Ask them")
    lee.news()

    await ivy.taps("No, do not use it")

    assert told_just(lee.news(), "did not agree")
    assert practice.store.read_now(offering.letter_of, ivy.patient_id) is None


async def test_another_patients_offer_cannot_be_answered(
    practice: Practice, pair: tuple[Person, Person]
) -> None:
    """A number that belongs to somebody else is as good as none."""
    lee, ivy = pair
    other = await practice.patient(3, "placed")
    await lee.taps("the extra “Nights with pain”")

    def meddle() -> None:
        stranger = practice.store.read_now(people.load, [other.patient_id])[other.patient_id]
        practice.store.write_now(
            offering.answer, practice.site, stranger, 1, "yes", practice.clock.now()
        )

    meddle()

    offered = practice.store.read_now(offers.get, 1)
    assert offered is not None
    assert offered.state == "open"
    assert ivy.state.addons == ()


async def test_a_letter_that_does_not_fit_into_one_message_is_refused(
    practice: Practice, pair: tuple[Person, Person]
) -> None:
    """What the patient cannot be shown whole is not asked."""
    lee = practice.store.read_now(people.clinicians)[0]
    patient_id = pair[1].patient_id
    patient = practice.store.read_now(people.load, [patient_id])[patient_id]

    with pytest.raises(offering.TooLong):
        practice.store.write_now(
            lambda unit: offering.ask_letter(
                unit,
                practice.site,
                lee,
                patient,
                CANARY * 200,
                at=practice.clock.now(),
                name="test",
            )
        )


async def test_the_plan_is_shown_to_nobody_elses_clinician_and_each_look_is_kept(
    practice: Practice, pair: tuple[Person, Person]
) -> None:
    """An old or a made-up button brings no letter; who may read it leaves a row in the audit."""
    lee, ivy = pair
    kim = await practice.clinician(8, "Kim")
    now = practice.clock.now()
    practice.store.write_now(caseload.assign, ivy.patient_id, 1, now)
    for what in ("letter-plan", "send.letter-plan", "pace.slow"):
        await kim.brings(f"suggest.{ivy.patient_id}.{what}")

    heard = kim.news()
    assert not [text for text in heard if "Progress letter" in text]
    assert len([text for text in heard if "Open the clinic page" in text]) == 3
    assert practice.rows("SELECT * FROM offers") == []

    await lee.taps("Letter, with the plan")
    assert "Progress letter" in lee.news()[-1]
    kept = "SELECT clinician_id, subject FROM audit WHERE act = 'draft-letter'"
    assert practice.rows(kept) == [(1, "plan")]


async def test_a_yes_that_crosses_the_taking_back_holds_and_the_clinician_hears_it(
    practice: Practice, pair: tuple[Person, Person]
) -> None:
    """The tap waits, the taking back commits, then the tap is handled: the program has changed."""
    lee, ivy = pair
    await lee.taps("the path “Room to live (ACT)”")
    yes, patient = ivy.button("Yes, change it"), people.load
    lee.news(), ivy.news()
    await practice.intake.keep([ivy.tapped(yes)])
    known = practice.store.read_now(patient, [ivy.patient_id])[ivy.patient_id]
    practice.store.write_now(offering.withdraw, known, 1, at=practice.clock.now())

    await practice.work()

    assert ivy.state.answers["track"] == "act"
    assert practice.rows("SELECT state, answer FROM offers") == [("accepted", "yes")]
    assert told_just(lee.news(), "It holds from now on")
    assert not any("took back" in text for text in ivy.news())
