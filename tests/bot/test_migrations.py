"""The migrations make exactly the tables of the code, and refuse what is not theirs."""

import ast
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from bot.keys import Vault, new_key
from bot.store import audit, chained, engine
from bot.store.errors import BadDatabase
from bot.store.migrate import config, migrate, newest
from bot.store.store import Store
from bot.store.tables import metadata

if TYPE_CHECKING:
    from tests.conftest import Server

ROOT = Path(__file__).parents[2]
VERSIONS = Path(engine.__file__).parent / "migrations" / "versions"
INDEXES = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
}
TRIGGERS = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": (
        "SELECT pg_get_triggerdef(t.oid) || p.prosrc FROM pg_trigger t"
        " JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal"
    ),
}
BEFORE_THE_CHAIN = """INSERT INTO audit (at, clinician_id, act, patient_id, subject, reason)
    VALUES ('2026-11-22 08:30:00.123456+00:00', NULL, 'restore', NULL, :subject, NULL)"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    server: Server = request.getfixturevalue("postgres")
    return server.create()


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A transaction on that database."""
    source = engine.writing(url)
    with source.begin() as connection:
        yield connection
    source.dispose()


def indexes(connection: Connection) -> set[str]:
    """Every index in the words of the database, but for alembic's own."""
    rows = connection.execute(text(INDEXES[connection.dialect.name])).scalars()
    return {" ".join(row.split()) for row in rows if "alembic" not in row}


def triggers(connection: Connection) -> set[str]:
    """Every trigger in the words of the database, with what it does."""
    rows = connection.execute(text(TRIGGERS[connection.dialect.name])).scalars()
    return {" ".join(row.split()) for row in rows}


def test_from_nothing_to_the_tables_of_the_code(url: str) -> None:
    """Whoever changes a table and forgets the migration is told."""
    with connected(url) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_migrated_indexes_and_triggers_are_those_of_the_code(url: str) -> None:
    """Alembic does not compare them; claiming depends on the first, the audit on the second."""
    with connected(url) as connection:
        migrated = indexes(connection), triggers(connection)
        command.downgrade(config(connection), "base")
        assert triggers(connection) == set()
        metadata.create_all(connection)

        made = indexes(connection), triggers(connection)
        assert migrated == made
        assert all(made)


def test_an_audit_that_is_there_already_is_chained(url: str, vault: Vault) -> None:
    """Whoever comes from an earlier version has a whole chain, and it goes on."""
    with connected(url) as connection:
        command.downgrade(config(connection), "0004")
        for subject in ("first", "second"):
            connection.execute(text(BEFORE_THE_CHAIN), {"subject": subject})
        command.upgrade(config(connection), "head")
    store = Store.open(url, vault)

    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    store.write_now(audit.note, at=noon, clinician_id=None, act="restore", subject="third")

    assert [link.fits for link in store.read_now(lambda unit: list(chained.links(unit)))] == [
        True,
        True,
        True,
    ]
    store.close()


