"""Who may begin a flow: what such a patient answered, scored and finished before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations, product
from math import prod

from flows.conditions import holds
from flows.events import Joined
from flows.journey import PHASES
from flows.known import known_of
from flows.program import Measure, Release
from flows.scene import Scene
from flows.state import Done, Score, State
from flows.steps import Condition
from flows.walk.classes import Classes, Value, score_of, whole_ends
from flows.walk.moment import LONG_AGO, NOW, TURN
from flows.walk.needs import Needs
from flows.walk.singles import Subject, subject

Change = Callable[[State], State]

MOST_TOGETHER = 48
"""Up to so many worlds are all tried; of more, every two things meet in one of them."""

MOST_OF_ONE = 200
"""Up to so many worlds are tried for one condition; of more, again every two things meet."""


@dataclass(frozen=True, slots=True)
class World:
    """A patient at the beginning of a flow, and in words what is known of them."""

    said: str
    state: State


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that may be so of a patient: in words, and made so."""

    said: str
    change: Change


def worlds(release: Release, classes: Classes, needs: Needs, base: State) -> tuple[World, ...]:
    """The patients that between them meet every condition both ways, the least known first."""
    tests: dict[Subject, list[Condition]] = {}
    for test in sorted(needs.tests, key=repr):
        about = subject(test)
        if about is not None:
            tests.setdefault(about, []).append(test)
    # facts count what is finished, so they are made so first, and the rest on top of them
    found = sorted(tests.items(), key=lambda item: (item[0][0] != "fact", item[0]))
    options = [_options(release, classes, about, those, base) for about, those in found]
    places = {about: at for at, (about, _) in enumerate(found)}
    groups = [
        sorted(places[about] for about in those)
        for those in classes.tests.together
        if those <= places.keys()
    ]
    return tuple(_made(base, chosen) for chosen in _chosen(options, sorted(groups)))


def _made(base: State, chosen: Sequence[Option]) -> World:
    state = base
    for option in chosen:
        state = option.change(state)
    return World(", ".join(option.said for option in chosen if option.said), state)


def _chosen(options: list[list[Option]], groups: list[list[int]]) -> Iterator[tuple[Option, ...]]:
    if prod(map(len, options)) <= MOST_TOGETHER:
        yield from product(*options)
        return
    sizes = [len(each) for each in options]
    small = [group for group in groups if prod(sizes[at] for at in group) <= MOST_OF_ONE]
    for picks in cover(sizes, small):
        yield tuple(each[pick] for each, pick in zip(options, picks, strict=True))


def cover(sizes: Sequence[int], groups: Sequence[Sequence[int]]) -> Iterator[tuple[int, ...]]:
    """Picks of one option each, in which any two options meet, and all of those in a group.

    The first pick is the first option of everything.
    """
    yield (0,) * len(sizes)
    pairs = combinations(range(len(sizes)), 2)
    missing = {picks: None for places in (*pairs, *groups) for picks in _every(sizes, places)}
    while missing:
        picks = dict(next(iter(missing)))
        for place in range(len(sizes)):
            if place not in picks:
                picks[place] = _best(place, sizes[place], picks, missing)
        met = picks.items()
        missing = {each: None for each in missing if not each <= met}
        yield tuple(picks[place] for place in range(len(sizes)))


Picks = frozenset[tuple[int, int]]


def _every(sizes: Sequence[int], places: Iterable[int]) -> Iterator[Picks]:
    for picks in product(*([(place, n) for n in range(sizes[place])] for place in places)):
        yield frozenset(picks)


def _best(place: int, size: int, picks: dict[int, int], missing: Collection[Picks]) -> int:
    """The option that meets most of the picked ones for the first time."""

    def gain(option: int) -> int:
        return sum(frozenset([(place, option), other]) in missing for other in picks.items())

    return max(range(size), key=gain)


def _options(
    release: Release,
    classes: Classes,
    about: Subject,
    tests: list[Condition],
    base: State,
) -> list[Option]:
    """What may be so of one subject, one option for each way in which its tests fall."""
    found: dict[tuple[bool, ...], Option] = {}
    for option in _candidates(release, classes, about, tests, base):
        known = known_of(Scene(release, Joined(at=NOW), option.change(base)))
        found.setdefault(tuple(holds(test, known) for test in tests), option)
    # someone of whom nothing holds comes first: they meet the last of many cases
    return [found[outcomes] for outcomes in sorted(found, key=sum)]


