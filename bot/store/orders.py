"""In which order the patients of the table stand: in parts, each of which an index walks through.

Whoever has something by which it is sorted comes first; whoever has nothing there comes behind, in
an order of their own. So nobody has to put everybody in order, or to read a whole row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    case,
    func,
    not_,
    or_,
    select,
)

from bot.store.tables import alerts, messages, nudges, patients, scores
from bot.store.wants import (
    TIERS,
    Crowd,
    Wanted,
    is_clock,
    is_coming,
    is_open,
    is_unread,
    is_waiting,
)
from flows.journey import PHASES

_SCORE = "score-"
FAR = 20
"""Where so many times more match than are passed on the way, each is looked at by itself."""
Conditions = Sequence[ColumnElement[bool]]
Numbers = Select[int] | CompoundSelect[int]
By = tuple[ColumnElement[Any], bool]
"""A column that is empty for nobody there, and whether it goes down."""

EVERYBODY = Crowd(select(patients.c.id))
_BY_NUMBER: By = (patients.c.id + 0, False)
"""A sum is no column: who is there is looked up in an index, and not one number after the other."""


@dataclass(frozen=True, slots=True)
class Part:
    """Patients who stand next to each other: in which column is their number, who, in which order.

    `is_rest` where it is known how many they are once the other parts were counted.
    """

    id: ColumnElement[int]
    by: tuple[By, ...] = ()
    where: tuple[ColumnElement[bool], ...] = ()
    is_rest: bool = False
    is_walked: bool = False
    """Whether the first few in this order are found at once: by an index, or as all are few."""
    way: Part | None = None
    """The same patients in the same order where an index leads through, if not through this."""
    is_grouped: bool = False
    """Whether a patient may have many rows there, by which they are sorted together."""
    without: Select[int] | None = None
    """Whose numbers are left out of it, where it is in the order of the numbers alone."""

    def count(self, matching: Select[int], *, is_all: bool) -> Select[int]:
        """How many of those who match are in it; all who match if it is the rest."""
        if self.is_rest:
            everybody = select(func.count()).select_from
            return everybody(patients) if is_all else everybody(matching.subquery())
        number = self.id.distinct() if self.is_grouped else self.id
        those = select(func.count(number)).where(*self.where)
        return those if is_all else those.where(self.id.in_(matching))

    def first(
        self, conditions: Conditions, most: int, *, in_reverse: bool, crowd: Crowd | None = None
    ) -> Numbers:
        """The numbers of the first ones of whom these hold, or of the last ones.

        `crowd` are the same who match, where they can be gone through in step.
        """
        crowd = crowd if conditions else EVERYBODY
        return self._in_order(conditions, crowd, in_reverse=in_reverse).limit(most)

    def some(
        self, conditions: Conditions, size: int, start: int, stop: int
    ) -> tuple[Numbers, bool]:
        """Their numbers from one place to another of so many, and whether in reverse.

        What lies nearer to the end is counted from there.
        """
        in_reverse = start > size - stop
        offset = size - stop if in_reverse else start
        is_soon = self.is_walked and FAR * (offset + stop - start) < size
        crowd = None if conditions else EVERYBODY
        those = self._in_order(conditions, crowd, in_reverse=in_reverse, is_soon=is_soon)
        return those.limit(stop - start).offset(offset), in_reverse

    def _in_order(
        self,
        conditions: Conditions,
        crowd: Crowd | None,
        *,
        in_reverse: bool,
        is_soon: bool = False,
    ) -> Numbers:
        """Those in it of whom these hold; `is_soon` if the first few are enough."""
        if self.without is not None and crowd is not None:
            those = crowd.without(self.without)
            return those.order_by(_turned(those.selected_columns[0], in_reverse))
        found = self._of(conditions, is_soon=is_soon)
        found = found.group_by(self.id) if self.is_grouped else found
        by = (*self.by, (self.id, False))
        return found.order_by(*(_turned(column, down != in_reverse) for column, down in by))

    def _of(self, conditions: Conditions, *, is_soon: bool) -> Select[int]:
        those = select(self.id).where(*self.where)
        if self.without is not None:
            those = those.where(self.id.not_in(self.without))
        if self.id is patients.c.id or not conditions:
            return those.where(*conditions)
        matching = select(patients.c.id).where(*conditions)
        if is_soon:
            return those.where(matching.where(patients.c.id == self.id).exists())
        return those.where(self.id.in_(matching))


def _turned(column: ColumnElement[Any], is_down: bool) -> ColumnElement[Any]:
    return column.desc() if is_down else column.asc()


@dataclass(frozen=True, slots=True)
class Order:
    """The parts of an order, the first one first.

    `values` are those of `column`, one for each part but the rest, where that tells them apart.
    """

    parts: tuple[Part, ...]
    column: ColumnElement[str] | None = None
    values: tuple[str, ...] = ()


def order(wanted: Wanted) -> Order:
    """The order that is wanted."""
    down = wanted.down
    if wanted.sort == "phase":
        return _by_phase(down)
    return Order(tuple(_parts(wanted)))


def _parts(wanted: Wanted) -> list[Part]:
    down = wanted.down
    if wanted.sort.startswith(_SCORE):
        return _by_score(wanted.sort.removeprefix(_SCORE), down)
    match wanted.sort:
        case "pseudonym":
            return [_rest((patients.c.pseudonym, down))]
        case "joined":
            return [_rest((patients.c.created_at, down))]
        case "seen":
            return _by_seen(down)
        case "due":
            return _by_due(down)
        case "unread":
            return _by_unread(not down)
        case _:
            return _by_need(down)


def _rest(*by: By, where: tuple[ColumnElement[bool], ...] = ()) -> Part:
    return Part(patients.c.id, by, where, is_rest=True)


def _by_seen(down: bool, *where: ColumnElement[bool]) -> list[Part]:
    seen = patients.c.last_seen_at
    never = Part(patients.c.id, (_BY_NUMBER,), (*where, seen.is_(None)))
    return [_rest((seen, down), where=(*where, seen.is_not(None))), never]


def _by_phase(down: bool) -> Order:
    phase = patients.c.phase
    known = [_of_phase(phase == each) for each in PHASES]
    found = [*known, replace(_of_phase(phase.in_(_unknown_phases())), is_rest=True)]
    values = PHASES[::-1] if down else PHASES
    return Order(tuple(found[::-1] if down else found), phase, tuple(values))


def _of_phase(condition: ColumnElement[bool]) -> Part:
    return Part(patients.c.id, (_BY_NUMBER,), (condition,), is_walked=True)


def _unknown_phases() -> Select[str]:
    """The phases in which patients are and which the program does not have: from one to the next.

    To ask it of every patient would take longer than the whole page.
    """
    first = select(func.min(patients.c.phase).label("phase")).cte("found", recursive=True)
    after = select(func.min(patients.c.phase)).where(patients.c.phase > first.c.phase)
    found = first.union_all(select(after.scalar_subquery()).where(first.c.phase.is_not(None)))
    return select(found.c.phase).where(found.c.phase.not_in(PHASES))


def _by_score(measure: str, down: bool) -> list[Part]:
    newest = scores.c.newest, scores.c.measure == measure
    by = ((scores.c.total, down),)
    asked = Part(scores.c.patient_id, by, newest, is_walked=True)
    return [asked, _others(select(scores.c.patient_id).where(*newest))]


def _by_due(down: bool) -> list[Part]:
    # in other words than the index of those that come: the one of moments leads through them
    next_ones = is_waiting(nudges), not_(is_clock()), ~_another_comes_sooner()
    way = Part(nudges.c.patient_id, ((nudges.c.due_at, down),), next_ones, is_walked=True)
    by = ((func.min(nudges.c.due_at), down),)
    those = Part(nudges.c.patient_id, by, (is_coming(),), way=way, is_grouped=True)
    return [those, _others(select(nudges.c.patient_id).where(is_coming()))]


def _another_comes_sooner() -> ColumnElement[bool]:
    """Whether another nudge comes to the patient before this one."""
    other = nudges.alias("other")
    same = and_(other.c.due_at == nudges.c.due_at, other.c.id < nudges.c.id)
    sooner = or_(other.c.due_at < nudges.c.due_at, same)
    theirs = is_waiting(other), is_coming(other), other.c.patient_id == nudges.c.patient_id
    return select(other.c.id).where(*theirs, sooner).exists()


def _by_unread(down: bool) -> list[Part]:
    by, where = ((func.count(), down),), (is_unread(),)
    those = Part(messages.c.patient_id, by, where, is_walked=True, is_grouped=True)
    return [those, _others(select(messages.c.patient_id).where(*where))]


def _by_need(down: bool) -> list[Part]:
    """Open alerts by tier and age first, then who was not heard of longest."""
    ranks = {tier: rank for rank, tier in enumerate(TIERS)}
    rank = func.min(case(ranks, value=alerts.c.tier, else_=len(TIERS)))
    by = (rank, down), (func.min(alerts.c.raised_at), down)
    those = Part(alerts.c.patient_id, by, (is_open(),), is_walked=True, is_grouped=True)
    calm = patients.c.id.not_in(select(alerts.c.patient_id).where(is_open()))
    return [those, *_by_seen(down, calm)]


def _others(those: Select[int]) -> Part:
    return Part(patients.c.id, (_BY_NUMBER,), without=those, is_rest=True, is_walked=True)
