"""`python -m tests.life` lives at random for some minutes, and keeps whatever went wrong."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.life.cases import Case, shorter
from tests.life.controls import CONTROLS, PATIENCE, harm_done
from tests.life.life import Life
from tests.life.machine import lived
from tests.life.releases import RELEASES
from tests.life.worlds import Nursery, nursery

LIVES = 5
"""In one world; then there is another, with the next seed."""
SHORTENING = 240.0


def main() -> None:
    """Live, and end with status 1 if anything was broken."""
    wish = _wish()
    with tempfile.TemporaryDirectory() as folder:
        others = [] if wish.broken else [name for name, edits in RELEASES.items() if edits]
        with nursery(Path(folder), others, database=wish.database) as made:
            found = _broken(made, wish.broken) if wish.broken else _lives(made, wish)
    sys.exit(bool(found))


def _wish() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--broken", choices=sorted(CONTROLS))
    return parser.parse_args()


def _lives(made: Nursery, wish: argparse.Namespace) -> int:
    until, chance, broken = time.monotonic() + 60 * wish.minutes, wish.seed, 0
    while time.monotonic() < until:
        broken += _world(made, chance, wish.steps)
        chance += 1
    _say(f"{chance - wish.seed} seeds, {broken} broken")
    return broken


def _world(made: Nursery, chance: int, steps: int) -> bool:
    """Whether the world of that seed ended broken."""
    began = time.monotonic()
    with made.world(f"seed-{chance}") as world:
        life = Life(world)
        found = lived(life, examples=LIVES, steps=steps, chance=chance)
    acts = sum(map(len, life.lives))
    seconds = time.monotonic() - began
    _say(f"seed {chance}: {len(life.lives)} lives, {acts} acts, {seconds:.0f} s, {found or 'well'}")
    if found:
        case = shorter(made, Case(life.lives, found), SHORTENING)
        _say(f"kept in {case.keeps()}: {case.lives} {case.found}")
    return bool(found)


def _broken(made: Nursery, name: str) -> bool:
    """Whether the bot that is broken in this way was found out."""
    with made.world(name, breaks=name) as world:
        life = Life(world)
        life.begins(ahead=CONTROLS[name].ahead, team=0)
        found = harm_done(life, CONTROLS[name], PATIENCE)
    for sentence in found:
        _say(sentence)
    return any(CONTROLS[name].finds in each for each in found)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
