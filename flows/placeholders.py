"""The {placeholders} of a text: one pattern, for whoever writes, checks or fills them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_-]*(?:\|[^{}|]+)?)\}")
"""A name in braces, in small letters; behind a bar the words that stand when it is not known."""


@lru_cache(maxsize=4096)
def slots_in(text: str) -> frozenset[str]:
    """What stands between braces in an author's text: names, some with words behind a bar."""
    return frozenset(PLACEHOLDER.findall(text))


def parts_of(slot: str) -> tuple[str, str]:
    """The name of a slot, and the words that stand when the name is not known (perhaps none)."""
    name, _, words = slot.partition("|")
    return name, " ".join(words.split())


def value_of(slot: str, values: Mapping[str, str]) -> str:
    """What is shown in this slot; KeyError names a placeholder without a value."""
    return values[slot] if slot in values else values[parts_of(slot)[0]]


def names_in(text: str) -> frozenset[str]:
    """The names that the text may show a value of."""
    return frozenset(parts_of(slot)[0] for slot in slots_in(text))


def needed_in(text: str) -> frozenset[str]:
    """The names that the text needs values for: those without other words."""
    return frozenset(name for name, words in map(parts_of, slots_in(text)) if not words)
