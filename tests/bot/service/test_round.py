"""The weekly round: most need first, five lines each, and few taps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.service.round import Need
from bot.store import caseload, guidance, people
from bot.store.people import Patient
from bot.store.unit import Unit
from tests.bot.service.practice import Person, Practice

LEE, IVY = 1, 2


def need(patient_id: int, **known: object) -> Need:
    usual: dict[str, object] = {
        "mode": "mixed",
        "tier": None,
        "worse": (),
        "unread": 0,
        "off_track": False,
        "weeks": 0,
    }
    return Need(patient_id=patient_id, pseudonym=str(patient_id), **{**usual, **known})  # type: ignore[arg-type]


def test_most_need_comes_first() -> None:
    """Alerts by tier, worse scores, unread words, off track, weeks without contact; none last."""
    in_order = [
        need(9, tier="red"),
        need(8, tier="amber", weeks=1),
        need(7, tier="grey", worse=("peg",)),
        need(6, worse=("peg", "phq-9")),
        need(5, worse=("peg",), unread=2),
        need(4, unread=1),
        need(3, off_track=True),
        need(2, weeks=3),
        need(1),
        need(0, mode="none", tier="red"),
    ]

    assert sorted(reversed(in_order), key=lambda each: each.rank) == in_order


@pytest.fixture
async def pair(practice: Practice) -> tuple[Person, Person]:
    """A clinician, and a patient who has made a plan."""
    lee, ivy = await practice.clinician(LEE, "Dr Lee"), await practice.patient(IVY, "learning-cbt")
    await ivy.says("/exercises")
    lee.news()
    return lee, ivy


def buttons(practice: Practice) -> list[str]:
    """The buttons of the clinician's newest bubble."""
    return [label for label, _ in practice.messenger.taken_by(LEE)[-1].buttons]


def spent(practice: Practice) -> list[tuple[str, float]]:
    """What was noted for the patient."""
    found = practice.store.read_now(guidance.of_patient, 1)
    return [(each.kind, each.minutes) for each in found]


async def test_a_patient_is_shown_in_five_lines_and_the_look_is_audited(
    practice: Practice, pair: tuple[Person, Person]
) -> None:
    """Who and where, scores with their change in words, last sign, plan, what is open."""
    lee, ivy = pair
    await lee.says("/round")

    head, *lines = lee.news()[-1].splitlines()
    assert "1 of 1" in head
    assert len(lines) == 5
    assert lines[0].startswith(f"{ivy.pseudonym}: in the lessons, lesson 0 of 9, week 1; ")
    assert "Mood 8 (first)" in lines[1]
    assert lines[2].startswith("Last seen")
    assert lines[3].startswith("Plan")
    assert "a call is due (the first call)" in lines[4]
    assert practice.rows("SELECT act, subject FROM audit") == [("round", "plan")]


async def test_a_suggestion_is_shown_whole_then_sent_once(
    practice: Practice, pair: tuple[Person, Person]
) -> None:
    """Tap, read, Send; the patient reads just that, under the clinician's name; Send is dead."""
    lee, ivy = pair
    ivy.news()
    await lee.says("/round")
    await lee.taps("First week")
    words = lee.news()[-1].partition("\n\n")[2]
    assert "“Go for walks again”" in words
    send = lee.button("Send")

    await practice.arrives(lee.tapped(send), lee.tapped(send))

    told = [text for text in ivy.news() if "Dr Lee" in text]
    assert len(told) == 1
    assert words.strip() in told[0]


async def test_own_words_take_the_place_of_a_suggestion(
    practice: Practice, pair: tuple[Person, Person]
) -> None:
    """Edit: the clinician writes, sees it whole, and sends it."""
    lee, ivy = pair
    ivy.news()
    await lee.says("/round")
    await lee.taps("First week")
    await lee.taps("Edit")
    await lee.says("Hello, how was the walk?")
    assert not [text for text in ivy.news() if "walk?" in text]
    await lee.taps("Send")

    assert [text for text in ivy.news() if "Hello, how was the walk?" in text]
    assert practice.rows("SELECT count(*) FROM messages") == [(1,)]


@pytest.mark.parametrize(("stays", "noted"), [(0.2, 1.0), (3, 3.0), (50, 15.0)])
async def test_minutes_are_measured_capped_shown_and_corrected(
    practice: Practice, pair: tuple[Person, Person], stays: float, noted: float
) -> None:
    """From the card to Next, at least one and at most fifteen; a double tap notes them once."""
    lee, _ = pair
    await lee.says("/round")
    following = lee.button("Next")
    practice.clock.moment += timedelta(minutes=stays)
    await practice.arrives(lee.tapped(following), lee.tapped(following))
    assert spent(practice) == [("round", noted)]
    assert [text for text in lee.news() if f"{noted:g} min" in text]

    await lee.taps("Change the minutes")
    await lee.taps("5")

    assert spent(practice) == [("round", 5.0)]


