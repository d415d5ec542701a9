"""The benchmarks from the command line: the product and its peers in turn, and one table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.contest import BENCH, Entrant, Load, Result, measure, peers, product
from tests.benchmarks.page import put
from tests.benchmarks.rehearsal import FOLDER, Rehearsal
from tests.benchmarks.slow_disk import slow_disk
from tests.benchmarks.table import faults, table


def main() -> int:
    """0 if every figure is worth something, else 1."""
    given = _arguments()
    load = Load(given.chats, given.warm, given.seconds, given.rate)
    entrants, results = _entrants(given), list[Result]()
    extra = slow_disk(FOLDER) if given.slow_disk else {}
    for number in range(given.rounds):
        for each in entrants:
            found, _ = measure(each, load, extra)
            results.append(found)
            say(f"round {number + 1}, {found.name}: {found.rate:,.0f}/s, {found.cpu:.2f} CPU s")
    say(f"\n{table(results)}")
    wrong = faults(results)
    say("\n".join(wrong))
    if given.write:
        put("slow-disk" if given.slow_disk else "turns", table(results))
    return 1 if wrong else 0


def _entrants(given: argparse.Namespace) -> Sequence[Entrant]:
    others = peers() if BENCH.exists() else []
    ours = product(Rehearsal.of(given.folder, given.chats))
    every = [*others, ours]
    return [each for each in every if not given.only or _is_wanted(each, given.only)]


def _is_wanted(entrant: Entrant, only: Sequence[str]) -> bool:
    return any(word.lower() in entrant.name.lower() for word in only)


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("only", nargs="*", help="words in the names of those who take part")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chats", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--warm", type=float, default=3)
    parser.add_argument("--rate", type=float, help="turns a second, not as many as can be")
    parser.add_argument("--write", action="store_true", help="put the table into the page")
    parser.add_argument("--slow-disk", action="store_true", help="each fsync takes 5 ms more")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the rehearsal lies")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
