"""Named places where a story may begin, each reached by living through the turns before it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from bot.content.places import places
from bot.content.reading import read
from flows.program import Release
from tests.flows.player import Player

CONTENT = Path(__file__).parents[2] / "content"
NUDGED = "until the nudge"
FINISHED = "to the end"
TEN_DAYS = "ten days later"

STARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "new": ("", ()),
    "at-consent": ("new", ("/start", "=go")),
    "agreed": ("at-consent", ("=agree",)),
    "placed": ("agreed", ("=ca", "toronto", "=yes")),
    "suitable": ("placed", ("=yes", "=none", "=yes", "=yes")),
    "in-baseline": ("suitable", ("=go",)),
    "at-mood-questions": ("in-baseline", ("5", "5", "5")),
    "at-item-9": ("at-mood-questions", ("=1",) * 8),
    "measured": ("at-item-9", ("=0", *("=1",) * 7)),
    "at-path": ("measured", ("=walk", "8", "7")),
    "path-cbt": ("at-path", ("=cbt",)),
    "path-act": ("at-path", ("=act",)),
    "learning-cbt": ("path-cbt", ("=09:00", "=1,2,3,4,5,6,7", "=standard", "=wait")),
    "learning-act": ("path-act", ("=09:00", "=1,2,3,4,5,6,7", "=standard", "=wait")),
    "in-lesson-cbt": ("learning-cbt", ("/lesson",)),
    "in-lesson-act": ("learning-act", ("/lesson",)),
    "resting": ("in-lesson-cbt", ("later",)),
    "planned-cbt": ("in-lesson-cbt", (FINISHED,)),
    "planned-act": ("in-lesson-act", (FINISHED,)),
    "second-lesson-cbt": ("planned-cbt", (TEN_DAYS, "/lesson")),
    "second-lesson-act": ("planned-act", (TEN_DAYS, "/lesson")),
    "nudged": ("planned-cbt", (NUDGED,)),
    "paused": ("learning-cbt", ("/pause", "=7")),
    "left": ("learning-cbt", ("/stop", "=leave", "=none")),
    "in-crisis": ("in-lesson-cbt", ("I want to die",)),
}
"""By name: the place before, and what the patient did from there (`=value` taps that choice)."""


@cache
def real_release() -> Release:
    """The content that patients meet."""
    return read(CONTENT).with_places(places)


def begin(
    release: Release, place: str, at: datetime, *, zone: str = "UTC", staffed: bool = True
) -> Player:
    """A patient who lived through everything up to that place; the first turn was at `at`."""
    player = Player(release, at, zone=zone, staffed=staffed)
    for act in _way_to(place):
        _live(player, act)
    return player


def _way_to(place: str) -> tuple[str, ...]:
    before, acts = STARTS[place]
    return (*(_way_to(before) if before else ()), *acts)


def _live(player: Player, act: str) -> None:
    if act == NUDGED:
        player.wait_for(player.state.nudge)
    elif act == TEN_DAYS:
        list(player.wait(timedelta(days=10)))
    elif act == FINISHED:
        player.finish()
    elif act.startswith("="):
        player.choose(act[1:])
    else:
        player.say(act)
