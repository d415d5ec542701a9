"""Two hands reach for the same thing in the same moment: one has it, the other is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TypeVar

import pytest

from bot.store import calls, people
from tests.journeys.people import Person
from tests.journeys.scripts import PLACE, WELCOME
from tests.journeys.team import Page, alert_of, in_need, moves_of, name_of
from tests.journeys.world import World

T = TypeVar("T")
ROUNDS = 10
Team = tuple[Person, Person, Person]


@pytest.fixture(scope="module")
def team(shared_world: World) -> Team:
    """Two clinicians and a lead for all stories."""
    lee, ortiz = shared_world.clinician("Dr Lee"), shared_world.clinician("Dr Ortiz")
    return lee, ortiz, shared_world.clinician("Prof Adeyemi", "lead")


def at_once(*acts: Callable[[], T]) -> list[T]:
    """What comes of these acts, all of them done in the same moment."""
    start = Barrier(len(acts))

    def does(act: Callable[[], T]) -> T:
        start.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as hands:
        return list(hands.map(does, acts))


def test_two_taps_and_a_click_give_an_alert_to_one_person(world: World, team: Team) -> None:
    """Ten times: two phones and the page take it at once, then two tabs close it at once."""
    lee, ortiz, lead = team
    page = Page.of(world, lead)
    other_tab, secret = Page(world, page.cookies), page.secret()
    had: Counter[str] = Counter()

    for number in range(ROUNDS):
        patient = in_need(world)
        alert, name = alert_of(world, patient), name_of(world, patient)
        bubbles = [each.sees().with_words(name) for each in (lee, ortiz)]
        lead.sees()
        path = f"/clinic/alerts/{alert.id}"
        acts: list[Callable[[], str | None]] = [
            lambda b=bubbles[0]: lee.taps_on(b, "I have it"),  # type: ignore[misc]
            lambda b=bubbles[1]: ortiz.taps_on(b, "I have it"),  # type: ignore[misc]
            lambda at=path: page.does(f"{at}/take", secret),  # type: ignore[misc]
        ]
        # who comes first by the order of the hands has their turn at that
        said = at_once(*acts[number % 3 :], *acts[: number % 3])
        world.until_quiet()

        taker = world.read(lambda unit: {each.id: each.name for each in people.clinicians(unit)})[
            alert_of(world, patient).taken_by or 0
        ]
        had[taker] += 1
        assert moves_of(world, alert) == ["tell", "take"]
        assert [each for each in said if each] == [
            "alert-taken" if taker == "Prof Adeyemi" else "alert-had"
        ]
        for who, person in zip(("Dr Lee", "Dr Ortiz", "Prof Adeyemi"), team, strict=True):
            heard = person.sees()
            is_told = f"{taker} has alert {alert.id}" in heard
            assert is_told is (who != taker), (who, taker, heard.texts)
            assert (f"Alert {alert.id} is yours" in heard) is (who == taker != "Prof Adeyemi")

        closed = at_once(
            lambda at=path: page.does(f"{at}/close", secret, outcome="spoke"),  # type: ignore[misc]
            lambda at=path: other_tab.does(f"{at}/close", secret, outcome="referred"),  # type: ignore[misc]
        )
        assert sorted(closed) == ["409", "alert-closed"]
        assert moves_of(world, alert) == ["tell", "take", "close"]
        assert len([b for b in lee.sees() if f"Alert {alert.id} (" in b.text]) == 1
        ortiz.sees()
        lead.sees()

    assert sum(had.values()) == ROUNDS


def test_send_tapped_twice_sends_once(world: World, team: Team) -> None:
    """Both taps arrive before either is handled."""
    lee, _, _ = team
    patient = world.patient()
    patient.answers(*WELCOME, *PLACE)
    lee.sees()
    lee.says(f"/patients {name_of(world, patient)}")
    lee.sees()
    lee.taps("Write")
    lee.sees()
    lee.says("Would Thursday at ten suit you?")
    card = lee.sees().with_words("Thursday at ten")

    at_once(*4 * [lambda: lee.taps_on(card, "Send")])

    letters = [text for text in patient.sees().texts if "Thursday at ten" in text]
    assert len(letters) == 1
    sent = [each for each in world.kept(patient).records.messages if "Thursday" in each.text]
    assert len(sent) == 1
    assert len([text for text in lee.sees().texts if "On its way" in text]) == 1


def test_two_times_tapped_at_once_are_one_call(world: World, team: Team) -> None:
    """The patient has one call, both are told the same one, and the other time is free again."""
    lee, _, _ = team
    patient = world.patient()
    patient.answers(*WELCOME, *PLACE)
    lee.says(f"/patients {name_of(world, patient)}")
    lee.sees()
    lee.taps("Offer a call")
    lee.sees()
    day = (world.now + timedelta(days=3)).strftime("%Y-%m-%d")
    lee.says(f"{day} 11:00, {day} 15:00, 20 min")
    lee.sees()
    lee.taps("Offer it")
    offer = patient.sees().with_words("offers you a call")
    lee.sees()

    at_once(*(lambda b=label: patient.taps_on(offer, b) for label in offer.labels[:2]))

    told = [text for text in patient.sees().texts if "is set for" in text]
    heard = [text for text in lee.sees().texts if "Call with" in text]
    patient_id = world.kept(patient).records.patient.id
    (call,) = world.read(lambda unit: calls.of_patient(unit, patient_id))
    assert (call.state, len(told)) == ("booked", 1)
    assert heard
    assert call.at is not None
    assert f"{call.at:%H:%M}" in told[0]
