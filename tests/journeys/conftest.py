"""Worlds for stories: one that a whole file shares, or a new one with settings of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import POSTGRESQL
from tests.journeys.bot_api import BOT_API
from tests.journeys.databases import USUAL
from tests.journeys.world import World

NewWorld = Callable[..., World]
# The machine-readable Bot API is not part of the project; where it lies beside it, we compare.
collect_ignore = [] if BOT_API.exists() else ["test_bot_api.py"]


@pytest.fixture(scope="session", autouse=True)
def usual_database(request: pytest.FixtureRequest) -> None:
    """Every story's world has a database of the kind that `--database` names."""
    if request.config.getoption("--database") == POSTGRESQL:
        server = request.getfixturevalue("postgres")
        template = request.getfixturevalue("migrated_postgres")
        USUAL.make = lambda folder: str(server.create(template))


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One bot for all stories of a file; each brings people of its own."""
    world = World.begins(tmp_path_factory.mktemp("world"), LOG_LEVEL="DEBUG")
    yield world
    world.ends()


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    """That world, looked over when the story is told."""
    yield shared_world
    shared_world.is_in_order()


@pytest.fixture
def new_world(tmp_path: Path) -> Iterator[NewWorld]:
    """Makes a world of a story's own, with settings and a command of its own."""
    made: list[World] = []

    def make(**wish: Any) -> World:
        folder = tmp_path / f"world-{len(made)}"
        folder.mkdir()
        made.append(World.begins(folder, **wish))
        return made[-1]

    yield make
    try:
        for world in made:
            world.is_in_order()
    finally:
        for world in made:
            world.ends()
