"""What must be the same about people, whatever happened to the process that served them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from bot.store.tables import inbox
from bot.store.unit import Unit
from tests.journeys.people import Bubble, Person
from tests.journeys.world import World

_CLOCK = re.compile(r"\b\d\d:\d\d\b")
_CHOSEN = re.compile(r"\n\n(You chose: |Chosen\. ).*\Z", re.DOTALL)
_NUMBER = re.compile(r"Alert \d+")
Said = tuple[str, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Life:
    """All that the database holds about a patient, without the times."""

    answers: list[tuple[object, ...]]
    scores: list[tuple[object, ...]]
    cards: list[tuple[object, ...]]
    consents: list[tuple[object, ...]]
    alerts: list[tuple[object, ...]]
    journal: list[tuple[int, Any]]
    state: Any


def life_of(world: World, patient: Person) -> Life:
    """That patient's life."""
    kept = world.kept(patient)
    found = kept.records
    return Life(
        answers=[(a.turn, a.flow, a.step, a.key, a.value) for a in found.answers],
        scores=[(s.turn, s.measure, s.total, s.items) for s in found.scores],
        cards=[(c.turn, timeless(c.card.model_dump()), c.replaced_at) for c in found.cards],
        consents=[(c.turn, c.version, c.text_hash, c.agreed) for c in found.consents],
        alerts=[(a.rule, a.tier, a.state, a.fired_count, a.facts) for a in found.alerts],
        journal=[(turn, timeless(event.model_dump())) for turn, event in kept.journal],
        # how fast somebody wrote is a matter of time, too
        state=timeless(kept.state.model_dump(exclude={"crowd"})),
    )


def timeless(value: Any) -> Any:
    """The same value with every moment and day left blank."""
    match value:
        case dict():
            return {name: timeless(each) for name, each in value.items()}
        case list() | tuple():
            return [timeless(each) for each in value]
        case date():
            return None
        case _:
            return value


def told(person: Person) -> list[Said]:
    """What the bot said to someone, with its buttons, but without times and what was chosen."""
    return [_said(bubble) for bubble in person.everything()]


def retold(plain: Iterable[Said], again: Iterable[Said]) -> list[Said]:
    """Where `again` leaves `plain`: it may only repeat the last answer, or the end of it, at once.

    An answer has buttons beneath its last bubble at the most.
    """
    expected, strange = list(plain), list[Said]()
    # the same words may stand in two answers: every place where it may be is followed
    places = {0}
    for said in again:
        now = {after for at in places for after in _after(expected, at, said)}
        if not now:
            strange.append(said)
        places = now or places
    return [*strange, *expected[max(places) :]]


def _after(expected: Sequence[Said], at: int, said: Said) -> Iterator[int]:
    """Behind which bubbles one is where this was said: the next, or one of the last answer."""
    if at < len(expected) and said == expected[at]:
        yield at + 1
    for place in range(at - 1, -1, -1):
        if expected[place] == said:
            yield place + 1
        _, _, buttons = expected[place - 1]
        if buttons:
            return


def alerts_told(world: World, clinician: Person, patients: list[Person]) -> set[str]:
    """The alerts that a clinician was told of, patients by their place instead of their name."""
    texts = [bubble.text for bubble in clinician.everything() if "Patient: " in bubble.text]
    for place, patient in enumerate(patients):
        name = world.kept(patient).records.patient.pseudonym
        texts = [text.replace(name, f"patient {place}") for text in texts]
    return {_NUMBER.sub("Alert", text) for text in texts}


def arrivals(unit: Unit) -> dict[str | None, int]:
    """How many updates were kept, by what became of them."""
    query = select(inbox.c.outcome, func.count()).where(inbox.c.source == "telegram")
    return {
        outcome: number for outcome, number in unit.connection.execute(query.group_by("outcome"))
    }


def _said(bubble: Bubble) -> Said:
    kind, text, buttons = bubble.says
    return kind, _CHOSEN.sub("", _CLOCK.sub("hh:mm", text)), buttons
