"""Who the people are that live for weeks with the program: what they chose, and their habits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

FIRST = datetime(2026, 3, 2, 14, tzinfo=UTC)
"""A Monday; within the twelve weeks many clocks go forward."""

DAY = timedelta(days=1)
TOWNS = {
    "Toronto": ("Canada", "America/Toronto"),
    "Berlin": ("Germany", "Europe/Berlin"),
    "Auckland": ("New Zealand", "Pacific/Auckland"),
    "Kathmandu": ("other", "Asia/Kathmandu"),
}
CRISIS = ("I want to die", "8 and I want to kill myself", "I can't go on")


@dataclass(frozen=True)
class Course:
    """What somebody chose at the beginning, and where they live."""

    track: str = "cbt"
    pace: str = "fast"
    pack: str = "whole"
    days: str = "1,2,3,4,5,6,7"
    time: str = "09:00"
    town: str = "Toronto"

    @property
    def zone(self) -> str:
        """The name of their time zone."""
        return TOWNS[self.town][1]

    def answers(self) -> dict[str, str]:
        """What they answer on the way to the first lesson, and whenever it is asked again."""
        return {
            "consent": "agree", "adult": "yes", "red-flags": "none", "pain-months": "yes",
            "seen": "yes", "go-anyway": "go", "zone-ok": "yes", "track": self.track,
            "pace": self.pace, "pack": self.pack, "nudge-days": self.days,
            "ready-time": "2" if self.pack == "short" else "8", "path-fit": "fits",
            "leave": "stay", "pause-days": "none", "crisis-rest": "go", "check-in-rest": "go",
            "red-flag-rest": "go", "longer-now": "yes", "behind-now": "go",
        }  # fmt: skip

    def words(self) -> dict[str, str]:
        """What they type where that is asked."""
        return {"country": TOWNS[self.town][0], "zone": self.town, "nudge-time": self.time}


@dataclass(frozen=True)
class Habits:
    """What somebody does instead of answering, in so many of a thousand acts.

    `steady` people take up every nudge, answer everything and never leave; `away` is how many
    hours the others stay away at most.
    """

    steady: bool = True
    aside: int = 60
    doors: int = 8
    leaving: int = 0
    strange: int = 0
    crisis: int = 0
    away: int = 40
