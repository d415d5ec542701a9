"""In which order the patients of the table stand: in parts, each of which an index walks through.

Whoever has something by which it is sorted comes first; whoever has nothing there comes behind, in
an order of their own. So nobody has to put everybody in order, or to read a whole row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, or_, select

from bot.store.tables import alerts, messages, nudges, patients, scores
from bot.store.wants import TIERS, Wanted, is_clock, is_coming, is_open, is_unread, is_waiting
from flows.journey import PHASES

_SCORE = "score-"
FAR = 20
"""Where so many times more match than are passed on the way, each is looked at by itself."""
Conditions = Sequence[ColumnElement[bool]]
By = tuple[ColumnElement[Any], bool]
"""A column that is empty for nobody there, and whether it goes down."""


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
    each: Select[int] | None = None
    """The number of each of them, where so they are sooner counted than by all of this."""

    def count(self, matching: Select[int], *, is_all: bool) -> Select[int]:
        """How many of those who match are in it; all who match if it is the rest."""
        those = self._all() if self.each is None else self.each
        if self.is_rest:
            those = matching
        elif not is_all:
            those = those.where(those.selected_columns[0].in_(matching))
        return select(func.count()).select_from(those.subquery())

    def first(self, conditions: Conditions, most: int, *, in_reverse: bool) -> Select[int]:
        """The numbers of the first ones of whom these hold, or of the last ones."""
        those = self._of(conditions, is_soon=False)
        return those.order_by(*self._in_order(in_reverse=in_reverse)).limit(most)

    def some(
        self, conditions: Conditions, size: int, start: int, stop: int
    ) -> tuple[Select[int], bool]:
        """Their numbers from one place to another of so many, and whether in reverse.

        What lies nearer to the end is counted from there.
        """
        in_reverse = start > size - stop
        # where nobody is left out, whoever comes next is near
        is_next = self.is_walked and not conditions
        order = self._in_order(in_reverse=in_reverse, is_next=is_next)
        offset = size - stop if in_reverse else start
        is_soon = self.is_walked and FAR * (offset + stop - start) < size
        those = self._of(conditions, is_soon=is_soon)
        return those.order_by(*order).limit(stop - start).offset(offset), in_reverse

    def _of(self, conditions: Conditions, *, is_soon: bool) -> Select[int]:
        """Those in it of whom these hold; `is_soon` if the first few are enough."""
        those = self._all()
        if self.id is patients.c.id or not conditions:
            return those.where(*conditions)
        matching = select(patients.c.id).where(*conditions)
        if is_soon:
            return those.where(matching.where(patients.c.id == self.id).exists())
        return those.where(self.id.in_(matching))

    def _all(self) -> Select[int]:
        return select(self.id).where(*self.where)

    def _in_order(self, *, in_reverse: bool, is_next: bool = False) -> list[ColumnElement[Any]]:
        # a sum is no column: who is in it is looked up in an index, and not in the whole rows
        by = (*self.by, (self.id if self.by or is_next else self.id + 0, False))
        return [column.desc() if down != in_reverse else column.asc() for column, down in by]


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
    parts = _parts(wanted)
    if wanted.phase or wanted.words or wanted.off_track:
        # to know it of somebody their row is read: better in an index of all
        parts = [replace(each, is_walked=each.is_walked and not each.is_rest) for each in parts]
    return Order(tuple(parts))


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
    never = Part(patients.c.id, where=(*where, seen.is_(None)))
    return [_rest((seen, down), where=(*where, seen.is_not(None))), never]


def _by_phase(down: bool) -> Order:
    phase = patients.c.phase
    known = [Part(patients.c.id, where=(phase == each,)) for each in PHASES]
    found = [*known, _rest(where=(phase.not_in(PHASES),))]
    values = PHASES[::-1] if down else PHASES
    return Order(tuple(found[::-1] if down else found), phase, tuple(values))


def _by_score(measure: str, down: bool) -> list[Part]:
    newest = scores.c.newest, scores.c.measure == measure
    by = ((scores.c.total, down),)
    asked = Part(scores.c.patient_id, by, newest, is_walked=True)
    return [asked, _others(select(scores.c.patient_id).where(*newest))]


def _by_due(down: bool) -> list[Part]:
    first = func.min(nudges.c.due_at).label("due_at")
    query = select(nudges.c.patient_id, first).where(is_coming())
    coming = query.group_by(nudges.c.patient_id).subquery()
    # in other words than the index of those that come: the one of moments leads through them
    next_ones = is_waiting(nudges), not_(is_clock()), ~_another_comes_sooner()
    way = Part(nudges.c.patient_id, ((nudges.c.due_at, down),), next_ones, is_walked=True)
    each = select(nudges.c.patient_id).where(is_coming())
    those = Part(coming.c.patient_id, ((coming.c.due_at, down),), way=way, each=each.distinct())
    return [those, _others(each)]


def _another_comes_sooner() -> ColumnElement[bool]:
    """Whether another nudge comes to the patient before this one."""
    other = nudges.alias("other")
    same = and_(other.c.due_at == nudges.c.due_at, other.c.id < nudges.c.id)
    sooner = or_(other.c.due_at < nudges.c.due_at, same)
    theirs = is_waiting(other), is_coming(other), other.c.patient_id == nudges.c.patient_id
    return select(other.c.id).where(*theirs, sooner).exists()


def _by_unread(down: bool) -> list[Part]:
    query = select(messages.c.patient_id, func.count().label("number")).where(is_unread())
    waiting = query.group_by(messages.c.patient_id).subquery()
    those = Part(waiting.c.patient_id, ((waiting.c.number, down),), is_walked=True)
    return [those, _others(select(messages.c.patient_id).where(is_unread()))]


def _by_need(down: bool) -> list[Part]:
    """Open alerts by tier and age first, then who was not heard of longest."""
    ranks = {tier: rank for rank, tier in enumerate(TIERS)}
    rank = func.min(case(ranks, value=alerts.c.tier, else_=len(TIERS))).label("rank")
    since = func.min(alerts.c.raised_at).label("since")
    query = select(alerts.c.patient_id, rank, since).where(is_open())
    worst = query.group_by(alerts.c.patient_id).subquery()
    by = (worst.c.rank, down), (worst.c.since, down)
    those = Part(worst.c.patient_id, by, is_walked=True)
    calm = patients.c.id.not_in(select(alerts.c.patient_id).where(is_open()))
    return [those, *_by_seen(down, calm)]


def _others(those: Select[int]) -> Part:
    where = (patients.c.id.not_in(those),)
    return Part(patients.c.id, where=where, is_rest=True, is_walked=True)
