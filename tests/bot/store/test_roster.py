"""The table of patients as the database gives it: order, filters, pages, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, event

from bot.service import access
from bot.store import people, records, roster, today, wants
from bot.store.people import Patient
from bot.store.roster import Page
from bot.store.store import Store
from bot.store.tables import alerts, caseloads, clinicians, glasses, messages, nudges, scores
from bot.store.tables import patients as patients_table
from bot.store.unit import Unit
from bot.store.wants import Wanted

Enrol = Callable[..., Patient]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Ward:
    """Patients in a store, and rows put straight into its tables."""

    def __init__(self, store: Store, enrol: Enrol, noon: datetime) -> None:
        self.store, self._enrol, self.noon = store, enrol, noon

    def patient(self, name: str, **columns: Any) -> int:
        """A patient of that pseudonym, who is in the lessons unless it says otherwise."""
        patient_id = self._enrol(name).id
        given = {"pseudonym": name, "phase": "learning", "last_seen_at": self.noon, **columns}
        row = patients_table.update().where(patients_table.c.id == patient_id).values(given)
        self._run(lambda unit: unit.connection.execute(row))
        return patient_id

    def clinician(self, name: str, role: str = "clinician") -> people.Clinician:
        """A member of the team."""
        return self.store.write_now(
            people.join_clinician, lookup=name, chat=name, name=name, role=role, at=self.noon
        )

    def alert(self, patient_id: int, tier: str, hours: float = 1, **columns: Any) -> None:
        """An open alert of so many hours ago."""
        at = self.noon - hours * HOUR
        values = {
            "patient_id": patient_id,
            "rule": f"{tier}-{hours}",
            "tier": tier,
            "state": "told",
            "raised_at": at,
            "facts": "{}",
            "fired_count": 1,
            "last_fired_at": at,
            "told_count": 1,
            "window_start": at,
        }
        self.row(alerts, **{**values, **columns})

    def nudge(self, patient_id: int, key: str, due: timedelta, state: str = "waiting") -> None:
        """A nudge that is due so long from now."""
        at = self.noon + due
        self.row(nudges, patient_id=patient_id, key=key, due_at=at, slot="", turn=1, state=state)

    def wrote(self, patient_id: int, times: int = 1, **columns: Any) -> None:
        """The patient wrote to the team."""
        for _ in range(times):
            self.row(messages, patient_id=patient_id, text=b"", at=self.noon, **columns)

    def score(self, patient_id: int, measure: str, *totals: float | None) -> None:
        """A score a week, the last one now."""
        for ago, total in enumerate(reversed(totals)):
            at = self.noon - timedelta(weeks=ago)
            plain = {"items": "{}", "subscales": "{}", "prorated": False, "turn": ago}
            row = {"patient_id": patient_id, "measure": measure, "total": total, "at": at}
            self.row(scores, **row, **plain)
        self.store.write_now(records.mark_newest, patient_id, measure)

    def guides(self, clinician: people.Clinician, *patient_ids: int, over: bool = False) -> None:
        """These patients are, or were, on the clinician's caseload."""
        until = self.noon if over else None
        for patient_id in patient_ids:
            self.row(
                caseloads,
                patient_id=patient_id,
                clinician_id=clinician.id,
                since_at=self.noon,
                until_at=until,
            )

    def row(self, table: Table, **values: Any) -> None:
        """A row."""
        self._run(lambda unit: unit.connection.execute(table.insert(), values))

    def page(self, *measures: str, **wanted: Any) -> Page:
        """The page that is wanted."""
        return self.store.read_now(roster.page, Wanted(**wanted), measures, at=self.noon)

    def names(self, **wanted: Any) -> list[str]:
        """The pseudonyms on the page that is wanted."""
        return [line.pseudonym for line in self.page(**wanted).lines]

    def _run(self, work: Callable[[Unit], Any]) -> None:
        self.store.write_now(work)


