"""Bring a database to the tables that this version needs."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from bot.store import engine
from bot.store.errors import BadDatabase
from bot.store.soundness import check_sound
from bot.store.tables import marks

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

log = logging.getLogger(__name__)

WORKS_WITH = "schema.works_with"
"""The mark that names the oldest revision whose code may work on these tables."""

# any number will do, as long as every process uses the same
_LOCK = 4_121_907
_PATIENCE_SECONDS = 60

REVISIONS = "alembic_version"

SCRIPTS = Path(__file__).with_name("migrations")
"""The folder of alembic's scripts, one for each revision."""

_SAID = re.compile(r'^(revision|works_with) = "(\w+)"$', re.MULTILINE)

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
    from alembic import command

    command.upgrade(config(connection), revision)
    if revision == "head":
        _keep_oldest(connection)


def check_known(connection: Connection, revision: str) -> None:
    """Nothing, or BadDatabase if this version does not know the revision."""
    if revision not in _known(connection):
        raise BadDatabase(NEWER)


def config(connection: Connection) -> Config:
    """What alembic needs to know to work on this connection."""
    # alembic takes ten megabytes: it is there only for tables that are not the newest
    from alembic.config import Config

    made = Config(attributes={"connection": connection})
    made.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made


def _upgrade(connection: Connection) -> None:
    lock(connection)
    if _is_newest(connection):
        return
    _check_ours(connection)
    revision = revision_of(connection)
    if revision is not None and revision not in _known(connection):
        log.warning("the database is newer than this version, which works on it for now: update")
        return
    upgrade(connection, "head")


def _is_newest(connection: Connection) -> bool:
    """Whether there is nothing to do, told without alembic."""
    found = inspect(connection)
    if not (found.has_table(REVISIONS) and found.has_table(marks.name)):
        return False
    kept = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    return [(each, _oldest(connection)) for each in kept] == [newest()]


def newest() -> tuple[str | None, str | None]:
    """The newest revision, and the oldest whose code may work on it, where the script says so."""
    script = max(SCRIPTS.joinpath("versions").glob("[0-9]*.py"))
    said = dict(_SAID.findall(script.read_text(encoding="utf-8")))
    return said.get("revision"), said.get("works_with")


def revision_of(connection: Connection) -> str | None:
    """The revision that the tables are of, or None where there are none of ours."""
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def _check_ours(connection: Connection) -> None:
    revision = revision_of(connection)
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
    head = _scripts(connection).get_revision("head")
    oldest = str(head.module.works_with) if head is not None else ""
    was = _oldest(connection)
    if was is None:
        connection.execute(marks.insert().values(name=WORKS_WITH, value=oldest))
    elif was != oldest:
        this = update(marks).where(marks.c.name == WORKS_WITH)
        connection.execute(this.values(value=oldest))


def _known(connection: Connection) -> set[str]:
    return {each.revision for each in _scripts(connection).walk_revisions()}


def _scripts(connection: Connection) -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(config(connection))


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
