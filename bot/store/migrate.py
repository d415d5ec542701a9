"""Bring a database to the tables that this version needs."""

import os
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from bot.store import engine
from bot.store.errors import BadDatabase

# any number will do, as long as every process uses the same
_LOCK = 4_121_907


def migrate(url: str) -> None:
    """Have the database at the newest tables, made if need be; BadDatabase if it cannot be."""
    _make_file(engine.file_of(url))
    source = engine.writing(url)
    try:
        with source.begin() as connection:
            _upgrade(connection)
    except DBAPIError as error:
        msg = f"The database cannot be used: {_first_line(error)}"
        raise BadDatabase(msg) from error
    finally:
        source.dispose()


def config(connection: Connection) -> Config:
    """What alembic needs to know to work on this connection."""
    made = Config(attributes={"connection": connection})
    folder = str(Path(__file__).with_name("migrations"))
    made.set_main_option("script_location", folder.replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    _check_ours(connection)
    command.upgrade(config(connection), "head")


def _check_ours(connection: Connection) -> None:
    revision = MigrationContext.configure(connection).get_current_revision()
    known = {
        each.revision for each in ScriptDirectory.from_config(config(connection)).walk_revisions()
    }
    if revision is None and inspect(connection).get_table_names():
        msg = "The database holds tables of something else; DATABASE_URL must name one of its own"
        raise BadDatabase(msg)
    if revision is not None and revision not in known:
        msg = "The database was made by a newer Paceful: install that version, or restore a backup"
        raise BadDatabase(msg)


def _make_file(file: Path | None) -> None:
    if file is None:
        return
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # made by us, so that nobody else on this machine may read it
        file.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        msg = f"The database file cannot be written: {os.strerror(error.errno or 0)}"
        raise BadDatabase(msg) from error


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).splitlines()[0]