@pytest.fixture
def ward(store: Store, enrol: Enrol, noon: datetime) -> Ward:
    """A store with nobody in it yet."""
    return Ward(store, enrol, noon)


def test_those_with_the_gravest_and_oldest_open_alert_come_first(ward: Ward) -> None:
    """Red before amber whatever its age; closed ones count for nothing; the quiet ones last."""
    calm, old, red, new, closed = map(ward.patient, ("calm", "old", "red", "new", "closed"))
    ward.alert(old, "amber", 30)
    ward.alert(red, "red", 1)
    ward.alert(new, "amber", 2)
    ward.alert(new, "grey", 90)
    ward.alert(closed, "red", 5, state="closed")

    assert ward.names()[:1] == ["red"]
    assert set(ward.names()[1:3]) == {"new", "old"}
    assert set(ward.names()[3:]) == {"calm", "closed"}
    first = ward.page().lines[0]
    assert (first.id, dict(first.tiers)) == (red, {"red": 1})
    assert calm


@pytest.mark.parametrize(
    ("sort", "rising"),
    [
        ("pseudonym", ["ann", "bob", "cat"]),
        ("phase", ["cat", "bob", "ann"]),
        ("seen", ["bob", "cat", "ann"]),
        ("due", ["cat", "ann", "bob"]),
        ("score-peg", ["bob", "ann", "cat"]),
    ],
)
def test_each_column_sorts_both_ways_and_the_empty_come_last(
    ward: Ward, sort: str, rising: list[str]
) -> None:
    """Whoever has nothing there is at the end in both directions."""
    ann = ward.patient("ann", phase="finished")
    bob = ward.patient("bob", phase="learning", last_seen_at=ward.noon - 2 * DAY)
    cat = ward.patient("cat", phase="screening", last_seen_at=ward.noon - DAY)
    ward.nudge(cat, "n", HOUR)
    ward.nudge(ann, "n", DAY)
    ward.nudge(bob, "silence:3", -HOUR)
    ward.score(bob, "peg", 9, 2)
    ward.score(ann, "peg", 1, 5)
    has_all = sort in {"pseudonym", "phase", "seen"}
    falling = list(reversed(rising)) if has_all else [*reversed(rising[:2]), rising[2]]

    assert ward.names(sort=sort) == rising
    assert ward.names(sort=sort, down=True) == falling


def test_who_wrote_most_and_was_not_read_comes_first(ward: Ward) -> None:
    """What was seen, and what the team wrote, does not count."""
    lee = ward.clinician("Dr Lee")
    ann, bob = ward.patient("ann"), ward.patient("bob")
    ward.wrote(bob, 2)
    ward.wrote(ann, 1)
    ward.wrote(ann, 3, seen_at=ward.noon)
    ward.wrote(ann, 3, clinician_id=lee.id)

    assert ward.names(sort="unread") == ["bob", "ann"]
    assert [line.unread for line in ward.page(sort="unread").lines] == [2, 1]


def test_filters_narrow_the_table_and_hold_together(ward: Ward) -> None:
    """Words of the pseudonym, phase, tier, caseload; a percent sign is only a percent sign."""
    lee, main = ward.clinician("Dr Lee"), ward.clinician("Dr Main")
    ann, bob, cat = map(ward.patient, ("warm-fern-1", "cold-fern-2", "warm-lake-3"))
    ward.alert(ann, "amber")
    ward.alert(cat, "red", state="closed")
    ward.guides(lee, ann, bob)
    ward.guides(main, cat)
    ward.guides(lee, cat, over=True)

    assert sorted(ward.names(words="FERN")) == ["cold-fern-2", "warm-fern-1"]
    assert ward.names(words="fern warm") == ["warm-fern-1"]
    assert ward.names(words="%") == []
    assert ward.names(words="_") == []
    assert ward.names(tier="amber") == ["warm-fern-1"]
    assert ward.names(tier="red") == []
    assert sorted(ward.names(of_clinician=lee.id)) == ["cold-fern-2", "warm-fern-1"]
    assert ward.names(of_clinician=lee.id, words="cold", phase="learning") == ["cold-fern-2"]
    assert ward.names(phase="finished") == []


