"""Which questions are due on which day: one set at a time, none twice, none forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import pytest

from flows.events import Said
from flows.rhythm import due_check
from flows.scene import Scene
from flows.state import Done, State
from tests.flows.courses import MONDAY, begun, shortened
from tests.flows.small import heard

LESSONS = ("core-start", "cbt-loop", "cbt-pacing", "cbt-calm", "cbt-activity", "cbt-thoughts")


@dataclass(frozen=True)
class At:
    """A patient on a day of the course: what they finished on which day, and their phase."""

    day: int
    due: str | None
    done: tuple[tuple[str, int], ...] = ()
    lessons: int = 0
    phase: str = "learning"
    phase_day: int = 0
    opens_day: int | None = None
    zone: str = "UTC"
    pack: str = "whole"
    track: str = "cbt"
    hour: int = 0

    def scene(self) -> Scene:
        """The scene of that day, at the hour of the first day or so many hours later."""
        done = [("flow/baseline", 0), ("measure/phq-9", 0), *self.done]
        done += [(f"lesson/{name}", n) for n, name in enumerate(LESSONS[: self.lessons])]
        state = State(
            release="",
            phase=self.phase,
            phase_at=MONDAY + timedelta(days=self.phase_day),
            learning_at=MONDAY,
            lesson_opens_at=_day(self.opens_day),
            answers={"track": self.track, "zone": self.zone, "pack": self.pack},
            done=tuple(Done(flow=flow, at=MONDAY + timedelta(days=day)) for flow, day in done),
        )
        at = MONDAY + timedelta(days=self.day, hours=self.hour)
        return Scene(shortened(), Said(at=at, text="hello"), state)


def _day(day: int | None) -> datetime | None:
    return None if day is None else MONDAY + timedelta(days=day)


WEEKLY, TWO_WEEKLY, MIDDLE = "flow/weekly", "flow/two-weekly", "flow/middle"
ENDING, B3, B6, B12 = "flow/ending", "flow/booster-3", "flow/booster-6", "flow/booster-12"
closing = partial(At, phase="finishing", phase_day=70)
after = partial(At, phase="following_up", phase_day=100)

DAYS = [
    # every seven days, counted from the first questions
    At(day=6, due=None),
    At(day=7, due=WEEKLY),
    At(day=12, due=WEEKLY),
    # days on the calendar: just after the seventh midnight it is due, in every time zone
    At(day=6, hour=14, due=None),
    At(day=6, hour=15, due=WEEKLY),
    At(day=6, hour=1, due=None, zone="Pacific/Auckland"),
    At(day=6, hour=2, due=WEEKLY, zone="Pacific/Auckland"),
    # from the last set, whichever it was
    At(day=15, due=None, done=((WEEKLY, 9), ("measure/phq-9", 9))),
    At(day=16, due=WEEKLY, done=((WEEKLY, 9), ("measure/phq-9", 9))),
    At(day=16, due=None, done=((WEEKLY, 7), (MIDDLE, 14), ("measure/phq-9", 14))),
    # the longer set comes before the short one, and counts from its questionnaire alone
    At(day=14, due=TWO_WEEKLY, done=((WEEKLY, 7),)),
    At(day=14, due=WEEKLY, done=((WEEKLY, 7), ("measure/phq-9", 7))),
    # half-way comes after five lessons, before anything else, and once
    At(day=14, due=TWO_WEEKLY, lessons=4, done=((WEEKLY, 7),)),
    At(day=14, due=MIDDLE, lessons=5, done=((WEEKLY, 7),)),
    At(day=14, due=None, lessons=6, done=((MIDDLE, 13), ("measure/phq-9", 13))),
    At(day=14, due=None, lessons=6, done=((MIDDLE, 10), ("measure/phq-9", 10))),
    # the short pack has no more than four lessons
    At(day=13, due=WEEKLY, lessons=4, pack="short"),
    # lessons count whichever path or pack they belong to by now
    At(day=13, due=MIDDLE, lessons=5, pack="short"),
    At(day=13, due=MIDDLE, lessons=5, track="act"),
    # the closing waits for the day that a next lesson would have opened
    closing(day=72, due=None, opens_day=77),
    closing(day=77, due=ENDING, opens_day=77),
    closing(day=90, due=ENDING, opens_day=77),
    # a second closing, of someone who had gone on to the rest of the lessons
    closing(day=90, due=ENDING, opens_day=77, done=((ENDING, 30),)),
    # no weekly questions after the lessons
    after(day=72, due=None),
    # the visits after three, six and twelve months
    after(day=189, due=None),
    after(day=190, due=B3),
    after(day=279, due=None, done=((B3, 195),)),
    after(day=280, due=B6, done=((B3, 195),)),
    # whoever missed the first visit gets the second one, and not both
    after(day=280, due=B6),
    after(day=281, due=None, done=((B6, 280),)),
    after(day=465, due=B12, done=((B6, 280),)),
    after(day=466, due=None, done=((B12, 465),)),
    # nothing is due where no course is
    At(day=90, due=None, phase="paused"),
    At(day=90, due=None, phase="finished"),
    At(day=90, due=None, phase="withdrawn"),
]


@pytest.mark.parametrize("at", DAYS, ids=lambda at: f"{at.phase}-day-{at.day}-{at.due}")
def test_the_questions_that_are_due_on_a_day(at: At) -> None:
    """By what was finished and when, on the patient's own calendar."""
    check = due_check(at.scene())

    assert (check.flow if check else None) == at.due


def test_the_nudge_says_how_long_the_questions_take() -> None:
    """The minutes are those of the set that is due on that day."""
    player = begun(pace="slow")
    player.say("/lesson")
    player.finish()
    player.now += timedelta(days=7)
    player.say("/progress")

    offered = player.wait_for(player.state.nudge)

    minutes = shortened().flow(WEEKLY).minutes
    assert heard(offered)[0].startswith("Hello. Your questions are ready.")
    assert f"About {minutes} minutes" in heard(offered)[0]


def test_asking_for_questions_opens_those_that_are_due() -> None:
    """The menu's button means the set of the day, in every phase that has one."""
    player = begun()
    list(player.wait(timedelta(days=7)))

    player.say("/check")

    assert player.state.stack[-1].flow == WEEKLY
