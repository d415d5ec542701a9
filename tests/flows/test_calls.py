"""A call's life as a machine, and the moments at which it must be spoken of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flows.calls import CALL, Purpose, Times, Told, ask_again, due, due_purpose, move
from flows.errors import IllegalMove

LIVES = """
offered    book      booked
offered    wish      wished
offered    decline   declined
offered    offer     offered
offered    withdraw  withdrawn
wished     offer     offered
wished     move      booked
wished     withdraw  withdrawn
booked     move      booked
booked     remind    booked
booked     end       over
booked     cancel    cancelled
booked     done      done
booked     no-show   no-show
over       done      done
over       no-show   no-show
over       cancel    cancelled
over       move      booked
over       offer     offered
over       ask       over
"""
KNOWN = [tuple(row.split()) for row in LIVES.strip().splitlines()]
TRIGGERS = sorted({str(each["trigger"]) for each in CALL.transitions})

PLAN: dict[Purpose, int] = {"start": 0, "middle": 4, "end": 8}


@pytest.mark.parametrize(("state", "trigger", "then"), KNOWN)
def test_a_call_moves_on(state: str, trigger: str, then: str) -> None:
    """Each move of the table leads where the table says."""
    assert move(state, trigger) == then


def test_no_other_move_is_allowed() -> None:
    """What is not in the table is refused; what has ended stays as it is."""
    allowed = {(state, trigger) for state, trigger, _ in KNOWN}
    for state in CALL.states:
        for trigger in TRIGGERS:
            if (state, trigger) not in allowed:
                with pytest.raises(IllegalMove):
                    move(state, trigger)


def times(at: datetime, patient: str = "America/Toronto", clinician: str = "Europe/Paris") -> Times:
    return Times(at, 30, patient, clinician)


def said(call: Times, since: datetime) -> list[tuple[Told, str]]:
    """Everything that is said about a call by a clock that ticks each minute."""
    told: list[tuple[Told, str]] = []
    spoken = now = since
    while now < call.ends + timedelta(hours=2):
        now += timedelta(minutes=1)
        what, _ = due(call, "10:00", spoken, now)
        told += [(each, now.strftime("%d %H:%M")) for each in what]
        spoken = now if what else spoken
    return told


def test_each_side_hears_the_day_before_at_a_kind_hour_of_its_own() -> None:
    """Ten o'clock in Paris and in Toronto, half an hour before, and half an hour after the end."""
    call = times(datetime(2027, 1, 15, 15, tzinfo=UTC))

    assert said(call, datetime(2027, 1, 12, tzinfo=UTC)) == [
        ("team-day", "14 09:00"),
        ("patient-day", "14 15:00"),
        ("soon", "15 14:30"),
        ("ask", "15 16:00"),
    ]


def test_a_call_booked_late_is_not_announced_as_tomorrow() -> None:
    """What lay behind when it was booked is never said."""
    call = times(datetime(2027, 1, 15, 15, tzinfo=UTC))

    assert said(call, datetime(2027, 1, 15, 14, 45, tzinfo=UTC)) == [("ask", "15 16:00")]


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        ("2027-01-14 23:00", ("team-day", "patient-day")),
        ("2027-01-15 14:40", ("soon",)),
        ("2027-01-15 15:10", ()),
        ("2027-01-16 09:00", ("ask",)),
    ],
)
def test_who_wakes_up_late_says_only_what_is_still_true(now: str, wanted: tuple[str, ...]) -> None:
    """After an outage no word about tomorrow comes on the day, and none of a beginning gone by."""
    call = times(datetime(2027, 1, 15, 15, tzinfo=UTC))
    awake = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert due(call, "10:00", datetime(2027, 1, 12, tzinfo=UTC), awake)[0] == wanted


def test_the_night_in_which_the_clocks_change_moves_no_kind_hour() -> None:
    """On the last Sunday of March the day before is a Saturday of winter time, at ten."""
    call = times(datetime(2027, 3, 28, 8, tzinfo=UTC), "Europe/Paris", "Europe/Paris")

    assert said(call, datetime(2027, 3, 26, tzinfo=UTC))[0] == ("patient-day", "27 09:00")


def test_an_hour_that_the_clocks_leave_out_is_the_first_minute_after_it() -> None:
    """A kind hour of half past two does not exist in Paris on that Sunday: three o'clock does."""
    call = times(datetime(2027, 3, 29, 8, tzinfo=UTC), "Europe/Paris", "Europe/Paris")
    start = datetime(2027, 3, 28, tzinfo=UTC)

    assert due(call, "02:30", start, start + timedelta(minutes=59))[0] == ()
    assert due(call, "02:30", start, start + timedelta(minutes=60))[0] == (
        "patient-day",
        "team-day",
    )


@pytest.mark.parametrize(
    ("weeks", "asked", "closing", "wanted"),
    [
        (0, (), False, "start"),
        (1, ("start",), False, None),
        (4, ("start",), False, "middle"),
        (5, (), False, "middle"),
        (5, ("middle",), False, None),
        (9, ("start", "middle"), False, "end"),
        (3, ("start",), True, "end"),
        (9, ("start", "middle", "end"), True, None),
        (0, ("other",), False, "start"),
    ],
)
def test_three_calls_come_by_themselves(
    weeks: int, asked: tuple[str, ...], closing: bool, wanted: str | None
) -> None:
    """Start, week four, end: the latest that is due, unless somebody spoke of it already."""
    assert due_purpose(weeks, PLAN, asked, closing=closing) == wanted


def test_without_a_plan_no_call_is_due() -> None:
    """A program that names no calls asks for none."""
    assert due_purpose(9, {}, (), closing=True) is None


@pytest.mark.parametrize(
    ("now", "again"),
    [
        ("2027-01-15T16:00", "2027-01-16T09:00"),
        ("2027-01-15T08:40", "2027-01-16T09:00"),
        ("2027-01-15T23:30", "2027-01-17T09:00"),
        ("2027-03-27T12:00", "2027-03-28T08:00"),
    ],
)
def test_how_it_went_is_asked_again_on_the_next_morning_there(now: str, again: str) -> None:
    """Ten o'clock in Paris, never twice in one day, and over a change of the clocks."""
    call = times(datetime(2027, 1, 15, 15, tzinfo=UTC))
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert ask_again(call, "10:00", moment) == datetime.fromisoformat(again).replace(tzinfo=UTC)