def test_off_track_is_told_from_what_the_database_can_see(ward: Ward) -> None:
    """Alerts about it, a lesson left for a week, a week of silence at work; nothing else."""
    ward.patient("fine")
    ward.patient("on-a-pause", phase="paused", last_seen_at=ward.noon - 30 * DAY)
    ward.patient("silent", last_seen_at=ward.noon - 7 * DAY)
    ward.patient("nearly", last_seen_at=ward.noon - 7 * DAY + HOUR)
    left, soon = ward.patient("left"), ward.patient("soon")
    ward.nudge(left, "behind:lesson/a", 7 * DAY)
    ward.nudge(soon, "behind:lesson/a", 8 * DAY)
    told, seen = ward.patient("told"), ward.patient("settled")
    ward.alert(told, "yellow", rule="nudges-unanswered")
    ward.alert(seen, "yellow", rule="behind-schedule", state="closed")
    found = {line.pseudonym: line.off_track for line in ward.page(off_track=True).lines}
    everyone = {line.pseudonym: line.off_track for line in ward.page().lines if line.off_track}

    assert found == {"silent": ("silent",), "left": ("lesson",), "told": ("reminders",)}
    assert everyone == found


def test_pages_follow_each_other_without_a_gap_and_end(ward: Ward) -> None:
    """Nobody is shown twice or left out; a page beyond the last is the last."""
    names = [f"p-{number:03}" for number in range(roster.PAGE + 3)]
    for name in names:
        ward.patient(name)
    first, second = ward.page(sort="pseudonym"), ward.page(sort="pseudonym", page=2)
    beyond = ward.page(sort="pseudonym", page=10**9)
    nobody = ward.page(words="nobody")

    shown = [line.pseudonym for line in (*first.lines, *second.lines)]
    assert shown == names
    assert (first.total, first.pages, beyond.number) == (len(names), 2, 2)
    assert [line.pseudonym for line in beyond.lines] == names[roster.PAGE :]
    assert (nobody.total, nobody.pages, nobody.number, nobody.lines) == (0, 1, 1, ())


def test_a_line_holds_the_course_of_each_measure_that_is_asked_for(ward: Ward) -> None:
    """Oldest first, without scores that have no total, and no measure that nobody wants."""
    ann = ward.patient("ann")
    ward.score(ann, "peg", 7, None, 5)
    ward.score(ann, "phq-9", 12)
    ward.score(ann, "isi", 3)
    ward.nudge(ann, "nudge:4", DAY)
    ward.nudge(ann, "cue:1", HOUR)
    [line] = ward.page("peg", "phq-9").lines

    assert dict(line.courses) == {"peg": (7.0, 5.0), "phq-9": (12.0,)}
    assert line.due_at == ward.noon + DAY


def test_a_long_page_costs_few_questions_and_opens_no_state(ward: Ward) -> None:
    """However many lines a page has, the number of statements is the same, and small."""
    for number in range(12):
        patient_id = ward.patient(f"p-{number}")
        ward.alert(patient_id, "amber")
        ward.score(patient_id, "peg", 1, 2)
    for sort in (*wants.SORTS, "score-peg"):
        with statements(ward.store) as asked:
            assert len(ward.page("peg", sort=sort).lines) == 12
        assert len(asked) <= 10, asked
        assert not any("patients.state" in each or "wrapped_key" in each for each in asked)


