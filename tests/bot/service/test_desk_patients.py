"""A clinician finds a patient, opens the card, and keeps a caseload."""

from __future__ import annotations

import pytest
from sqlalchemy import text as sql

from bot.service import access
from bot.service.desk.patients import CARD, ORDER
from bot.store import caseload, people
from tests.bot.service.desk_people import Team, gather
from tests.bot.service.practice import Person, Practice, told_just


@pytest.fixture
async def team(practice: Practice) -> Team:
    """Two clinicians, and a patient who wrote to them; her pseudonym is always the same."""
    team = await gather(practice)
    call(team, team.ann, "ebony-ivy-67")
    return team


def call(team: Team, person: Person, pseudonym: str) -> None:
    """Give the patient this pseudonym."""
    number, names = person.patient_id, {"name": pseudonym}
    change = sql("UPDATE patients SET pseudonym = :name WHERE id = :id")
    team.practice.run(change.bindparams(id=number, **names))


@pytest.mark.parametrize(
    "words", ["ivy", "IVY", "ebony", "ivy 67", "67", "ebony-ivy-67", "ivy-ebony", "  ivy  "]
)
async def test_a_part_of_the_pseudonym_opens_the_card(team: Team, words: str) -> None:
    """What nobody else's name holds needs no choice."""
    await team.lee.says(f"/patients {words}")

    card = team.lee.news()
    assert told_just(card, "ebony-ivy-67")
    for said in ("Their time: ", "Open alerts: 1. Unread: 1.", "Guided by: nobody"):
        assert said in card[0]


@pytest.mark.parametrize("words", ["ivi", "ebbony ivy", "ebony ivvy 67", "ebonyivy"])
async def test_a_misspelt_pseudonym_is_offered_and_never_opened(team: Team, words: str) -> None:
    """A guess is a question."""
    await team.lee.says(f"/patients {words}")
    assert told_just(team.lee.news(), "Whom do you mean?")

    await team.lee.taps("ebony-ivy-67")
    assert told_just(team.lee.news(), "ebony-ivy-67")


@pytest.mark.parametrize("words", ["zzz", "?!", "😀", "a" * 3000])
async def test_a_name_that_nobody_has_finds_nobody(team: Team, words: str) -> None:
    """And says so."""
    await team.lee.says(f"/patients {words}")

    assert told_just(team.lee.news(), "Nobody has a pseudonym like that")


async def test_two_of_one_name_are_a_choice(team: Team) -> None:
    """Only who is tapped is opened."""
    bob = await team.practice.patient(2, "at-consent")
    call(team, bob, "amber-ivy-12")

    await team.lee.says("/patients ivy")
    assert told_just(team.lee.news(), "Whom do you mean?")
    await team.lee.taps("amber-ivy-12")

    assert told_just(team.lee.news(), "amber-ivy-12")


async def test_a_card_shows_the_last_score(team: Team) -> None:
    """By its short name, with its highest total and its age."""
    await team.lee.says("/patients ivy")
    assert "No score yet" in team.lee.news()[0]
    bob = await team.practice.patient(2, "at-mood-questions")
    call(team, bob, "amber-fox-12")

    await team.lee.says("/patients fox")

    assert "Pain 5 of 10, just now" in team.lee.news()[0]


async def test_every_act_of_a_card_has_its_place() -> None:
    """A room that adds an act must say where its button stands."""
    assert set(CARD) <= set(ORDER)


async def test_a_caseload_is_taken_listed_and_given_up(team: Team) -> None:
    """Each by one tap."""
    await team.lee.says("/mine")
    assert told_just(team.lee.news(), "You guide nobody yet.")
    await team.lee.says("/patients ivy")
    await team.lee.taps("I guide them")
    team.lee.news()

    await team.lee.says("/mine")
    assert told_just(team.lee.news(), "Your patients:")
    await team.lee.taps("ebony-ivy-67")
    assert "Guided by: Dr Lee" in team.lee.news()[0]

    open_to_kim(team)
    await team.kim.says("/patients ivy")
    await team.kim.taps("I guide them")
    await team.lee.taps("No longer mine")
    assert told_just(team.lee.news(), "You no longer guide")
    await team.lee.says("/mine")
    assert told_just(team.lee.news(), "You guide nobody yet.")


async def test_nobody_lets_go_of_an_open_alert_as_the_last_one(team: Team) -> None:
    """Somebody else must guide them first, or the alert be closed."""
    await team.lee.says("/patients ivy")
    await team.lee.taps("I guide them")
    await team.lee.says("/patients ivy")
    team.lee.news()

    await team.lee.taps("No longer mine")
    assert told_just(team.lee.news(), "has an open alert, and nobody else guides them")

    for label in ("I have it", "Close it", "We spoke"):
        await team.kim.taps(label)
    team.lee.news()
    await team.lee.taps("No longer mine")
    assert told_just(team.lee.news(), "You no longer guide")


