"""Strikes a bot at every boundary of a story, one run for each, until a run is clean.

    python -m tests.faults --script first-day --kind kill

Each line tells a boundary that was struck and what was broken afterwards; the exit status is 1 if
anything was. `--every` and `--from` make a sample, `--only-broken` keeps quiet about the rest.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from itertools import count
from typing import get_args

from tests.faults.runs import Outcome, Run, Stage
from tests.faults.scripts import SCRIPTS
from tests.faults.striking import Kind

CLEAN = 2
"""A story may have a boundary more or less; after so many clean runs in a row it is at its end."""
KINDS = [kind for kind in get_args(Kind) if kind != "count"]


def main() -> int:
    """The exit status: 0 if nothing was broken anywhere."""
    wish = _wish()
    scripts = SCRIPTS if wish.script == "all" else [wish.script]
    kinds = KINDS if wish.kind == "all" else [wish.kind]
    stage = Stage(wish.database)
    try:
        broken = [
            exhaust(stage, script, kind, wish.start, wish.every, only_broken=wish.only_broken)
            for script in scripts
            for kind in kinds
        ]
    finally:
        stage.ends()
    return int(any(broken))


def exhaust(
    stage: Stage, script: str, kind: Kind, start: int, every: int, *, only_broken: bool
) -> int:
    """How many runs broke something, of one story and one way to strike."""
    began, broken, struck = time.monotonic(), 0, 0
    calm, boundaries = stage.calm(SCRIPTS[script])
    _say(f"{script} {kind}: {len(boundaries)} boundaries when nothing is struck")
    for run in runs(stage, script, kind, calm=calm, start=start, every=every):
        struck += run.boundary is not None
        broken += bool(run.wrong)
        if run.wrong or not only_broken:
            _say(line_of(script, kind, run))
    took = time.monotonic() - began
    _say(f"{script} {kind}: {struck} struck, {broken} broken, {took:.0f} seconds")
    return broken


def runs(
    stage: Stage, script: str, kind: Kind, *, calm: Outcome, start: int, every: int
) -> Iterator[Run]:
    """One run for each boundary from there on, until the story is told without being struck."""
    clean = 0
    for n in count(start, every):
        run = stage.run(SCRIPTS[script], kind, n, calm)
        yield run
        clean = 0 if run.boundary is not None else clean + 1
        if clean == CLEAN:
            return


def line_of(script: str, kind: Kind, run: Run) -> str:
    """What there is to say of a run."""
    where = run.boundary or "not struck"
    what = "; ".join(run.wrong) if run.wrong else "sound"
    return f"{script} {kind} {run.n:4} {where}: {what} ({run.seconds:.1f} s)"


def _wish() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--script", choices=[*SCRIPTS, "all"], default="all")
    parser.add_argument("--kind", choices=[*KINDS, "all"], default="all")
    parser.add_argument("--from", dest="start", type=int, default=1)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--only-broken", action="store_true")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
