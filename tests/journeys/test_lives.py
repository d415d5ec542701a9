"""The comparison of two runs is itself checked: it must see what may not happen."""

from __future__ import annotations

import pytest

from tests.journeys.lives import Said, retold


def bubbles(words: str) -> list[Said]:
    """A bubble for each letter."""
    return [("text", letter, ()) for letter in words]


@pytest.mark.parametrize("again", ["abcd", "aabcd", "abcdd", "aaabbcd"])
def test_the_same_with_direct_repeats_is_the_same(again: str) -> None:
    """A bubble that nobody could know about may come twice, at once."""
    assert retold(bubbles("abcd"), bubbles(again)) == []


@pytest.mark.parametrize("again", ["", "abc", "bcd", "acd", "abcad", "acbd", "abcde", "xabcd"])
def test_lost_late_strange_or_swapped_bubbles_are_seen(again: str) -> None:
    """Whatever is missing, out of order, or was never meant to be said."""
    assert retold(bubbles("abcd"), bubbles(again)) != []