async def test_how_a_patient_wishes_to_be_in_contact_is_kept(team: Team) -> None:
    """Chosen from four, shown on the card."""
    await team.lee.says("/patients ivy")
    await team.lee.taps("Contact")
    await team.lee.taps("by calls")
    await team.lee.says("/patients ivy")

    assert "Contact: by calls." in team.lee.news()[-1]
    kept = team.practice.store.read_now(caseload.mode_of, team.ann.patient_id)
    assert kept == "live"


async def test_seen_clears_what_is_unread_and_a_new_word_brings_it_back(team: Team) -> None:
    """Seen by one is seen for all."""
    await team.lee.says("/unread")
    await team.lee.taps("ebony-ivy-67")
    await team.lee.taps("Seen")
    await team.kim.says("/unread")
    assert "Nothing is unread." in team.kim.news()[-1]

    await team.ann.says("/person")
    await team.ann.taps("Write to them")
    await team.ann.says("one more thing")
    await team.kim.says("/unread")
    assert "ebony-ivy-67: 1, the first just now" in team.kim.news()[-1]


async def test_words_come_first_to_the_taker_then_to_ones_own_then_to_the_last_writer(
    team: Team,
) -> None:
    """Each rank holds only while somebody of it is in the team; else everyone reads."""
    heard = [await hearing(team, "one")]
    await team.write("Hello from Lee")
    for label in ("Close it", "We spoke"):
        await team.lee.taps(label)
    heard.append(await hearing(team, "two"))
    await team.kim.says("/patients ivy")
    await team.kim.taps("I guide them")
    heard.append(await hearing(team, "three"))
    team.practice.run(sql("UPDATE clinicians SET disabled_at = '2027-01-13 00:00:00' WHERE id = 2"))
    heard.append(await hearing(team, "four"))

    assert heard == [["lee", "kim"], ["lee"], ["kim"], ["lee"]]


async def test_another_ones_patient_is_shut_until_the_page_was_told_why(team: Team) -> None:
    """No card, no list line, no act by an old button; a reason on the page opens all of it."""
    await team.kim.says("/patients ivy")
    buttons = [team.kim.button(label) for label in ("Take over", "Contact", "I guide them")]
    await team.lee.says("/patients ivy")
    await team.lee.taps("I guide them")
    team.read()

    await team.kim.says("/patients ivy")
    shut = team.kim.news()
    assert told_just(shut, "Open the clinic page (/page)")
    assert "score" not in shut[0]
    for button in buttons:
        await team.kim.brings(button)
        assert told_just(team.kim.news(), "ebony-ivy-67 is on the list of somebody else")
    await team.kim.says("/patients")
    assert told_just(team.kim.news(), "ebony-ivy-67")
    assert team.ann.news() == []
    seen = [("open-card", ""), ("list-patients", "patients none")]
    assert looks(team.practice, 2) == seen

    open_to_kim(team)
    await team.kim.says("/patients ivy")
    assert "Guided by: Dr Lee" in team.kim.news()[0]
    assert looks(team.practice, 2) == [*seen, ("break-glass", ""), ("open-card", "")]


async def test_why_and_taking_an_alert_are_kept(team: Team) -> None:
    """Both show what else is shut, or open it."""
    await team.lee.says("/alerts")
    await team.lee.taps("Why?")
    await team.lee.taps("I have it")

    assert looks(team.practice, 1) == [
        ("list-alerts", "patients 1"),
        ("open-alert", "alert 1"),
        ("take-alert", "alert 1"),
    ]


def open_to_kim(team: Team) -> None:
    """The second clinician has said on the page why they must see the patient."""
    store, now = team.practice.store, team.practice.clock.now()
    kim = next(each for each in store.read_now(people.clinicians) if each.name == "Kim")
    store.write_now(access.break_glass, kim, team.ann.patient_id, "They called me.", now)


def looks(practice: Practice, clinician: int) -> list[tuple[str, str]]:
    """What the audit kept of this clinician, in order."""
    query = f"SELECT act, subject FROM audit WHERE clinician_id = {clinician} ORDER BY id"  # noqa: S608
    return [(act, subject) for act, subject in practice.rows(query)]


async def hearing(team: Team, words: str) -> list[str]:
    """Who reads what the patient writes to the team now."""
    team.read()
    await team.ann.says("/person")
    await team.ann.taps("Write to them")
    await team.ann.says(f"word {words}")
    people = {"lee": team.lee, "kim": team.kim}
    return [name for name, each in people.items() if any(words in text for text in each.news())]
