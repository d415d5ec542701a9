"""The comparison of two runs is itself checked: it must see what may not happen."""

from __future__ import annotations

import pytest

from tests.journeys.lives import Said, retold


def bubbles(words: str) -> list[Said]:
    """A bubble for each letter, those in capitals with a button."""
    return [("text", letter, (("Yes", "y"),) if letter.isupper() else ()) for letter in words]


@pytest.mark.parametrize(
    "again", ["aBcdE", "aaBcdE", "aBcdEE", "aaaBBcdE", "aBaBcdE", "aBcdcdE", "aBcdEcdE", "aBcdEdE"]
)
def test_the_same_with_an_answer_told_again_is_the_same(again: str) -> None:
    """What nobody could know about may come twice, at once and in its order."""
    assert retold(bubbles("aBcdE"), bubbles(again)) == []


def test_words_that_stand_in_two_answers_hide_no_repeat() -> None:
    """It is not known at once which of the two is told."""
    assert retold(bubbles("aBaC"), bubbles("aBaBaC")) == []
    assert retold(bubbles("aBaC"), bubbles("aBaBaB")) != []


@pytest.mark.parametrize(
    "again",
    ["", "aBcd", "BcdE", "adE", "aBacdE", "aBcaBcdE", "aBcBcdE", "acBdE", "aBcdEx", "aBcdEcE"],
)
def test_lost_late_strange_or_swapped_bubbles_are_seen(again: str) -> None:
    """Whatever is missing, out of order, from an older answer, or was never meant to be said."""
    assert retold(bubbles("aBcdE"), bubbles(again)) != []
