"""With a key too few nothing starts, nothing is read, and not a byte is written."""

from __future__ import annotations

import gc
import re
from pathlib import Path

import pytest
from alembic import command
from pydantic import SecretStr
from typer.testing import CliRunner

from bot.app import open_store
from bot.cli import program
from bot.clock import Clock
from bot.keys import Vault, new_key
from bot.service.backup import back_up
from bot.settings import Settings
from bot.store import engine, keyring, marks
from bot.store.errors import BadDatabase
from bot.store.migrate import config
from bot.store.replicas import join
from bot.store.store import Store
from tests.bot.service.practice import WEDNESDAY

OLD, NEW, OTHER = new_key(), new_key(), new_key()
FOREIGN, MISSING = "are not the keys of this database", "is missing from SECRET_KEYS"


def made(url: str, revision: str) -> None:
    """A database under two keys, of that version."""
    for keys in ([OLD], [NEW, OLD]):
        Store.open(url, Vault(keys)).close()
    source = engine.writing(url)
    with source.begin() as connection:
        command.downgrade(config(connection), revision)
    source.dispose()
    gc.collect()


def content(url: str) -> dict[str, bytes]:
    """Whatever stands in the database's files, but for the lock, which is always empty."""
    gc.collect()
    file = Path(url.removeprefix("sqlite:///"))
    found = {each.name: each.read_bytes() for each in file.parent.glob(f"{file.name}*")}
    return {name: written for name, written in found.items() if written}


@pytest.mark.parametrize("revision", ["0004", "0005"], ids=["of-before", "of-now"])
@pytest.mark.parametrize(
    ("keys", "words"),
    [([OTHER], FOREIGN), ([NEW], MISSING), ([OLD], MISSING), ([OTHER, NEW], MISSING)],
    ids=["another", "the-old-one-is-gone", "the-new-one-is-gone", "one-of-two"],
)
def test_a_missing_key_is_refused_before_anything_is_written(
    sqlite_url: str, tmp_path: Path, revision: str, keys: list[str], words: str
) -> None:
    """The service, its commands and a backup; a database of the version before is not touched."""
    made(sqlite_url, revision)
    before, vault = content(sqlite_url), Vault(keys)
    settings = Settings(
        secret_keys=SecretStr(",".join(keys)), database_url=SecretStr(sqlite_url), data_dir=tmp_path
    )

    with pytest.raises(BadDatabase, match=words):
        join(sqlite_url, vault, Clock(), "1")
    with pytest.raises(BadDatabase, match=words):
        open_store(settings)
    with pytest.raises(BadDatabase, match=words):
        back_up(sqlite_url, vault, tmp_path / "it.backup", WEDNESDAY)

    assert content(sqlite_url) == before
    assert not (tmp_path / "it.backup").exists()


def test_an_older_databases_keys_are_all_needed_until_a_rotation(sqlite_url: str) -> None:
    """The version before kept only a proof of its last key, and sealed with the first."""
    store = Store.open(sqlite_url, Vault([OLD]))
    proof = Vault([OLD]).lookup("marks", "keys")
    store.write_now(lambda unit: marks.set(unit, keyring.MARK, proof))
    store.close()

    with pytest.raises(BadDatabase, match=FOREIGN):
        Store.open(sqlite_url, Vault([NEW]))
    Store.open(sqlite_url, Vault([NEW, OLD])).close()
    with pytest.raises(BadDatabase, match=MISSING):
        Store.open(sqlite_url, Vault([NEW]))


def test_an_operator_takes_a_key_away(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is typed: what the report says before, the rotation, and a start without the old key.

    A key that is taken away too early is refused by its name.
    """
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "keys"
    for name, value in {
        "SECRET_KEYS_FILE": str(file), "SECRET_KEYS": "", "DATA_DIR": str(tmp_path),
        "DATABASE_URL": sqlite_url, "BOT_TOKEN": "",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    old, new = (Vault([key]).names[0] for key in (OLD, NEW))

    def says(keys: list[str], *words: str) -> tuple[int, str]:
        file.unlink(missing_ok=True)
        file.write_text("# newest first\n" + "\n".join(keys) + "\n")
        file.chmod(0o400)
        done = CliRunner().invoke(program(), words)
        refused = done.exception if isinstance(done.exception, BadDatabase) else ""
        return done.exit_code, f"{done.output}{refused}"

    assert says([OLD], "invite", "patient")[0] == 0
    status, told = says([NEW, OLD], "keys", "report")
    assert status == 0
    assert f"key {new}: seals" in told
    assert "1 unused codes end (the last runs out on" in told
    assert f"The key {old} is missing" in says([NEW], "keys", "report")[1]
    status, told = says([NEW, OLD], "keys", "rotate")
    assert status == 0
    assert re.search(rf"key {old}: nothing is under it: it may be taken out", told)
    assert says([NEW], "keys", "report")[0] == 0
    assert "are not the keys" in says([OLD], "keys", "report")[1]
