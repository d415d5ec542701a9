"""Worlds that begin in a moment: bots forked by the zygote, on a database migrated before."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.databases import Databases, databases
from tests.faults.forks import ForkedBot, Zygote
from tests.journeys.world import World
from tests.life.releases import CONTENT, folder_of

BROKEN = "tests.life.broken_bots"


@dataclass(frozen=True)
class Nursery:
    """What every new world needs, made once."""

    folder: Path
    zygote: Zygote
    databases: Databases

    @contextmanager
    def world(self, name: str, *, breaks: str = "") -> Iterator[World]:
        """A world in which the bot runs, as it is or broken by that module of `broken_bots`."""
        folder = self.folder / name
        folder.mkdir()
        url = self.databases.new(folder)
        # a life whose clock jumps by half a year is asked for everything that ever arrived
        world = World.without_bot(
            folder, CONTENT_DIR=str(CONTENT), DATABASE_URL=url, RETENTION="raw=10y"
        )
        module = f"{BROKEN}.{breaks}" if breaks else ""
        settings = world.bot.settings
        world.bot = ForkedBot(folder, settings, zygote=self.zygote, breaks=module)
        try:
            world.bot.starts()
            yield world
        finally:
            world.ends()


@contextmanager
def nursery(
    folder: Path, releases: Collection[str] = (), *, database: str = "sqlite"
) -> Iterator[Nursery]:
    """A nursery in that folder, which ends with all of its bots; it has read these releases."""
    others = [folder_of(name, folder) for name in releases]
    made, zygote = databases(database, folder), Zygote(CONTENT, others)
    try:
        yield Nursery(folder, zygote, made)
    finally:
        zygote.ends()
        made.ends()
