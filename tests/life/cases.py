"""Lives that once went wrong: kept as plain JSON, lived again, and made as short as they can be."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path

from tests.life.life import Act, Life
from tests.life.machine import what_is_left
from tests.life.worlds import Nursery

KEPT = Path(__file__).with_name("kept")
NAMES = count(1)


@dataclass(frozen=True)
class Case:
    """What was done in a world, life after life, and what was found in the end."""

    lives: list[list[Act]]
    found: list[str]

    def keeps(self) -> Path:
        """The file in which the case is kept from now on."""
        KEPT.mkdir(exist_ok=True)
        text = json.dumps({"found": self.found, "lives": self.lives}, indent=1) + "\n"
        file = KEPT / f"{sha256(json.dumps(self.lives).encode()).hexdigest()[:8]}.json"
        file.write_text(text, encoding="utf-8")
        return file


def kept() -> list[Path]:
    """The cases that are kept."""
    return sorted(KEPT.glob("*.json"))


def case_in(file: Path) -> Case:
    """The case in that file."""
    return Case(**json.loads(file.read_text(encoding="utf-8")))


def lived_again(nursery: Nursery, lives: list[list[Act]]) -> list[str]:
    """What is wrong after these lives in a new world."""
    with nursery.world(f"again-{next(NAMES)}") as world:
        life = Life(world)
        for acts in lives:
            life.begins()
            for act in acts:
                life.does(act)
            found = what_is_left(life)
            if found:
                return found
    return []


def shorter(nursery: Nursery, case: Case, seconds: float) -> Case:
    """The case without whatever it does not need, as far as that is found out in that time."""
    given_up = time.monotonic() + seconds
    for lives in ([case.lives[-1]], case.lives):
        found = lived_again(nursery, lives)
        if found:
            case = Case(lives, found)
            break
    while time.monotonic() < given_up:
        smaller = next(_fails_with_less(nursery, case, given_up), None)
        if smaller is None:
            break
        case = smaller
    return case


def _fails_with_less(nursery: Nursery, case: Case, given_up: float) -> Iterator[Case]:
    *before, acts = case.lives
    size = max(len(acts) // 2, 1)
    while size and time.monotonic() < given_up:
        for start in range(0, len(acts), size):
            lives = [*before, acts[:start] + acts[start + size :]]
            found = lived_again(nursery, lives)
            if found:
                yield Case(lives, found)
        size //= 2
