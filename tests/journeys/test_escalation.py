"""From a worrying answer to a clinician's words, and whoever nobody has taken care of yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.journeys.people import Bubble, Person
from tests.journeys.scripts import PEG, PHQ_9, PLACE, SUITED, WELCOME
from tests.journeys.world import World

CANARY = "the blue suitcase under the stairs"
NAME = "Philippa Canarybird"
TO_THE_LAST_ITEM = (*WELCOME, *PLACE, *SUITED, "I am ready", *PEG, *PHQ_9[:-1])


Team = tuple[Person, Person]


@pytest.fixture(scope="module")
def joined(shared_world: World) -> Team:
    """Two clinicians for all stories."""
    return shared_world.clinician("Dr Lee"), shared_world.clinician("Dr Ortiz")


@pytest.fixture
def team(joined: Team) -> Team:
    """The same two, who have read everything up to now."""
    for clinician in joined:
        clinician.sees()
    return joined


def test_item_nine_reaches_two_clinicians_and_one_of_them_writes(world: World, team: Team) -> None:
    """The first tap wins, the other sees who; words go both ways; it ends with an outcome."""
    lee, ortiz = team
    patient = world.patient(NAME)

    patient.rushes(*TO_THE_LAST_ITEM)
    patient.sees()
    asked = patient.answers("Several days")
    alert, same = told(lee, "PHQ-9 item 9"), told(ortiz, "PHQ-9 item 9")

    assert "Are you thinking about ending your life now?" in asked
    assert "Amber" in alert.text
    assert "item 9: 1" in alert.text
    assert pseudonym(world, patient) in alert.text
    assert alert.text == same.text

    ortiz.taps("I have it")
    assert "is yours" in ortiz.sees()
    assert "Dr Ortiz has alert" in lee.sees()
    lee.taps_on(alert, "I have it")
    assert "Dr Ortiz has alert" in lee.sees()

    ortiz.says("Would Thursday at ten suit you for a call?", reply_to=same)
    assert "Please check before it goes" in ortiz.sees()
    ortiz.taps("Send")
    assert "On its way" in ortiz.sees()
    letter = patient.sees().with_words("Dr Ortiz from your care team writes")
    assert "Thursday at ten" in letter.text

    patient.says(f"Yes please, I packed {CANARY}", reply_to=letter)
    assert "Passed on" in patient.sees()
    assert CANARY in ortiz.sees()
    patient.answers("No", "Stop for today")
    patient.taps("Answer")
    patient.answers("And could you ring after lunch instead?")
    assert "after lunch" in ortiz.sees()
    assert not lee.sees()

    ortiz.taps("Close it")
    ortiz.sees()
    ortiz.taps("We spoke")
    assert "closed by Dr Ortiz: We spoke" in lee.sees()
    assert ("item9-some", "amber", "closed", 1) in world.kept(patient).alerted
    assert [m.text for m in world.kept(patient).records.messages if CANARY in m.text]
    no_secrets_in(lee, patient)


@pytest.mark.parametrize(
    "act",
    [
        lambda patient: patient.says("honestly I want to kill myself"),
        lambda patient: patient.edits("I just want to die"),
        lambda patient: patient.sends("photo", caption="I am going to end my life"),
        lambda patient: patient.says("8 and I want to die"),
    ],
    ids=["a message", "an edited message", "a caption", "a number and more"],
)
def test_crisis_words_anywhere_bring_help_first_and_a_red_alert(
    world: World, team: Team, act: Callable[[Person], None]
) -> None:
    """What to do now, the lines and a direct question; nothing of the program beneath it."""
    lee, _ = team
    patient = world.patient(NAME)
    patient.rushes(*WELCOME, *PLACE, *SUITED, "I am ready")
    patient.sees()

    act(patient)
    help_now = patient.sees()
    alert = told(lee, "crisis-words")

    assert "call 999 now" in help_now[0].text
    assert "Are you thinking about ending your life?" in help_now[-1].text
    assert "1 of 3" not in help_now
    assert "Red: act now" in alert.text
    assert [each[:2] for each in world.kept(patient).alerted] == [("crisis-words", "red")]
    no_secrets_in(lee, patient)


def test_a_number_given_in_the_same_breath_is_not_lost(world: World) -> None:
    """The score is kept although the talk goes elsewhere."""
    patient = world.patient()
    patient.rushes(*WELCOME, *PLACE, *SUITED, "I am ready")

    patient.says("8 and I want to die")
    patient.sees()

    assert world.kept(patient).values["peg.1"] == 8


def test_an_alert_that_nobody_takes_is_told_to_everyone_again(world: World, team: Team) -> None:
    """Each time its tier's deadline has passed, even if the bot was away in between."""
    lee, ortiz = team
    patient = world.patient()
    patient.answers(*WELCOME, "I want to die")
    lee.sees()
    ortiz.sees()

    world.skips(minutes=14)
    early = reminders(world, lee, patient)
    world.skips(minutes=2)
    first = reminders(world, lee, patient), reminders(world, ortiz, patient)
    world.bot.stops()
    world.lets_pass(timedelta(minutes=16))
    world.bot.starts()
    second = reminders(world, lee, patient), reminders(world, ortiz, patient)
    lee.taps_on(second[0][0], "I have it")
    assert "is yours" in lee.sees()
    ortiz.sees()
    world.skips(minutes=20)

    assert not early
    assert [len(each) for each in (*first, *second)] == [1, 1, 1, 1]
    assert not reminders(world, lee, patient)
    assert not reminders(world, ortiz, patient)


