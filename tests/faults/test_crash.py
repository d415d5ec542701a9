"""A real process is struck at its n-th boundary, and nobody can tell afterwards.

The whole of it is `make crash`: every boundary of every story. Here is a sample, drawn anew by
nobody: the seed stays, so that what fails here fails again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import pytest

from tests.faults.runs import Outcome, Stage, boundaries_of
from tests.faults.scripts import SCRIPTS
from tests.faults.striking import Kind

SEED = 20_261_122
SAMPLE = 2
FIRST = 3
ACKNOWLEDGES_FIRST = "tests.life.broken_bots.acknowledges_first"
COMMITS = {"commit", "committed"}


@dataclass
class Calm:
    """The stage, and how each story goes on it when nothing is struck."""

    stage: Stage

    def __post_init__(self) -> None:
        self.of = cache(self._of)

    def _of(self, script: str) -> tuple[Outcome, list[str]]:
        return self.stage.calm(SCRIPTS[script])


@pytest.fixture(scope="module")
def calm(request: pytest.FixtureRequest) -> Iterator[Calm]:
    """One stage for all runs of this file."""
    stage = Stage(request.config.getoption("--database"))
    try:
        yield Calm(stage)
    finally:
        stage.ends()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["kill", "error", "hang", "full"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_struck_anywhere_it_loses_and_doubles_nothing(calm: Calm, script: str, kind: Kind) -> None:
    """A sample of the boundaries, one around a commit at least: every invariant holds."""
    outcome, names = calm.of(script)

    struck = [
        calm.stage.run(SCRIPTS[script], kind, n, outcome)
        for n in drawn(boundaries_of(kind, names), f"{SEED} {script} {kind}")
    ]

    assert {run.n: run.wrong for run in struck if run.wrong} == {}
    assert any(run.boundary for run in struck)


@pytest.mark.slow
def test_killed_while_it_starts_it_starts_again(calm: Calm) -> None:
    """The first boundaries of a new installation's first start, one after the other."""
    outcome, _ = calm.of("first-day")

    struck = [calm.stage.run(SCRIPTS["first-day"], "kill", n, outcome) for n in range(1, FIRST + 1)]

    assert [run.wrong for run in struck] == [[]] * FIRST
    assert all(run.boundary for run in struck)


@pytest.mark.slow
def test_a_story_ends_before_a_boundary_that_it_never_comes_to(calm: Calm) -> None:
    """How the exhaustive runs know that they are through."""
    outcome, names = calm.of("nudge")

    run = calm.stage.run(SCRIPTS["nudge"], "kill", 10 * len(names), outcome)

    assert (run.boundary, run.wrong) == (None, [])


@pytest.mark.slow
def test_a_bot_that_acknowledges_first_is_found_out(calm: Calm) -> None:
    """The negative control: struck before it keeps what it has acknowledged, it loses it."""
    outcome, names = calm.of("first-day")
    keeps = [n for n, name in enumerate(names, 1) if name == "getUpdates answered"]

    struck = [
        calm.stage.run(SCRIPTS["first-day"], "kill", n + 1, outcome, ACKNOWLEDGES_FIRST)
        for n in keeps[:3]
    ]

    assert any(sentence.startswith("I1") for run in struck for sentence in run.wrong)


def drawn(names: Sequence[str], seed: str) -> list[int]:
    """Some boundaries by number: around one commit, and anywhere."""
    chance = random.Random(seed)
    commits = [n for n, name in enumerate(names, 1) if name in COMMITS]
    return sorted({chance.choice(commits), *chance.sample(range(1, len(names) + 1), SAMPLE - 1)})
