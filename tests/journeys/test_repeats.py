"""Telegram and phones say things twice, late, and under other numbers: it is heard once."""

from __future__ import annotations

from tests.journeys.people import Person
from tests.journeys.scripts import PLACE, WELCOME
from tests.journeys.world import Json, World

ASKED = "Are you 18 or older?"
YES = "Yes, 18 or older"


def asked(world: World) -> Person:
    """Somebody who is asked for their age just now."""
    patient = world.patient()
    patient.answers(*WELCOME, *PLACE)
    return patient


def last_update(world: World) -> Json:
    """What came to the bot last."""
    return dict(world.see("updates")["updates"][-1]["update"])


def test_the_same_update_five_times_is_heard_once(world: World) -> None:
    """As after answers that were lost on their way to Telegram."""
    patient = asked(world)
    patient.says("eighteen")
    number = last_update(world)["update_id"]

    for _ in range(4):
        world.do("again", update_id=number)
    patient.sees()

    assert len(world.kept(patient).journal) == patient.acts


def test_the_same_tap_under_a_new_number_answers_one_question(world: World) -> None:
    """A phone that lost its answer sends the tap again; the next question takes "yes" as well."""
    patient = asked(world)
    patient.taps(YES)
    number = last_update(world)["update_id"]
    world.do("again", update_id=number, as_new=True)
    world.until_quiet()
    world.do("again", update_id=number, as_new=True)
    patient.sees()

    kept = world.kept(patient)
    taps = [event for _, event in kept.journal if event.kind == "tapped"]
    assert [event.choice for event in taps][-3:] == ["yes"] * 3
    assert [answer.key for answer in kept.records.answers][-1] == "adult"
    assert "signs" in patient.everything()


def test_numbers_that_start_again_lower_are_heard(world: World) -> None:
    """After a quiet week Telegram may begin anywhere, also below what we have seen."""
    patient = asked(world)
    patient.says("hello")
    patient.sees()
    message = last_update(world)["message"]

    for number, text in ((2_000_001, "one"), (2_000_002, "two")):
        content = {**message, "message_id": message["message_id"] + number, "text": text}
        patient.acts += 1
        patient.words.append(text)
        world.do("raw", update={"update_id": number, "message": content})
    patient.says("three")
    patient.sees()

    said = [event.text for _, event in world.kept(patient).journal if event.kind == "said"]
    assert said[-4:] == ["hello", "one", "two", "three"]


def test_a_message_and_a_tap_that_overtook_each_other_answer_once(world: World) -> None:
    """Whichever comes first answers the question; the other one finds it answered."""
    patient = asked(world)
    question = patient.everything().with_words(ASKED)
    world.do("network", down_for=30)
    patient.says("yes")
    patient.taps_on(question, YES)
    assert world.do("swap")["swapped"]
    world.do("network", down_for=0)
    patient.sees()

    kinds = [event.kind for _, event in world.kept(patient).journal][-2:]
    answers = [answer.key for answer in world.kept(patient).records.answers]
    assert kinds == ["tapped", "said"]
    assert answers.count("adult") == 1