def test_who_may_open_whom_is_the_same_in_sql_as_in_words(ward: Ward) -> None:
    """The table hides just those whom the patient's own page would hide."""
    lee, main, gone = map(ward.clinician, ("Dr Lee", "Dr Main", "Dr Gone"))
    cases = {
        "nobody's": ward.patient("nobody's"),
        "mine": ward.patient("mine"),
        "theirs": ward.patient("theirs"),
        "both's": ward.patient("both's"),
        "was mine": ward.patient("was mine"),
        "of one who left": ward.patient("of one who left"),
        "alert taken": ward.patient("alert taken"),
        "alert closed": ward.patient("alert closed"),
        "glass": ward.patient("glass"),
        "old glass": ward.patient("old glass"),
    }
    ward.guides(lee, cases["mine"], cases["both's"])
    ward.guides(main, *(number for name, number in cases.items() if name not in OPEN))
    ward.guides(lee, cases["was mine"], over=True)
    ward.guides(gone, cases["of one who left"])
    for name, state in (("alert taken", "taken"), ("alert closed", "closed")):
        ward.alert(cases[name], "red", state=state, taken_by=lee.id)
    for name, until in (("glass", HOUR), ("old glass", -HOUR)):
        ward.row(
            glasses,
            clinician_id=lee.id,
            patient_id=cases[name],
            reason=b"",
            at=ward.noon - HOUR,
            until_at=ward.noon + until,
        )
    left = clinicians.update().where(clinicians.c.id == gone.id).values(disabled_at=ward.noon)
    ward.store.write_now(lambda unit: unit.connection.execute(left) and None)

    def by_words(unit: Unit) -> set[int]:
        return {i for i in cases.values() if access.may_open(unit, lee, i, ward.noon)}

    in_sql = ward.store.read_now(roster.open_to, lee.id, list(cases.values()), ward.noon)
    assert in_sql == ward.store.read_now(by_words)
    names = {name for name, number in cases.items() if number in in_sql}
    assert names == {"nobody's", "mine", "both's", "of one who left", "alert taken", "glass"}

    for number in cases.values():
        ward.alert(number, "yellow", 3, rule="nudges-unanswered")
    assert set(ward.names(off_track=True, open_to=lee.id)) == names
    assert set(ward.names(off_track=True)) == set(cases)


OPEN = {"nobody's", "mine", "of one who left"}


def test_the_longest_unread_words_come_first_of_those_who_are_open(ward: Ward) -> None:
    """So many as there is room for; whoever somebody else guides takes none of it."""
    lee, main = ward.clinician("Dr Lee"), ward.clinician("Dr Main")
    ann, bob, cat, dan = map(ward.patient, ("ann", "bob", "cat", "dan"))
    ward.guides(lee, ann)
    ward.guides(main, bob)
    for patient_id, hours in ((ann, 1), (bob, 9), (cat, 5), (cat, 2), (dan, 3)):
        ward.row(messages, patient_id=patient_id, text=b"", at=ward.noon - hours * HOUR)

    def waiting(limit: int, open_to: int | None) -> list[tuple[str, int]]:
        found = ward.store.read_now(today.unread, limit, open_to=open_to, at=ward.noon)
        return [(each.pseudonym, each.count) for each in found]

    assert waiting(2, lee.id) == [("cat", 2), ("dan", 1)]
    assert waiting(9, lee.id) == [("cat", 2), ("dan", 1), ("ann", 1)]
    assert waiting(2, None) == [("bob", 1), ("cat", 2)]


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """What the store's readers ask the database meanwhile."""
    asked: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(store._reading, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(store._reading, "before_cursor_execute", note)


def test_two_alerts_of_one_tier_are_counted(ward: Ward) -> None:
    """The gravest tier stands first, each with its number."""
    ann = ward.patient("ann")
    for hours in (1, 2):
        ward.alert(ann, "yellow", hours)
    ward.alert(ann, "red", 9)
    [line] = ward.page().lines

    assert list(line.tiers.items()) == [("red", 1), ("yellow", 2)]


def test_a_line_is_found_by_its_whole_pseudonym(ward: Ward) -> None:
    """A pseudonym that nobody has is nobody's line."""
    ann = ward.patient("ann")
    found = ward.store.read_now(roster.line, "ann", at=ward.noon)
    assert found is not None
    assert found.id == ann
    assert ward.store.read_now(roster.line, "Ann", at=ward.noon) is None
