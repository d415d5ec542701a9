"""Lives at random leave nothing broken, and bots that are broken on purpose are found out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.life.cases import case_in, kept, lived_again
from tests.life.controls import CONTROLS, PATIENCE, harm_done
from tests.life.life import RESTLESS, Life
from tests.life.machine import lived
from tests.life.releases import RELEASES
from tests.life.worlds import Nursery, nursery

LIVES, STEPS, CHANCE = 3, 20, 20_261_122
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nursery]:
    """What every world of this file needs."""
    releases = [name for name, edits in RELEASES.items() if edits]
    kind = request.config.getoption("--database")
    with nursery(tmp_path_factory.mktemp("lives"), releases, database=kind) as ready:
        yield ready


def test_random_life_breaks_nothing(made: Nursery) -> None:
    """A few lives of what `python -m tests.life` lives for as long as it is told to."""
    with made.world("random") as world:
        life = Life(world)
        assert lived(life, examples=LIVES, steps=STEPS, chance=CHANCE) == []

    acts = [act["act"] for lived_ in life.lives for act in lived_]
    assert len(life.lives) >= LIVES
    assert len(set(acts)) > 5


@pytest.mark.parametrize("file", kept(), ids=lambda file: file.stem)
def test_what_once_went_wrong_goes_well(made: Nursery, file: Path) -> None:
    """Each case that was ever found, lived again."""
    assert lived_again(made, case_in(file).lives) == []


def test_the_bot_lives_through_each_story_of_the_broken_ones(made: Nursery) -> None:
    """All ten in one world; whoever else is red, it is not the story."""
    with made.world("whole") as world:
        life = Life(world)
        for name, control in CONTROLS.items():
            life.begins(ahead=control.ahead, team=0)
            assert harm_done(life, control, RESTLESS) == [], name


@pytest.mark.parametrize("name", sorted(CONTROLS))
def test_a_bot_that_is_broken_on_purpose_is_found_out(made: Nursery, name: str) -> None:
    """By the very invariant that this fault breaks."""
    control = CONTROLS[name]
    with made.world(f"broken-{name}", breaks=name) as world:
        life = Life(world)
        life.begins(ahead=control.ahead, team=0)
        found = harm_done(life, control, PATIENCE)

    assert any(control.finds in sentence for sentence in found), found
