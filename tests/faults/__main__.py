"""Strikes a bot at every boundary of a story, one run for each, until a run is clean.

    python -m tests.faults --script first-day --kind kill

Each line tells a boundary that was struck and what was broken afterwards, the last one how many
were struck; the exit status is 1 if anything was broken. Without `--script` and `--kind` all of
them are told, on every core. `--every` and `--from` make a sample, `--each` tells the sound runs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import get_args

from tests.faults.runs import Outcome, Run, Stage, boundaries_of
from tests.faults.scripts import SCRIPTS
from tests.faults.striking import Kind

CLEAN = 2
"""A story may have a boundary more or less; after so many clean runs in a row it is at its end."""
KINDS = [kind for kind in get_args(Kind) if kind != "count"]


def main() -> int:
    """The exit status: 0 if nothing was broken anywhere."""
    wish = _wish()
    if "all" in (wish.script, wish.kind):
        return _in_parts(wish)
    stage = Stage(wish.database)
    try:
        broken = exhaust(stage, wish.script, wish.kind, wish)
    finally:
        stage.ends()
    return int(bool(broken))


def _in_parts(wish: argparse.Namespace) -> int:
    """Each story and each way by itself, on every core at once."""
    scripts = SCRIPTS if wish.script == "all" else [wish.script]
    kinds = KINDS if wish.kind == "all" else [wish.kind]
    more = ["--from", str(wish.start), "--every", str(wish.every), "--database", wish.database]
    more += ["--each"] if wish.each else []
    parts = [
        [sys.executable, "-m", "tests.faults", "--script", script, "--kind", kind, *more]
        for script in scripts
        for kind in kinds
    ]
    with ThreadPoolExecutor(os.cpu_count()) as cores:
        ended = list(cores.map(lambda part: subprocess.run(part, check=False).returncode, parts))
    return int(any(ended))


def exhaust(stage: Stage, script: str, kind: Kind, wish: argparse.Namespace) -> int:
    """How many runs broke something, of one story and one way to strike."""
    began, broken, struck = time.monotonic(), 0, 0
    calm, names = stage.calm(SCRIPTS[script])
    expected = len(boundaries_of(kind, names))
    for run in runs(stage, script, kind, calm=calm, start=wish.start, every=wish.every):
        struck += run.boundary is not None
        broken += bool(run.wrong)
        if run.wrong or wish.each:
            _say(line_of(script, kind, run))
    took = time.monotonic() - began
    _say(f"{script} {kind}: {struck} struck of {expected}, {broken} broken, {took:.0f} seconds")
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
    parser.add_argument("--each", action="store_true", help="a line for every run")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