def test_the_same_reason_within_its_window_is_one_alert(world: World, team: Team) -> None:
    """Asking twice makes one row that fired twice; words about life and death are told twice."""
    lee, _ = team
    patient = world.patient()
    patient.answers(*WELCOME)

    for _ in range(2):
        patient.answers("/person", "Ask them to write")
        patient.answers("I want to die")
    heard = [bubble.text for bubble in lee.sees() if pseudonym(world, patient) in bubble.text]

    alerts = {rule: count for rule, _, _, count in world.kept(patient).alerted}
    assert alerts["crisis-words"] == 2
    assert [text.startswith("Again. Red") for text in heard if "crisis-words" in text] == [
        False,
        True,
    ]
    assert len([text for text in heard if "(person)" in text]) == 1


def test_whoever_asks_for_a_person_is_heard(world: World, team: Team) -> None:
    """Their words reach the care team as a message, and they are told honestly when."""
    lee, _ = team
    patient = world.patient(NAME)
    patient.answers(*WELCOME)

    promised = patient.answers("/person", "Write to them", "May I bring my sister along?")
    heard = lee.sees()

    assert "do not watch this chat live" in promised
    assert "The patient asked for a person" in heard
    assert "May I bring my sister along?" in heard.with_words("writes:").text


def test_severe_answers_and_a_nearly_daily_wish_are_two_reasons(world: World, team: Team) -> None:
    """PHQ-9 with every item at its highest: help first, one red and one amber alert."""
    lee, _ = team
    patient = world.patient(NAME)
    patient.rushes(*WELCOME, *PLACE, *SUITED, "I am ready", *PEG, *["Nearly every day"] * 9)

    help_now = patient.sees()
    heard = [bubble.text for bubble in lee.sees()]

    assert "call 999 now" in help_now
    found = {each[:2] for each in world.kept(patient).alerted}
    assert found == {("item9-high", "red"), ("phq9-severe", "amber")}
    assert any("Red: act now" in text and "item9-high" in text for text in heard)
    assert "10 of 10" not in help_now


def reminders(world: World, clinician: Person, patient: Person) -> list[Bubble]:
    """What a clinician was just told about this patient's alert that nobody has taken."""
    name, words = pseudonym(world, patient), "Nobody has taken this yet"
    return [bubble for bubble in clinician.sees() if words in bubble.text and name in bubble.text]


def told(clinician: Person, words: str) -> Bubble:
    """The newest alert with these words that this clinician got."""
    return clinician.sees().with_words(words)


def pseudonym(world: World, patient: Person) -> str:
    """The name by which clinicians know the patient."""
    return str(world.kept(patient).records.patient.pseudonym)


def no_secrets_in(clinician: Person, patient: Person) -> None:
    """Alerts never carry a name, a number of Telegram's, or what the patient wrote."""
    read = "\n".join(bubble.text for bubble in clinician.everything())
    assert patient.name not in read
    assert str(patient.number) not in read
    assert not [words for words in patient.words if len(words) > 12 and words in read]
