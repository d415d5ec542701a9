"""Bring a database to the tables that this version needs."""

import logging
import os
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from bot.store import engine
from bot.store.errors import BadDatabase
from bot.store.soundness import check_sound
from bot.store.tables import marks

log = logging.getLogger(__name__)

WORKS_WITH = "schema.works_with"
"""The mark that names the oldest revision whose code may work on these tables."""

# any number will do, as long as every process uses the same
_LOCK = 4_121_907
_PATIENCE_SECONDS = 60

NEWER = "The database was made by a newer Paceful: install that version, or restore a backup"


def migrate(url: str) -> None:
    """Have the database at the newest tables, made if need be; BadDatabase if it cannot be."""
    prepare(url)
    source = engine.writing(url)
    try:
        with source.begin() as connection:
            _upgrade(connection)
    except DBAPIError as error:
        raise unusable(error) from error
    finally:
        source.dispose()


def prepare(url: str) -> None:
    """The database's file is there and sound after this, if it has one; BadDatabase if not."""
    file = engine.file_of(url)
    _make_file(file)
    if file is not None:
        check_sound(file)


def unusable(error: DBAPIError) -> BadDatabase:
    """What to say of a database whose driver refuses."""
    return BadDatabase(f"The database cannot be used: {_first_line(error)}")


def lock(connection: Connection) -> None:
    """Nobody else changes the tables until this transaction ends."""
    if connection.dialect.name == "postgresql":
        # whoever works on the tables finishes a turn first
        connection.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE_SECONDS}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def upgrade(connection: Connection, revision: str) -> None:
    """The tables are those of that revision after this."""
    command.upgrade(config(connection), revision)
    if revision == "head":
        _keep_oldest(connection)


def check_known(connection: Connection, revision: str) -> None:
    """Nothing, or BadDatabase if this version does not know the revision."""
    if revision not in _known(connection):
        raise BadDatabase(NEWER)


def config(connection: Connection) -> Config:
    """What alembic needs to know to work on this connection."""
    made = Config(attributes={"connection": connection})
    folder = str(Path(__file__).with_name("migrations"))
    made.set_main_option("script_location", folder.replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made


def _upgrade(connection: Connection) -> None:
    lock(connection)
    _check_ours(connection)
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is not None and revision not in _known(connection):
        log.warning("the database is newer than this version, which works on it for now: update")
        return
    upgrade(connection, "head")


def _check_ours(connection: Connection) -> None:
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None and inspect(connection).get_table_names():
        msg = "The database holds tables of something else; DATABASE_URL must name one of its own"
        raise BadDatabase(msg)
    if revision is not None and not _may_work(connection):
        check_known(connection, revision)


def _may_work(connection: Connection) -> bool:
    """Whether the newer version that made these tables lets this one work on them for now."""
    if not inspect(connection).has_table(marks.name):
        return False
    # whatever this version knows is not newer than its own newest
    return _oldest(connection) in _known(connection)


def _oldest(connection: Connection) -> str | None:
    query = select(marks.c.value).where(marks.c.name == WORKS_WITH)
    return connection.execute(query).scalar_one_or_none()


def _keep_oldest(connection: Connection) -> None:
    """Keep which is the oldest version that may work on these tables, for whoever starts one."""
    head = ScriptDirectory.from_config(config(connection)).get_revision("head")
    oldest = str(head.module.works_with) if head is not None else ""
    was = _oldest(connection)
    if was is None:
        connection.execute(marks.insert().values(name=WORKS_WITH, value=oldest))
    elif was != oldest:
        this = update(marks).where(marks.c.name == WORKS_WITH)
        connection.execute(this.values(value=oldest))


def _known(connection: Connection) -> set[str]:
    script = ScriptDirectory.from_config(config(connection))
    return {each.revision for each in script.walk_revisions()}


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
