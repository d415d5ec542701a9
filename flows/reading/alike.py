"""Whether a typed phrase is a known one with a slip of the fingers."""

from __future__ import annotations

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

ENOUGH = 85
"""From this likeness on (of 100), a phrase may be meant."""


def is_alike(typed: str, known: str) -> bool:
    """Whether each word is the known one, or a long one with few letters wrong.

    Word by word, because "not safe" is nearly "safe" to a mere count of letters, and "unsure"
    nearly "sure".
    """
    if len(known) < 4 or fuzz.ratio(typed, known) < ENOUGH:
        return False
    said, right = typed.split(), known.split()
    return len(said) == len(right) and all(map(is_slip, said, right))


def is_slip(word: str, right: str) -> bool:
    """Whether it is that word, allowing one wrong letter of four, but not the first."""
    if word == right:
        return True
    begins = word[0] == right[0] or word[:2] == right[1::-1]
    return begins and len(right) > 3 and OSA.distance(word, right) <= len(right) // 4
