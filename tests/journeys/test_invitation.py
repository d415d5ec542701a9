"""A program that is open by invitation only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.world import World


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world whose program opens with a code."""
    folder: Path = tmp_path_factory.mktemp("invited")
    world = World.begins(folder, ENROLMENT="invite", COUNTRY="GB")
    yield world
    world.ends()


def test_a_stranger_is_asked_for_a_code_and_told_where_help_is(world: World) -> None:
    """Nothing of the program opens; the help lines do."""
    stranger = world.patient()

    asked = stranger.answers("/start", "hello?", "let me in please")
    lines = stranger.answers("/now")

    assert ["open by invitation" in bubble.text for bubble in asked] == [True] * 3
    assert "999" in lines
    assert world.kept(stranger).state.stack == ()


def test_a_stranger_in_danger_gets_help_before_any_code(world: World) -> None:
    """The door is no reason to leave anybody alone."""
    stranger = world.patient()

    help_now = stranger.answers("I want to end my life")

    assert "999" in help_now[0].text
    assert "open by invitation" not in help_now
    assert [each[:2] for each in world.kept(stranger).alerted] == [("crisis-words", "red")]


def test_a_code_opens_the_door_once(world: World) -> None:
    """Whoever holds it may begin; the next one with the same code may not."""
    code = world.bot.runs("invite", "patient").stdout.splitlines()[-1]
    invited, other, guesser = world.patient(), world.patient(), world.patient()

    assert "Shall we start?" in invited.answers(f"/start {code}")
    assert "That code is not valid" in other.answers(f"/start {code}")
    assert "That code is not valid" in guesser.answers("/start AAAAAAAAAAAAAAAA")
    assert "Do you agree?" in invited.answers("Let's start")
