"""A new database for each run: a copy of a migrated one, of either kind."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from bot.store.migrate import migrate
from tests.conftest import POSTGRESQL, name_in, own_server


class Databases(Protocol):
    """Where new databases come from."""

    def new(self, folder: Path) -> str:
        """The address of a new one, for a run that lives in this folder."""

    def ends(self) -> None:
        """Stop whatever serves them."""


class Files:
    """SQLite files."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.sqlite3"
        migrate(f"sqlite:///{self._template}")

    def new(self, folder: Path) -> str:
        """The address of a new file in that folder."""
        return f"sqlite:///{shutil.copy(self._template, folder / 'paceful.sqlite3')}"

    def ends(self) -> None:
        """Nothing runs."""


class Served:
    """Databases of a PostgreSQL that is started for them."""

    def __init__(self) -> None:
        self._until_end = ExitStack()
        self._server = self._until_end.enter_context(own_server())
        url = self._server.create()
        migrate(url)
        self._template = name_in(url)

    def new(self, folder: Path) -> str:
        """The address of a copy of the migrated one."""
        return self._server.create(self._template)

    def ends(self) -> None:
        """Stop the server."""
        self._until_end.close()


def databases(kind: str, folder: Path) -> Databases:
    """Where databases of that kind come from; what files need is put into the folder."""
    return Served() if kind == POSTGRESQL else Files(folder)
