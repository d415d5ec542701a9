"""Two clinicians and a lead write with patients through the real process."""

from __future__ import annotations

import pytest

from tests.journeys.people import Person, Seen
from tests.journeys.scripts import PLACE, SUITED, WELCOME, onboarding
from tests.journeys.world import World

Team = tuple[Person, Person, Person]
LESSON = "lesson/core-start"


@pytest.fixture(scope="module")
def joined(shared_world: World) -> Team:
    """Two clinicians and a lead for all stories."""
    lee, ortiz = shared_world.clinician("Dr Lee"), shared_world.clinician("Dr Ortiz")
    return lee, ortiz, shared_world.clinician("Prof Adeyemi", "lead")


@pytest.fixture
def team(joined: Team) -> Team:
    """The same three, who have read everything up to now."""
    for clinician in joined:
        clinician.sees()
    return joined


def test_a_misspelt_name_a_card_first_words_and_a_correction(world: World, team: Team) -> None:
    """The clinician finds the patient, sees to whom the words go, and mends a slip afterwards."""
    lee, ortiz, lead = team
    patient = world.patient()
    patient.answers(*WELCOME, *PLACE)
    lee.says("/name Dr Ann Lee")
    lee.says("/replies usually within a day, Mon-Fri")
    lee.sees()

    opened(world, lee, patient)
    lee.taps("Write")
    assert "Write to" in lee.sees()
    lee.says("Shall we talk on Tuesday at ten?")
    card = lee.sees().with_words("Shall we talk on Tuesday at ten?")
    assert f"To {pseudonym(world, patient)}?" in card.text
    assert "London time" in card.text
    assert not patient.sees()

    lee.taps("Send")
    assert "On its way" in lee.sees()
    letter = patient.sees().with_words("Tuesday at ten")
    assert "Dr Ann Lee from your care team writes" in letter.text
    assert "usually within a day, Mon-Fri" in letter.text

    lee.taps_on(card, "Send")
    assert not patient.sees()

    patient.says("Tuesday is fine", reply_to=letter)
    heard = lee.sees().with_words("Tuesday is fine")
    assert "Tuesday is fine" not in ortiz.sees()
    assert "Tuesday is fine" not in lead.sees()
    lee.says("Good, Tuesday it is", reply_to=heard)
    assert "Good, Tuesday it is" in patient.sees()
    lee.edits("Good, Thursday it is")
    mended = patient.sees().with_words("Good, Thursday it is")
    assert "corrects an earlier message" in mended.text
    lee.says("/unread")
    assert "Nothing is unread." in lee.sees()


def test_taken_over_in_the_middle_of_a_lesson_and_handed_back(world: World, team: Team) -> None:
    """The program is silent and forgets nothing; it asks again where it stopped."""
    lee, ortiz, _ = team
    patient = world.patient()
    patient.answers(*onboarding())
    patient.answers("Start lesson 1")
    before = world.kept(patient).state
    question = patient.everything().bubbles[-1].text
    assert before.stack

    opened(world, ortiz, patient)
    ortiz.taps("Take over")
    assert "the program is silent" in ortiz.sees()
    assert "Dr Ortiz" in patient.sees()
    ortiz.says("Good morning, this is Maria Ortiz", reply_to=ortiz.everything().bubbles[-1])
    ortiz.sees()
    ortiz.taps("Send")
    assert "Good morning, this is Maria Ortiz" in patient.sees()
    patient.says("My sister is in hospital, can we wait?")
    assert "My sister is in hospital" in ortiz.sees()
    assert question not in patient.sees().texts
    assert not lee.sees()

    world.bot.stops()
    world.bot.starts()
    world.skips(hours=20)
    assert question not in patient.sees().texts

    opened(world, ortiz, patient)
    ortiz.taps("Hand back")
    assert "where they were" in ortiz.sees()
    after = patient.sees()
    state = world.kept(patient).state
    assert asked_again(after, question)
    assert state.stack == before.stack
    assert state.answers == before.answers
    assert state.taken_by is None


def test_crisis_words_in_the_thread_bring_help_first_and_tell_everyone(
    world: World, team: Team
) -> None:
    """Although a clinician writes with the patient, the program never leaves this to chance."""
    lee, ortiz, lead = team
    patient = world.patient()
    patient.answers(*WELCOME, *PLACE, *SUITED)
    opened(world, lee, patient)
    lee.taps("Take over")
    lee.says("How was the night?", reply_to=lee.sees()[-1])
    lee.sees()
    lee.taps("Send")
    letter = patient.sees().with_words("How was the night?")
    lee.sees()

    patient.says("bad, I want to kill myself", reply_to=letter)

    assert "call 999 now" in patient.sees()[0].text
    for clinician in team:
        assert "Red: act now" in clinician.sees()
    lee.says("Are you alone? Do you want to kill yourself now?", reply_to=lee.everything()[-1])
    assert "Are you alone?" in patient.sees()
    reds = [each for each in world.kept(patient).alerted if each[1] == "red"]
    assert [(rule, count) for rule, _, _, count in reds] == [("crisis-words", 1)]
    assert not [text for text in lead.everything().texts if "kill myself" in text]
    assert not [text for text in ortiz.everything().texts if "kill myself" in text]


def opened(world: World, clinician: Person, patient: Person) -> None:
    """The clinician opens the patient's card, although they remember the pseudonym badly."""
    first, second, number = pseudonym(world, patient).split("-")
    clinician.says(f"/patients {first} {second}{second[-1]} {number}")
    assert "Whom do you mean?" in clinician.sees()
    clinician.taps(pseudonym(world, patient))
    assert "Their time:" in clinician.sees()


def asked_again(seen: Seen, question: str) -> bool:
    """Whether the question that was open stands under the newest bubble."""
    return seen.texts[-1] == question


def pseudonym(world: World, patient: Person) -> str:
    """The name by which clinicians know the patient."""
    return str(world.kept(patient).records.patient.pseudonym)
