"""The patients as a table that is read a page at a time; nothing that is sealed is opened."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, select

from bot.store import orders, wants
from bot.store.orders import FAR, Conditions, Order, Part
from bot.store.tables import alerts, caseloads, messages, nudges, patients, scores
from bot.store.unit import Unit
from bot.store.walking import Match, walked
from bot.store.wants import Wanted
from bot.store.whole import numbers

PAGE = 50
"""How many patients a page shows."""

NEAR = 20 * PAGE
"""A page that begins so near to either end is found by walking there."""

FEW = 1_000
"""Where so few match, they are known by their numbers."""

Course = tuple[float, ...]
"""The totals of one measure, the oldest first."""


@dataclass(frozen=True, slots=True)
class Line:
    """A patient as a line of the table."""

    id: int
    pseudonym: str
    phase: str
    created_at: datetime
    last_seen_at: datetime | None
    zone: str | None
    reachable: bool
    contact_mode: str
    tiers: Mapping[str, int] = field(default_factory=dict)
    unread: int = 0
    due_at: datetime | None = None
    off_track: tuple[str, ...] = ()
    clinicians: tuple[int, ...] = ()
    courses: Mapping[str, Course] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the table, and how many patients match in all."""

    lines: tuple[Line, ...]
    total: int
    number: int

    @property
    def pages(self) -> int:
        """How many pages there are; always one at least."""
        return max(1, -(-self.total // PAGE))


def page(
    unit: Unit, wanted: Wanted, measures: Collection[str], *, at: datetime, most: int = PAGE
) -> Page:
    """The page that is wanted, or the last one where there are fewer; of its lines so many."""
    order, match = orders.order(wanted), _match(unit, wanted, at)
    # everybody is soon counted part by part, and a few of them only in all
    sizes = [] if match.all else _sizes(unit, order, ())
    total = match.total if match.all else sum(sizes)
    number = min(max(1, wanted.page), max(1, -(-total // PAGE)))
    start, stop = (number - 1) * PAGE, min(number * PAGE, total)
    if match.all and start <= NEAR:
        ids = walked(unit, order.parts, match, stop, in_reverse=False)[start:]
    elif match.all and total - stop <= NEAR:
        ids = walked(unit, order.parts[::-1], match, total - start, in_reverse=True)
        ids = ids[total - stop :][::-1]
    else:
        sizes = sizes or _sizes(unit, order, match.all)
        ids = _between(unit, order, match.all, sizes, start)
    return Page(_filled(unit, _rows(unit, ids[:most]), measures, at), total, number)


def _match(unit: Unit, wanted: Wanted, at: datetime) -> Match:
    """How many match, and by what they are known."""
    if wants.is_read_whole(wanted):
        known = _off_track_for(unit, wanted.open_to, at)
        return Match(len(known), wants.conditions(wanted, at), numbers=known)
    each = wants.conditions(wanted, at, of_each=True)
    if not each:
        return Match()
    if wants.is_narrow(wanted):
        query = select(patients.c.id).where(*each).limit(FEW + 1)
        found = list(unit.connection.execute(query).scalars())
        if len(found) <= FEW:
            those = [patients.c.id.in_(found)]
            return Match(len(found), those, those, is_few=True)
    total = _number(unit, wants.total(wanted, at))
    is_many = FAR * total > _number(unit, wants.total(Wanted(), at))
    crowd = wants.crowd(wanted, at)
    return Match(total, wants.conditions(wanted, at), each, crowd, is_many=is_many)


def _off_track_for(unit: Unit, clinician_id: int | None, at: datetime) -> set[int]:
    """Those who are off track: all, or whom a clinician who leads nobody may open."""
    found = set(numbers(unit, wants.off_track(at)))
    if clinician_id is not None:
        own = found.intersection(numbers(unit, wants.owns(clinician_id, at)))
        # in its place: a copy of so many takes as long as to read them
        found.difference_update(numbers(unit, wants.guided()))
        found |= own
    return found


def _number(unit: Unit, query: Select[int]) -> int:
    return unit.connection.execute(query).scalar_one()


def _between(
    unit: Unit, order: Order, conditions: Conditions, sizes: Sequence[int], first: int
) -> list[int]:
    """The page that begins at that place, where it is known how many stand in each part."""
    ids: list[int] = []
    before = -first
    for part, size in zip(order.parts, sizes, strict=True):
        # from where to where of this part the page goes
        start, stop = max(0, -before), min(size, PAGE - before)
        ids += _some(unit, part, conditions, size, start, stop) if start < stop else []
        before += size
    return ids


def _sizes(unit: Unit, order: Order, conditions: Conditions) -> list[int]:
    """How many patients of whom these hold are in each part, by one statement."""
    execute = unit.connection.execute
    if order.column is not None:
        column = order.column
        query = select(column, func.count()).where(*conditions).group_by(column)
        numbers = {value: number for value, number in execute(query)}
        known = [numbers.get(value, 0) for value in order.values]
        everybody = sum(numbers.values())
    else:
        # worked out once for all the parts
        matching = select(select(patients.c.id).where(*conditions).cte("matching").c.id)
        counts = [
            part.count(matching, is_all=not conditions).scalar_subquery() for part in order.parts
        ]
        row = execute(select(*counts)).one()
        pairs = list(zip(order.parts, row, strict=True))
        known = [number for part, number in pairs if not part.is_rest]
        everybody = sum(number for part, number in pairs if part.is_rest)
    left, rest = iter(known), everybody - sum(known)
    return [rest if part.is_rest else next(left) for part in order.parts]


def _some(
    unit: Unit, part: Part, conditions: Conditions, size: int, start: int, stop: int
) -> list[int]:
    is_near = min(start, size - stop) <= NEAR
    way = part.way if part.way is not None and is_near and not conditions else part
    query, in_reverse = way.some(conditions, size, start, stop)
    found = list(unit.connection.execute(query).scalars())
    return found[::-1] if in_reverse else found


def _rows(unit: Unit, ids: Sequence[int]) -> list[dict[str, Any]]:
    """What stands in the rows of these patients, in this order."""
    rows = unit.connection.execute(_of_these(), {"ids": list(ids)}).mappings()
    found = {row["id"]: dict(row) for row in rows}
    return [found[each] for each in ids if each in found]


def open_to(unit: Unit, clinician_id: int, ids: Collection[int], at: datetime) -> set[int]:
    """Those of these patients whom a clinician who leads nobody may open."""
    query = select(patients.c.id).where(
        patients.c.id.in_(list(ids)), wants.is_open_to(clinician_id, at)
    )
    return set(unit.connection.execute(query).scalars())


def line(
    unit: Unit, pseudonym: str, measures: Collection[str] = (), *, at: datetime
) -> Line | None:
    """The line of the patient with that pseudonym, or None."""
    query = select(*_columns()).where(patients.c.pseudonym == pseudonym)
    found = [dict(row) for row in unit.connection.execute(query).mappings()]
    return next(iter(_filled(unit, found, measures, at)), None)


def _columns() -> list[ColumnElement[Any]]:
    names = ("id", "pseudonym", "phase", "created_at", "last_seen_at", "zone", "reachable")
    return [*(patients.c[name] for name in names), patients.c.contact_mode]


def _filled(
    unit: Unit, found: Sequence[dict[str, Any]], measures: Collection[str], at: datetime
) -> tuple[Line, ...]:
    """The lines with all that is kept in other tables, at the cost of one query for each."""
    ids = [each["id"] for each in found]
    open_alerts, unread = _open_alerts(unit, ids), _unread(unit, ids)
    due, left = _waiting(unit, ids, at)
    mine, courses = _clinicians(unit, ids), _courses(unit, ids, measures)
    return tuple(
        Line(
            **each,
            tiers=_counted(tier for tier, _ in open_alerts[each["id"]]),
            unread=unread.get(each["id"], 0),
            due_at=due.get(each["id"]),
            off_track=_off_track(each, open_alerts[each["id"]], each["id"] in left, at),
            clinicians=tuple(mine[each["id"]]),
            courses=courses[each["id"]],
        )
        for each in found
    )


def _off_track(
    row: Mapping[str, Any], opened: Iterable[tuple[str, str]], is_left: bool, at: datetime
) -> tuple[str, ...]:
    reasons = {wants.OFF_TRACK_RULES[rule] for _, rule in opened if rule in wants.OFF_TRACK_RULES}
    seen = row["last_seen_at"] or row["created_at"]
    is_silent = row["phase"] in wants.AT_WORK and at - seen >= wants.SILENT
    return tuple(sorted(reasons | ({"lesson"} if is_left else set()) | _named(is_silent)))


def _named(is_silent: bool) -> set[str]:
    return {"silent"} if is_silent else set()


def _counted(tiers: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for tier in tiers:
        counts[tier] += 1
    return {tier: counts[tier] for tier in wants.TIERS if tier in counts}


def _open_alerts(unit: Unit, ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for patient_id, tier, rule in unit.connection.execute(_opened(), {"ids": list(ids)}):
        found[patient_id].append((tier, rule))
    return found


def _unread(unit: Unit, ids: Sequence[int]) -> dict[int, int]:
    rows = unit.connection.execute(_unseen(), {"ids": list(ids)})
    return {patient_id: number for patient_id, number in rows}


def _waiting(unit: Unit, ids: Sequence[int], at: datetime) -> tuple[dict[int, datetime], set[int]]:
    """When the next nudge of each comes, and whose lesson has waited too long."""
    coming = func.min(case((wants.is_coming(), nudges.c.due_at)))
    left = func.max(case((wants.is_left(at), 1), else_=0))
    query = select(nudges.c.patient_id, coming, left).where(nudges.c.patient_id.in_(ids))
    rows = unit.connection.execute(query.group_by(nudges.c.patient_id)).all()
    return {row[0]: row[1] for row in rows if row[1]}, {row[0] for row in rows if row[2]}


def _clinicians(unit: Unit, ids: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for patient_id, clinician_id in unit.connection.execute(_guides(), {"ids": list(ids)}):
        found[patient_id].append(clinician_id)
    return found


def _courses(
    unit: Unit, ids: Sequence[int], measures: Collection[str]
) -> dict[int, dict[str, Course]]:
    asked = {"ids": list(ids), "measures": list(measures)}
    totals: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for patient_id, measure, total in unit.connection.execute(_totals(), asked):
        totals[patient_id][measure].append(total)
    known = {patient_id: _tupled(each) for patient_id, each in totals.items()}
    return defaultdict(dict, known)


def _tupled(totals: Mapping[str, list[float]]) -> dict[str, Course]:
    return {measure: tuple(course) for measure, course in totals.items()}


def _among(column: ColumnElement[int]) -> ColumnElement[bool]:
    return column.in_(bindparam("ids", expanding=True))


@cache
def _of_these() -> Select[Any]:
    # statements are written once: to write one takes longer than to run it
    return select(*_columns()).where(_among(patients.c.id))


@cache
def _opened() -> Select[int, str, str]:
    query = select(alerts.c.patient_id, alerts.c.tier, alerts.c.rule)
    return query.where(wants.is_open(), _among(alerts.c.patient_id)).order_by(alerts.c.id)


@cache
def _unseen() -> Select[int, int]:
    query = select(messages.c.patient_id, func.count())
    unseen = query.where(wants.is_unread(), _among(messages.c.patient_id))
    return unseen.group_by(messages.c.patient_id)


@cache
def _guides() -> Select[int, int]:
    now = caseloads.c.until_at.is_(None), _among(caseloads.c.patient_id)
    query = select(caseloads.c.patient_id, caseloads.c.clinician_id).where(*now)
    return query.order_by(caseloads.c.id)


@cache
def _totals() -> Select[int, str, float]:
    asked = scores.c.measure.in_(bindparam("measures", expanding=True))
    theirs = _among(scores.c.patient_id), asked, scores.c.total.is_not(None)
    query = select(scores.c.patient_id, scores.c.measure, scores.c.total).where(*theirs)
    return query.order_by(scores.c.at)
