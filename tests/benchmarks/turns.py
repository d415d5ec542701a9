"""`python -m tests.benchmarks.turns`: what one turn of the engine costs, by kind and by part."""

from __future__ import annotations

import argparse
import cProfile
import pstats
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime

from bot.service.post import bubble
from flows import crisis
from flows.effects import Effect, Send
from flows.events import Event, Said, Tapped, words_of
from flows.program import Release
from flows.state import State
from flows.steps import Item, Question, Rate, Write
from flows.turn import turn
from tests.flows.starts import begin, real_release

MONDAY = datetime(2026, 3, 2, 14, tzinfo=UTC)
COURSES = ("lessons-over", "half-way-cbt", "in-crisis", "left")
"""The courses whose turns are measured, by where each ends."""

WORDS = (
    "I could not sleep again because my back hurt, and I was worried about work.",
    "My daughter came by and we walked to the shop, slowly, with two rests on the way.",
)
"""What is written where own words are asked for, or nothing is."""


@dataclass(frozen=True, slots=True)
class Case:
    """A turn to be measured: the kind it is of, and what goes into it."""

    kind: str
    state: State
    event: Event


@dataclass(frozen=True, slots=True)
class Cost:
    """What one kind of turn costs in microseconds of CPU; the screen is a part of the turn."""

    parse: float
    turn: float
    screen: float
    bubbles: float
    dump: float


def recorded(release: Release, courses: Sequence[str] = COURSES) -> Iterator[Case]:
    """Every turn of these courses, and for a tapped number also the turn in which it is typed."""
    for course in courses:
        player = begin(release, course, MONDAY, zone="America/Toronto")
        state = player.first
        for number, event in enumerate(player.journal):
            yield from _cases(release, state, event, WORDS[number % len(WORDS)])
            state = turn(release, state, event).state


def _cases(release: Release, state: State, event: Event, words: str) -> Iterator[Case]:
    question = _question(release, state)
    if isinstance(question, Write) and question.read == "text" and isinstance(event, Said):
        yield Case("own words at a question", state, event.model_copy(update={"text": words}))
        return
    yield Case(_kind(question, event), state, event)
    if isinstance(event, Tapped) and isinstance(question, Rate | Item) and event.turn:
        said = Said(at=event.at, desk=event.desk, text=event.choice)
        yield Case("a number typed", state, said)
    if state.asked is None and state.phase == "learning":
        yield Case("own words unasked", state, Said(at=event.at, desk=event.desk, text=words))


def _kind(question: Question | None, event: Event) -> str:
    if isinstance(event, Tapped):
        return "a tap at a measure" if isinstance(question, Rate | Item) else "a tap in a talk"
    if isinstance(event, Said) and event.text.startswith("/"):
        return "a command"
    if isinstance(event, Said):
        return "a short answer"
    return f"an event ({event.kind})"


def _question(release: Release, state: State) -> Question | None:
    if state.asked is None:
        return None
    top = state.stack[-1]
    step = release.flow(top.flow).step(top.step)
    return step if isinstance(step, Question) else None


def costs(release: Release, cases: Sequence[Case], rounds: int) -> Cost:
    """What these turns cost on average, in the best of so many rounds over all of them."""
    stored = [each.state.model_dump_json() for each in cases]
    states = [State.model_validate_json(each) for each in stored]
    turned = [turn(release, s, each.event) for s, each in zip(states, cases, strict=True)]
    words = [words_of(each.event) for each in cases]
    timed = {
        "parse": lambda: [State.model_validate_json(each) for each in stored],
        "turn": lambda: [turn(release, s, c.event) for s, c in zip(states, cases, strict=True)],
        "screen": lambda: [crisis.screen(release.crisis, each) for each in words if each],
        "bubbles": lambda: [_bubbles(each.effects) for each in turned],
        "dump": lambda: [each.state.model_dump_json() for each in turned],
    }
    return Cost(**{name: _least(act, len(cases), rounds) for name, act in timed.items()})


def _bubbles(effects: Sequence[Effect]) -> list[str]:
    sends = [each for each in effects if isinstance(each, Send)]
    return [bubble(e.text, e.values, e.buttons).model_dump_json() for e in sends]


def _least(act: Callable[[], object], many: int, rounds: int) -> float:
    spent = []
    for _ in range(rounds):
        begun = time.process_time()
        act()
        spent.append((time.process_time() - begun) / many * 1e6)
    # what else the machine does can only add to it
    return min(spent)


def sample(cases: Sequence[Case], most: int) -> Mapping[str, Sequence[Case]]:
    """At most so many cases of each kind, the same ones every time."""
    kinds: dict[str, list[Case]] = defaultdict(list)
    for each in cases:
        kinds[each.kind].append(each)
    chosen = random.Random(7)
    return {
        kind: chosen.sample(every, min(most, len(every))) for kind, every in sorted(kinds.items())
    }


def table(release: Release, kinds: Mapping[str, Sequence[Case]], rounds: int) -> Iterator[str]:
    """A line for each kind of turn, under a line of heads."""
    heads = ("n", "KiB", "parse", "turn", "screen", "bubbles", "dump")
    yield f"{'µs of CPU':<26}" + "".join(f"{head:>9}" for head in heads)
    for kind, cases in kinds.items():
        cost = costs(release, cases, rounds)
        size = statistics.mean(len(each.state.model_dump_json()) for each in cases) / 1024
        spent = "".join(f"{each:>9.0f}" for each in astuple(cost))
        yield f"{kind:<26}{len(cases):>9}{size:>9.1f}{spent}"


def _profile(release: Release, cases: Sequence[Case], order: str) -> None:
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(5):
        for each in cases:
            turn(release, each.state, each.event)
    profiler.disable()
    pstats.Stats(profiler, stream=sys.stdout).sort_stats(order).print_stats(60)


def main() -> None:
    """Play the courses, and print what a turn of each kind costs; `screen` is a part of `turn`."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=9)
    asked.add_argument("--most", type=int, default=60)
    asked.add_argument("--profile", help="a kind of turn to profile, or 'all'")
    asked.add_argument("--order", default="tottime", help="how the profile is sorted")
    given = asked.parse_args()
    release = real_release()
    kinds = sample(list(recorded(release)), given.most)
    if given.profile:
        chosen = [c for kind, each in kinds.items() for c in each if given.profile in {kind, "all"}]
        _profile(release, chosen, given.order)
        return
    for line in table(release, kinds, given.rounds):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