def test_down_and_up_again(url: str) -> None:
    """Each step can be undone, leaves nothing behind, and can be done again."""
    with connected(url) as connection:
        command.downgrade(config(connection), "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]

        command.upgrade(config(connection), "head")
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrating_twice_changes_nothing(url: str) -> None:
    """Every start may migrate."""
    Store.open(url, Vault([new_key()])).close()

    migrate(url)

    with connected(url) as connection:
        assert connection.execute(text("SELECT count(*) FROM marks")).scalar_one() == 2


def test_two_processes_may_migrate_at_the_same_moment(empty_url: str) -> None:
    """The second one waits for the first, and finds the work done."""
    program = "import sys; from bot.store.migrate import migrate; migrate(sys.argv[1])"
    command_line = [sys.executable, "-c", program, empty_url]
    processes = [subprocess.Popen(command_line, cwd=ROOT) for _ in range(3)]

    assert [process.wait() for process in processes] == [0, 0, 0]
    with connected(empty_url) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_migration_that_fails_half_way_leaves_nothing(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever mends the cause can simply start again."""
    real, calls = command.upgrade, []

    def and_then_fail(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]
        calls.append(args)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "upgrade", and_then_fail)
    with pytest.raises(KeyboardInterrupt):
        migrate(empty_url)
    assert calls
    with connected(empty_url) as connection:
        assert inspect(connection).get_table_names() == []

    monkeypatch.undo()
    migrate(empty_url)


@pytest.mark.parametrize("oldest", ["9998", None])
def test_a_newer_database_is_refused(url: str, oldest: str | None) -> None:
    """An old program must not work on tables that it does not know, unless they let it."""
    made_newer(url, oldest)

    with pytest.raises(BadDatabase, match="made by a newer Paceful"):
        migrate(url)


def test_a_newer_database_that_lets_this_version_work_on_it_is_left_as_it_is(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """While processes are replaced one by one, one of before may even be started again."""
    made_newer(url, "0004")

    migrate(url)

    assert "newer than this version" in caplog.text
    with connected(url) as connection:
        assert MigrationContext.configure(connection).get_current_revision() == "9999"


def made_newer(url: str, oldest: str | None) -> None:
    """A newer version was at work, and said which is the oldest that may work on its tables."""
    with connected(url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("DELETE FROM marks WHERE name = 'schema.works_with'"))
        if oldest is not None:
            kept = text("INSERT INTO marks VALUES ('schema.works_with', :oldest)")
            connection.execute(kept, {"oldest": oldest})


def test_each_step_says_which_version_may_still_work_on_its_tables() -> None:
    """From the first one on that knows how to ask."""
    for file in sorted(VERSIONS.glob("*.py")):
        names = {
            target.id
            for node in ast.parse(file.read_text()).body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        assert "works_with" in names or file.name < "0004", file.name


def test_a_database_of_something_else_is_refused(empty_url: str) -> None:
    """Nothing is added to tables that are not ours."""
    with connected(empty_url) as connection:
        connection.execute(text("CREATE TABLE recipes (name TEXT)"))

    with pytest.raises(BadDatabase, match="tables of something else"):
        migrate(empty_url)
    with connected(empty_url) as connection:
        assert inspect(connection).get_table_names() == ["recipes"]


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A wrong path does not destroy what is there."""
    file = tmp_path / "thesis.txt"
    file.write_text("A long text. " * 1000)

    with pytest.raises(BadDatabase, match="file is not a database"):
        migrate(f"sqlite:///{file}")
    assert file.read_text().startswith("A long text.")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///{folder}", "cannot be used: unable to open database file"),
        ("sqlite:///{folder}/file/paceful.sqlite3", "cannot be written"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("mysql://host/name", "must begin with"),
        ("paceful.sqlite3", "must begin with"),
        ("postgresql://paceful:canary@/name?host={folder}", "cannot be used"),
    ],
)
def test_a_database_out_of_reach_is_refused_in_one_sentence(
    tmp_path: Path, url: str, words: str
) -> None:
    """The operator reads what is wrong, and never a password."""
    tmp_path.joinpath("file").touch()

    with pytest.raises(BadDatabase, match=words) as caught:
        migrate(url.format(folder=tmp_path))
    assert "\n" not in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_new_file_belongs_to_us_alone(tmp_path: Path) -> None:
    """Other users of the machine may not read it, nor what SQLite writes beside it."""
    file = tmp_path / "new" / "paceful.sqlite3"
    migrate(f"sqlite:///{file}")
    store = Store.open(f"sqlite:///{file}", Vault([new_key()]))

    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in file.parent.iterdir()}
    store.close()

    assert modes == dict.fromkeys(modes, 0o600)
    assert "paceful.sqlite3-wal" in modes


def test_a_store_does_not_open_before_its_tables_are_there(tmp_path: Path) -> None:
    """Whoever forgot to migrate is told what to do."""
    sqlite3.connect(tmp_path / "empty.sqlite3").close()

    with pytest.raises(BadDatabase, match="paceful migrate"):
        Store.open(f"sqlite:///{tmp_path / 'empty.sqlite3'}", Vault([new_key()]))


def test_migrations_do_not_depend_on_the_code_of_today() -> None:
    """A step of last year must still do what it did last year: nothing of ours is imported."""
    files = list(VERSIONS.glob("*.py"))
    imported = {
        name
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None), *(alias.name for alias in node.names)]
    }

    assert "sqlalchemy" in imported
    assert {str(name).partition(".")[0] for name in imported}.isdisjoint({"bot", "flows", "tests"})


def test_what_is_newest_is_known_without_alembic(url: str) -> None:
    """A start on the newest tables does not even load what would change them, and is no less."""
    migrate(url)
    started = (
        "import sys; from bot.store.migrate import migrate; migrate(sys.argv[1]); "
        "assert 'alembic' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", started, url], check=True)

    with connected(url) as connection:
        head = ScriptDirectory.from_config(config(connection)).get_revision("head")
    assert head is not None
    assert newest() == (head.revision, head.module.works_with)