async def test_a_suggestion_that_no_longer_fits_is_not_sent_by_its_button(
    practice: Practice, pair: tuple[Person, Person]
) -> None:
    """The first week is over by the time of the tap."""
    lee, ivy = pair
    await lee.says("/round")
    late = lee.button("First week")
    ivy.news(), lee.news()
    practice.clock.moment += timedelta(days=8)

    await lee.brings(late)

    assert lee.news() == []
    assert not [text for text in ivy.news() if "Dr Lee" in text]


async def test_who_wishes_for_no_contact_comes_only_with_an_alert(
    practice: Practice, pair: tuple[Person, Person]
) -> None:
    """No entry without an alert, one with it."""
    lee, ivy = pair
    practice.store.write_now(caseload.set_mode, ivy.patient_id, "none")
    await lee.says("/round")
    assert "Nobody to go through" in lee.news()[-1]

    await ivy.says("I want to die")
    await lee.says("/round")

    assert ivy.pseudonym in lee.news()[-1]


async def test_the_calls_of_the_plan_are_for_those_who_wish_for_calls(
    practice: Practice, pair: tuple[Person, Person]
) -> None:
    """In writing only: no call is due."""
    lee, ivy = pair
    practice.store.write_now(caseload.set_mode, ivy.patient_id, "written")

    await lee.says("/round")

    assert "a call is due" not in lee.news()[-1]


async def test_ten_patients_take_three_taps_each(practice: Practice) -> None:
    """With a suggestion sent to every one of them, the whole round is under forty acts."""
    lee = await practice.clinician(LEE, "Dr Lee")
    first = await practice.patient(100, "learning-cbt")
    many = [first, *[await practice.patient(101 + n, "placed") for n in range(9)]]
    _same_way(practice, first, many[1:])
    lee.news()

    acts, met = 1, []
    await lee.says("/round")
    while "Everyone has had their turn" not in (news := lee.news())[-1]:
        met.append(next(each for each in many if each.pseudonym in news[-1]))
        suggested = buttons(practice)[0]
        for label in (suggested, "Send", "Next"):
            practice.clock.moment += timedelta(seconds=40)
            await lee.taps(label)
            acts += 1
            if label != "Next":
                lee.news()

    assert sorted(each.number for each in met) == [each.number for each in many]
    assert acts == 31
    assert all([text for text in each.news() if "Dr Lee" in text] for each in many)
    total = sum(minutes for (minutes,) in practice.rows("SELECT minutes FROM guidance"))
    assert total <= 30


async def test_a_round_that_was_stopped_goes_on_with_the_next(practice: Practice) -> None:
    """Stop notes the minutes; later /round passes by whoever had their turn."""
    lee = await practice.clinician(LEE, "Dr Lee")
    first, second = (
        await practice.patient(100, "learning-cbt"),
        await practice.patient(101, "placed"),
    )
    _same_way(practice, first, [second])
    await lee.says("/round")
    shown = lee.news()[-1]

    await lee.taps("Stop")
    assert "Patients so far: 1" in lee.news()[-1]
    practice.start(practice.site.release)
    await lee.says("/round")

    assert "2 of 2" in (again := lee.news()[-1])
    assert [first.pseudonym in shown, first.pseudonym in again] in ([True, False], [False, True])


def _same_way(practice: Practice, one: Person, others: list[Person]) -> None:
    """Put these patients where that one is: living through it takes long, and is told elsewhere."""
    here = practice.store.read_now(people.load, [one.patient_id])[one.patient_id]
    for other in others:
        practice.store.write_now(_put, other.patient_id, here)


def _put(unit: Unit, patient_id: int, here: Patient) -> None:
    people.save_state(
        unit,
        patient_id,
        state_json=here.state_json,
        phase=here.phase,
        turn=here.turn,
        release=here.release,
        zone=here.zone,
        country=here.country,
        last_seen_at=here.last_seen_at,
        reachable=True,
    )


async def test_words_shown_before_somebody_left_do_not_go_out_after_it(practice: Practice) -> None:
    """The draft is put away, and the clinician is told why."""
    lee, ivy = await practice.clinician(LEE, "Dr Lee"), await practice.patient(IVY, "learning-cbt")
    me = practice.store.read_now(people.clinicians)[0]
    practice.store.write_now(caseload.assign, ivy.patient_id, me.id, practice.clock.now())
    await lee.says("/round")
    await lee.taps("Own words")
    await lee.says("How was the week?")
    await ivy.says("/stop")
    await ivy.chooses("leave")
    lee.news(), ivy.news()

    await lee.taps("Send")

    assert "has left the program" in lee.news()[-1]
    assert ivy.news() == []
