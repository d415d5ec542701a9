"""A soak from the command line: its samples go into a file, its report to standard output."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

from tests.faults.invariants import broken
from tests.soak.report import leaks, story, table
from tests.soak.run import Soak, Wish


def main() -> int:
    """0 if nothing leaked and nothing is broken, else 1."""
    given = _arguments()
    folder = given.folder or Path(mkdtemp(prefix="paceful-soak-"))
    grain = timedelta(minutes=given.grain)
    wish = Wish(given.patients, given.weeks, given.seed, grain, minutes=given.minutes)
    began = time.monotonic()
    soak = Soak(folder, wish)
    try:
        soak.lives(lambda it: _say(f"{it.now:%d %b %Y} {it.acts} acts, {_minutes(began)}"))
        _say(_told(soak, began))
        wrong = [*leaks(soak.gauges.samples), *broken(soak.world)]
    finally:
        soak.closes()
    _say("\n".join(wrong) if wrong else "Nothing leaked, and every invariant holds.")
    return 1 if wrong else 0


def _told(soak: Soak, began: float) -> str:
    wish = soak.wish
    return (
        f"{wish.patients} patients, {soak.weeks:.1f} weeks, seed {wish.seed}: {soak.acts} acts, "
        f"{soak.stops} stops, {soak.browser.pages} pages, {_minutes(began)}.\n"
        f"Went wrong on the way: {story(soak.weather.done)}.\n\n"
        f"{table(soak.gauges.samples, wish.patients, soak.weeks)}\n\nSamples: {soak.gauges.file}"
    )


def _minutes(began: float) -> str:
    return f"{(time.monotonic() - began) / 60:.1f} minutes"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--patients", type=int, default=500)
    parser.add_argument("--weeks", type=float, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--grain", type=int, default=30, help="least minutes between two stops")
    parser.add_argument("--minutes", type=float, help="end after so long, wherever it is then")
    parser.add_argument("--folder", type=Path, help="where the world lies; a new one by default")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
