"""An attack as a row of the table: who tries what, why it should fail, and the try itself."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.red_team.siege import Siege

Stride = Literal["S", "T", "R", "I", "D", "E"]
"""Spoofing, tampering, repudiation, information disclosure, denial of service, elevation."""
Try = Callable[[Siege], None]
"""Does it, and fails by an assertion where it got through."""
MOST_WORDS = 240


@dataclass(frozen=True, slots=True)
class Attack:
    """One row."""

    id: str
    actor: str
    stride: Stride
    does: str
    fails: str
    tries: Try

    @property
    def row(self) -> str:
        """The row as it stands in docs/security.md."""
        file = self.tries.__module__.replace(".", "/")
        link = f"`{file}.py::{self.tries.__name__}`"
        return f"| {self.id} | {self.actor} | {self.stride} | {self.does} | {self.fails} | {link} |"

    def outcome(self, siege: Siege) -> str:
        """Empty if it was refused; else what got through, or what broke on the way."""
        try:
            self.tries(siege)
        except AssertionError as error:
            at = traceback.extract_tb(error.__traceback__)[-1]
            words = " ".join(str(error).split())[:MOST_WORDS]
            return f"SUCCEEDED: line {at.lineno}: {at.line} {words}"
        # whatever breaks, the others are tried all the same
        except Exception:  # noqa: BLE001
            return f"BROKE: {traceback.format_exc()[-4 * MOST_WORDS :]}"
        return ""


class Actor:
    """Whoever attacks: collects what they try, in order."""

    def __init__(self, letter: str, name: str) -> None:
        self._letter, self._name = letter, name
        self.attacks: list[Attack] = []

    def tries(self, stride: Stride, does: str, fails: str) -> Callable[[Try], Try]:
        """Puts the function under the next number of this actor's."""

        def keep(act: Try) -> Try:
            number = f"{self._letter}{len(self.attacks) + 1}"
            self.attacks.append(Attack(number, self._name, stride, does, fails, act))
            return act

        return keep