def _candidates(
    release: Release,
    classes: Classes,
    about: Subject,
    tests: list[Condition],
    base: State,
) -> Iterator[Option]:
    kind, name = about
    match kind:
        case "key":
            if name not in base.answers:
                yield Option("", lambda state: state)
            yield from (_answered(name, value) for value in classes.values(name))
        case "measure":
            yield from _measured(classes, release.measures[name], tests)
        case "done":
            yield Option("", lambda state: state)
            for days in whole_ends(tests, 0, 400):
                yield _finished(name, days)
        case _:
            yield from _fact(release, name, tests, base)


def _answered(key: str, value: Value) -> Option:
    return Option(
        f"{key} = {value}",
        lambda state: state.model_copy(
            update={
                "answers": {**state.answers, key: value},
                "words": {**state.words, key: str(value)},
            }
        ),
    )


def _measured(classes: Classes, measure: Measure, tests: list[Condition]) -> Iterator[Option]:
    yield Option("", lambda state: state)
    ways = classes.items(measure.measure, frozenset(tests))
    for items in ways:
        yield _scored(measure, (score_of(measure, items),))
    if any(test.improved for test in tests):
        totals = [score_of(measure, items) for items in ways]
        for pair in product(totals, repeat=2):
            yield _scored(measure, pair)
        yield from (_scored(measure, trio) for trio in _turns(totals))


def _turns(totals: list[Score]) -> Iterator[tuple[Score, ...]]:
    """Better and then worse again, and the other way: the best is then not the first or last."""
    known = sorted((s for s in totals if s.total is not None), key=lambda s: s.total or 0)
    if len(known) > 2:
        low, middle, high = known[0], known[len(known) // 2], known[-1]
        yield from ((middle, low, high), (middle, high, low), (high, low, middle))


def _scored(measure: Measure, scores: tuple[Score, ...]) -> Option:
    totals = " then ".join("none" if s.total is None else f"{s.total:g}" for s in scores)
    dated = tuple(
        score.model_copy(update={"at": LONG_AGO + timedelta(days=number)})
        for number, score in enumerate(scores)
    )
    return Option(
        f"{measure.measure} scored {totals}",
        lambda state: state.model_copy(update={"scores": (*state.scores, *dated)}),
    )


def _finished(flow: str, days: int) -> Option:
    done = Done(flow=flow, at=NOW - timedelta(days=days))
    return Option(
        f"{flow} finished {days} days ago",
        lambda state: state.model_copy(
            update={"done": (*(d for d in state.done if d.flow != flow), done)}
        ),
    )


def _fact(release: Release, name: str, tests: list[Condition], base: State) -> Iterator[Option]:
    yield Option("", lambda state: state)
    match name:
        case "phase":
            for phase in PHASES:
                yield Option(f"in {phase}", _in_phase(phase))
        case "weeks":
            for weeks in whole_ends(tests, 0, 60):
                yield Option(f"{weeks} weeks of learning", _learning(weeks))
        case _:
            for track, count in _courses(release):
                said = f"{count} lessons of {track} finished"
                yield Option(said, _lessons(release, track, count))


def _in_phase(phase: str) -> Change:
    return lambda state: state.model_copy(update={"phase": phase})


def _learning(weeks: int) -> Change:
    began = NOW - timedelta(weeks=weeks)
    return lambda state: state.model_copy(update={"learning_at": began})


def _courses(release: Release) -> Iterator[tuple[str, int]]:
    program = release.program
    for name, track in program.tracks.items():
        yield from ((name, count) for count in range(len(program.core + track.lessons) + 1))


def _lessons(release: Release, track: str, count: int) -> Change:
    program = release.program
    done = tuple(
        Done(flow=lesson, at=LONG_AGO)
        for lesson in (program.core + program.tracks[track].lessons)[:count]
    )
    return lambda state: state.model_copy(
        update={
            "answers": {**state.answers, "track": track},
            "words": {**state.words, "track": track},
            "done": (*state.done, *done),
        }
    )


def nobody_yet(release: Release, phase: str, known: dict[str, Value]) -> State:
    """Someone in this phase of whom only these answers are known."""
    return State(
        release=release.hash,
        phase=phase,
        turn=TURN,
        answers=dict(known),
        words={key: str(value) for key, value in known.items()},
        last_seen_at=NOW,
    )
