"""Forty-two attacks on one running instance, which must all fail; docs/security.md lists them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.red_team.attack import Attack
from tests.red_team.attacks import ATTACKS, table
from tests.red_team.siege import Siege

PAGE = Path(__file__).parents[2] / "docs" / "security.md"


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    """One instance for all attacks, which come in their order."""
    siege = Siege.begins(tmp_path_factory.mktemp("siege"))
    yield siege
    siege.ends()


@pytest.mark.parametrize("attack", ATTACKS, ids=[each.id for each in ATTACKS])
def test_each_attack_is_refused(siege: Siege, attack: Attack) -> None:
    """Whatever the table says is tried, and got nobody anywhere."""
    assert attack.outcome(siege) == ""


def test_there_are_ten_attacks_or_more_of_each_kind_of_person() -> None:
    """Forty-two, of every letter of STRIDE."""
    assert list(Counter(each.actor for each in ATTACKS).values()) == [10, 10, 10, 12]
    assert {each.stride for each in ATTACKS} == set("STRIDE")


def test_the_table_that_an_officer_reads_is_that_of_the_code() -> None:
    """`python -m tests.red_team --table` writes it."""
    assert table() in PAGE.read_text(encoding="utf-8")
