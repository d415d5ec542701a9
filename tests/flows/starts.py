"""Named places where a story may begin, each reached by living through the turns before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from bot.content.places import places
from bot.content.reading import read
from flows.program import Release
from flows.steps import Write
from tests.flows.player import Player

CONTENT = Path(__file__).parents[2] / "content"
NUDGED = "until the nudge"
FINISHED = "to the end"
A_DAY = "a day later"
TEN_DAYS = "ten days later"
LESSON = "lesson/"
MOST_LESSONS = 12
FIVE_LESSONS = "five lessons, ten days apart"
ALL_LESSONS = "all lessons, ten days apart"

STARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "new": ("", ()),
    "at-consent": ("new", ("/start", "=go")),
    "agreed": ("at-consent", ("=agree",)),
    "placed": ("agreed", ("=ca", "toronto", "=yes")),
    "suitable": ("placed", ("=yes", "=none", "=yes", "=yes")),
    "in-baseline": ("suitable", ("=go",)),
    "at-mood-questions": ("in-baseline", ("5", "5", "5")),
    "at-item-9": ("at-mood-questions", ("=1",) * 8),
    "at-worry-questions": ("at-item-9", ("=0", "=1", "=go")),
    "at-thoughts": ("at-worry-questions", ("=1",) * 7),
    "at-self": ("at-thoughts", ("=go", *("=2",) * 6, *("=3",) * 5)),
    "measured": ("at-self", ("=go", "5", "5", "5", "5")),
    "at-readiness": ("measured", ("=walk", "8", "7")),
    "at-path": ("at-readiness", ("=life", "=none", "7", "=rarely", "=easy", "=no")),
    "much-at-once": (
        "at-mood-questions",
        (
            *("=1", "=1", "=3", "=3", "=1", "=1", "=1", "=1", "=0", "=1", "=go"),
            *("=1", "=1", "=1", "=1", "=1", "=2", "=1", "=go"),
            *("=2",) * 6,
            *("=3",) * 5,
            *("=go", "8", "5", "5", "5"),
            *("=walk", "8", "7", "=life", "=none", "7", "=often", "=easy", "=no"),
        ),
    ),
    "path-cbt": ("at-path", ("=cbt",)),
    "path-act": ("at-path", ("=act",)),
    "at-times-cbt": ("path-cbt", ("7", "6")),
    "at-times-act": ("path-act", ("7", "6")),
    "learning-cbt": ("at-times-cbt", ("=09:00", "=1,2,3,4,5,6,7", "=standard", "=wait")),
    "learning-act": ("at-times-act", ("=09:00", "=1,2,3,4,5,6,7", "=standard", "=wait")),
    "in-core-cbt": ("learning-cbt", ("/lesson",)),
    "in-core-act": ("learning-act", ("/lesson",)),
    "in-lesson-cbt": ("in-core-cbt", (FINISHED, A_DAY, "/lesson")),
    "in-lesson-act": ("in-core-act", (FINISHED, A_DAY, "/lesson")),
    "resting": ("in-lesson-cbt", ("later",)),
    "planned-cbt": ("in-lesson-cbt", (FINISHED,)),
    "planned-act": ("in-lesson-act", (FINISHED,)),
    "second-lesson-cbt": ("planned-cbt", (TEN_DAYS, "/lesson")),
    "second-lesson-act": ("planned-act", (TEN_DAYS, "/lesson")),
    "nudged": ("planned-cbt", (NUDGED,)),
    "paused": ("learning-cbt", ("/pause", "=7")),
    "left": ("learning-cbt", ("/stop", "=leave", "=none")),
    "half-way-cbt": ("learning-cbt", (FIVE_LESSONS,)),
    "half-way-act": ("learning-act", (FIVE_LESSONS,)),
    "lessons-over": ("learning-act", (ALL_LESSONS,)),
    "short-lessons-over": ("short-pack", (ALL_LESSONS,)),
    "short-pack": ("learning-cbt", ("/settings", "=lessons", "=pack", "=short")),
    "graduated": ("lessons-over", ("/lesson", FINISHED)),
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
    """What is done on the way there; to the place `lesson/…` through all lessons before it."""
    if place.startswith(LESSON):
        return (*_way_to("learning-act" if "/act-" in place else "learning-cbt"), place)
    before, acts = STARTS[place]
    return (*(_way_to(before) if before else ()), *acts)


def _live(player: Player, act: str) -> None:
    if act == NUDGED:
        player.wait_for(player.state.nudge)
    elif act in {A_DAY, TEN_DAYS}:
        list(player.wait(timedelta(days=1 if act == A_DAY else 10)))
    elif act in {FIVE_LESSONS, ALL_LESSONS}:
        _learn(player, 5 if act == FIVE_LESSONS else MOST_LESSONS)
    elif act == FINISHED:
        player.finish()
    elif act.startswith(LESSON):
        _learn_until(player, act)
    elif act.startswith("="):
        player.choose(act[1:])
    else:
        player.say(act)


def _learn_until(player: Player, lesson: str) -> None:
    """Goes through the lessons, ten days apart, until this one has just begun."""
    for _ in range(MOST_LESSONS):
        player.say("/lesson")
        if player.state.stack and player.state.stack[0].flow == lesson:
            return
        _answer_by_examples(player)
        list(player.wait(_until_a_morning(player)))
    raise AssertionError(f"{lesson} is not on this patient's way")


def _learn(player: Player, most: int) -> None:
    """Goes through so many lessons, or as many as there are, ten days apart."""
    for _ in range(most):
        if player.state.phase != "learning":
            return
        player.say("/lesson")
        _answer_by_examples(player)
        list(player.wait(_until_a_morning(player)))


def _answer_by_examples(player: Player) -> None:
    """Each question gets its first answer, and own words are the first example."""
    while (question := player.question()) is not None:
        if isinstance(question, Write) and question.choices:
            player.choose(next(iter(question.choices)))
        else:
            player.answer_first()


def _until_a_morning(player: Player) -> timedelta:
    """So long that it is nine o'clock, ten days on, however long the last lesson took."""
    morning = (player.local() + timedelta(days=10)).replace(hour=9, minute=0, second=0)
    return morning.astimezone(UTC) - player.now
