"""What must be true of any weeks with the program, told from the notes of a life."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from flows.effects import Keep, Raise, Record
from flows.events import words_of
from tests.flows.lives import Life, Note, notes_with
from tests.flows.naive import Taken, expected_alerts
from tests.flows.people import FIRST, Course

QUIET_FROM, QUIET_TO = 21, 8
OVER = {"withdrawn", "finished"}
BY_ANSWER = {"item9-high", "item9-some", "item9-missing", "uwcap-hopeless"}
"""Alerts of one answer, raised at once; all others about scores wait for the whole measure."""

FULL = {"peg", "phq-9", "gad-7", "uw-cap6", "who-5", "fatigue", "sleep", "confidence"}
"""The full set of measures, of those that need no licence."""

WITH_THE_COURSE = {"goal", "effects", "satisfaction", "alliance"}
SETS = {
    "flow/baseline": FULL,
    "flow/middle": FULL | WITH_THE_COURSE,
    "flow/ending": FULL | WITH_THE_COURSE | {"change"},
    "flow/booster-3": {"peg", "phq-9", "gad-7", "uw-cap6", "who-5"} | WITH_THE_COURSE - {"goal"},
}
"""What has a score once somebody who answers everything has finished these questions."""

QUESTIONS = {
    *SETS, "flow/weekly", "flow/two-weekly", "flow/booster-6", "flow/booster-12",
    "flow/full-measures", "flow/more-measures", "flow/booster-measures", "flow/side-effects",
}  # fmt: skip
"""The talks in which measures are asked, and what is asked between them."""

LESSON_DAYS = {"fast": 7, "standard": 10, "slow": 14}
LESSONS = {"whole": 9, "short": 4}


def nudges_are_few(life: Life) -> None:
    """At most one a day, none at night, none to whoever left, rests, or may be in danger."""
    nudges = [note for note in life.notes if note.is_nudge]
    assert max(Counter(note.day for note in nudges).values(), default=0) <= 1
    for note in nudges:
        hour = note.at.astimezone(ZoneInfo(note.zone)).hour
        assert QUIET_TO <= hour < QUIET_FROM, f"a nudge at {hour}"
        assert note.held is None, "a nudge while help comes first"
        assert note.phase not in OVER, f"a nudge after the end: {note.phase}"
        assert note.phase != "paused" or note.after[-1:] == ("nudge/paused",), note.after


def nothing_is_asked_twice_a_day(life: Life) -> None:
    """No measure that was scored that day, and no question of a set that was answered that day.

    Unless the patient went back to it.
    """
    scored: list[tuple[datetime, str]] = []
    answered: list[tuple[datetime, str]] = []
    for note in life.notes:
        if words_of(note.event) == "back" or getattr(note.event, "choice", "") == "back":
            answered = []
        asked = note.asked or ""
        measure = asked.rpartition(".")[0]
        if measure and f"measure/{measure}" not in note.before:
            assert (note.day, measure) not in _on_days(scored, note), f"{measure} twice in a day"
        if asked and _is_in_set(note.after):
            assert (note.day, asked) not in _on_days(answered, note), f"{asked} twice in a day"
        scored += [(note.at, each.score.measure) for each in note.effects if isinstance(each, Keep)]
        if _is_in_set(note.before):
            answered += [(note.at, e.key) for e in note.effects if isinstance(e, Record)]


def every_alert_is_raised(life: Life) -> None:
    """What a plain calculation asks for is raised at its moment, and nothing else about scores."""
    raised = {(note.at, each.rule) for note, each in notes_with(life, Raise)}
    about_scores = {rule.rule for rule in life.release.escalation.rules if rule.measure}
    expected = expected_alerts(taken for _, taken in _taken(life))

    totals = {pair for pair in raised if pair[1] in about_scores - BY_ANSWER}
    wanted = {pair for pair in expected if pair[1] not in BY_ANSWER}
    assert totals == wanted, f"alerts of scores: {totals ^ wanted}"
    at_once = {pair for pair in raised if pair[1] in BY_ANSWER}
    assert at_once == set(_by_answers(life)), "alerts of single answers"


def measures_come_in_time(life: Life) -> None:
    """Pain each week, mood and worry each fortnight, as far as the days for reminders allow."""
    scores = [each.score for note, each in notes_with(life, Keep) if _is_learning(note)]
    late = timedelta(days=_longest_gap(life.course) + 1)
    for measure, days in (("peg", 7), ("phq-9", 14), ("gad-7", 14)):
        taken = [score.at for score in scores if score.measure == measure]
        for earlier, later in pairwise(taken):
            assert later - earlier <= timedelta(days=days) + late, (measure, earlier, later)
        assert taken, f"never a score of {measure}"


def sets_are_whole(life: Life) -> None:
    """Each set of questions that was finished left a score of each of its measures that day."""
    taken = list(_taken(life))
    for flow, measures in SETS.items():
        finished = life.state.finished(flow)
        if finished is None:
            continue
        day = finished.astimezone(ZoneInfo(life.zone)).date()
        scored = {each.measure for note, each in taken if flow in note.before or note.day == day}
        assert measures <= scored, (flow, measures - scored)


def lessons_come_at_their_pace(life: Life, until: datetime) -> None:
    """No lesson before its day, none later than the days for reminders allow, and all of them."""
    course = life.course
    lessons = [done for done in life.state.done if done.flow.startswith("lesson/")]
    days = [LESSON_DAYS[course.pace]] * len(lessons)
    # the first lesson of a path opens on the day after the core
    days[0] = 1
    slack = 2 * _longest_gap(course)
    for (earlier, later), pace in zip(pairwise(lessons), days, strict=False):
        gap = (_date(later.at, course) - _date(earlier.at, course)).days
        assert pace <= gap <= pace + slack, (later.flow, gap)
    due = 2 + (until - FIRST).days // (LESSON_DAYS[course.pace] + slack) - 1
    assert len(lessons) >= min(due, LESSONS[course.pack]), [done.flow for done in lessons]


def _is_in_set(flows: tuple[str, ...]) -> bool:
    return bool(flows) and (flows[-1] in QUESTIONS or flows[-1].startswith("measure/"))


def _on_days(found: list[tuple[datetime, str]], note: Note) -> set[tuple[date, str]]:
    """What was found, with its day on the calendar that the patient has by now."""
    there = ZoneInfo(note.zone)
    return {
        (at.astimezone(there).date(), name) for at, name in found if note.at - at < timedelta(2)
    }


def _taken(life: Life) -> Iterator[tuple[Note, Taken]]:
    """Each score that was kept, as answers in order with the flows that lay open."""
    for note, each in notes_with(life, Keep):
        items = tuple(each.score.items[number] for number in sorted(each.score.items))
        yield note, Taken(note.at, each.score.measure, items, frozenset(note.before))


def _by_answers(life: Life) -> Iterator[tuple[datetime, str]]:
    """The alerts of each answer by itself, and of a question of death left out for good."""
    for note, each in notes_with(life, Record):
        measure, _, number = each.key.partition(".")
        if measure in {"phq-9", "uw-cap6"}:
            items: list[int | None] = [*[None] * 8, 0, None]
            items[int(number) - 1] = int(each.value)
            alone = expected_alerts([Taken(note.at, measure, tuple(items))])
            yield from (pair for pair in alone if pair[1] in BY_ANSWER)
    yield from ((note.at, "item9-missing") for note in life.notes if note.passed == "phq-9.9")


def _is_learning(note: Note) -> bool:
    return note.phase in {"baseline", "planning", "learning"}


def _longest_gap(course: Course) -> int:
    """The most days from one day for reminders to the next."""
    days = sorted(int(day) for day in course.days.split(","))
    return max(later - earlier for earlier, later in pairwise([*days, days[0] + 7]))


def _date(at: datetime, course: Course) -> date:
    return at.astimezone(ZoneInfo(course.zone)).date()
