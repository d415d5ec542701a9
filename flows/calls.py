"""A call's life, and the moments at which it must be spoken of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from flows import timing
from flows.errors import IllegalMove
from flows.machines import Definition, build, follow

Purpose = Literal["start", "middle", "end"]
"""What the calls of the plan are for; any other call is for something else."""

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
"""The calls of the plan, in their order."""

CALL = Definition(
    states=(
        "offered",
        "wished",
        "declined",
        "withdrawn",
        "booked",
        "over",
        "done",
        "no-show",
        "cancelled",
    ),
    transitions=(
        {"trigger": "offer", "source": ["offered", "wished", "over"], "dest": "offered"},
        {"trigger": "wish", "source": "offered", "dest": "wished"},
        {"trigger": "decline", "source": "offered", "dest": "declined"},
        {"trigger": "withdraw", "source": ["offered", "wished"], "dest": "withdrawn"},
        {"trigger": "book", "source": "offered", "dest": "booked"},
        {"trigger": "move", "source": ["wished", "booked", "over"], "dest": "booked"},
        {"trigger": "remind", "source": "booked", "dest": "booked"},
        {"trigger": "end", "source": "booked", "dest": "over"},
        {"trigger": "ask", "source": "over", "dest": "over"},
        {"trigger": "done", "source": ["booked", "over"], "dest": "done"},
        {"trigger": "no-show", "source": ["booked", "over"], "dest": "no-show"},
        {"trigger": "cancel", "source": ["booked", "over"], "dest": "cancelled"},
    ),
    initial="offered",
)
"""A call's life: only a person says that it took place, or that nobody came."""

_MACHINE = build(CALL)

Told = Literal["team-day", "patient-day", "soon", "ask"]
"""What a moment is for: a word the day before, to each side; one just before; and afterwards."""

BEFORE = timedelta(minutes=30)
"""How long before a call both sides hear of it again."""

AFTER = timedelta(minutes=30)
"""How long after its end the clinician is asked how it went."""

_DAYS = tuple(range(1, 8))


@dataclass(frozen=True, slots=True)
class Times:
    """A booked call: when it begins, how long it lasts, and where each of the two is."""

    at: datetime
    minutes: int
    patient_zone: str
    clinician_zone: str

    @property
    def ends(self) -> datetime:
        """When it should be over."""
        return self.at + timedelta(minutes=self.minutes)


def move(state: str, trigger: str) -> str:
    """The state of the call that follows, or IllegalMove."""
    return follow(_MACHINE, state, trigger)


def may(state: str, trigger: str) -> bool:
    """Whether a call in that state can go on so."""
    try:
        move(state, trigger)
    except IllegalMove:
        return False
    return True


def moments(times: Times, kind_hour: str) -> tuple[tuple[datetime, Told], ...]:
    """When the call is to be spoken of, in order of time; each side's day is its own."""
    found: list[tuple[datetime, Told]] = [
        (_day_before(times.at, times.patient_zone, kind_hour), "patient-day"),
        (_day_before(times.at, times.clinician_zone, kind_hour), "team-day"),
        (times.at - BEFORE, "soon"),
        (times.ends + AFTER, "ask"),
    ]
    return tuple(sorted(found))


def due(
    times: Times, kind_hour: str, spoken_until: datetime, now: datetime
) -> tuple[tuple[Told, ...], datetime | None]:
    """What must be said now, and when the next word is due, if any is.

    What was due while nobody could speak is left out once it is no longer true: no word about
    tomorrow when the call is near, and none about a beginning that has passed.
    """
    known = moments(times, kind_hour)
    past = [what for at, what in known if spoken_until < at <= now]
    later = next((at for at, _ in known if at > max(now, spoken_until)), None)
    return tuple(what for what in past if _is_true(what, times, now)), later


def ask_again(times: Times, kind_hour: str, now: datetime) -> datetime:
    """When the clinician is asked again how it went: at a kind hour of their next day."""
    zone = times.clinician_zone
    today = timing.local_date(now, zone)
    again, _ = timing.next_slot(now, zone=zone, at_time=kind_hour, days=_DAYS, skip=today)
    return again


def due_purpose(
    weeks: int, plan: Mapping[Purpose, int], asked: Iterable[str], *, closing: bool
) -> str | None:
    """The call whose week has come and of which nobody has spoken yet: the latest such, if any.

    A later call takes the place of one that was left out before it; the last is due when the
    lessons are over, however early.
    """
    came = [name for name in PURPOSES if name in plan and weeks >= plan[name]]
    latest = "end" if closing and "end" in plan else came[-1] if came else None
    return latest if latest not in set(asked) else None


def _is_true(what: Told, times: Times, now: datetime) -> bool:
    match what:
        case "patient-day" | "team-day":
            return now < times.at - BEFORE
        case "soon":
            return now < times.at
        case "ask":
            return True


def _day_before(at: datetime, zone: str, hhmm: str) -> datetime:
    """That hour on the day before, on a calendar there; the first minute of a gap after it."""
    day: date = timing.local_date(at, zone) - timedelta(days=1)
    moment = timing.moment_on(day, hhmm, zone)
    # a day whose rest the clocks leave out has no such moment: then a day's length before
    return moment if moment is not None else at - timedelta(days=1)
