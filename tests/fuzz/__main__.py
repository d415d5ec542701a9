"""`python -m tests.fuzz --minutes N` asks page and webhook at random, and says what broke."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.running import EACH, fuzzed
from tests.fuzz.target import Target


def main() -> int:
    """0 if every answer was as it must be, else 1."""
    wish = _wish()
    found, chance = dict[str, str](), wish.seed
    total, statuses = 0, dict[int, int]()
    while time.process_time() < 60 * wish.minutes:
        with tempfile.TemporaryDirectory() as folder, Target(Path(folder)) as target:
            found |= fuzzed(target, EACH, chance)
            total += target.asked
            for status, times in target.statuses.items():
                statuses[status] = statuses.get(status, 0) + times
        chance += 1
        _say(f"seed {chance - 1}: {total} requests, {time.process_time():.0f} s of CPU")
    _say(f"answers: {dict(sorted(statuses.items()))}")
    for wrong, asked in found.items():
        _say(f"\n{wrong}\n  {asked}")
    _say(f"{len(found)} kinds of finding")
    return 1 if found else 0


def _wish() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5, help="of the processor's time")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
