"""What is wrong in a content file: where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake: its file (inside the content folder), its line, a sentence, and its step."""

    file: str
    line: int
    text: str
    step: str = ""

    def __str__(self) -> str:
        """The mistake on one line, the way editors and terminals jump to it."""
        return f"{self.file}:{self.line}: {self.sentence}"

    @property
    def sentence(self) -> str:
        """The sentence behind the name of its step, if it is about one."""
        return f"{self.step}: {self.text}" if self.step else self.text


class ContentError(Exception):
    """The content cannot be used; every mistake that was found is on `mistakes`."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(map(str, self.mistakes)))
