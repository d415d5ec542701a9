"""The commands that keep the data safe, as an operator types them: what they refuse, and say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import program
from bot.keys import Vault, new_key
from bot.service.erasing import LIST
from bot.store import erasing, people
from bot.store.store import Store
from tests.bot.service.practice import WEDNESDAY

LONG_AGO = WEDNESDAY - timedelta(days=365)

KEY = new_key()


@pytest.fixture
def clinic(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The pseudonym of the one patient of an installation."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "DATABASE_URL": sqlite_url, "SECRET_KEYS": KEY, "DATA_DIR": str(tmp_path), "BOT_TOKEN": "",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    store = Store.open(sqlite_url, Vault([KEY]))
    patient = store.write_now(
        people.enrol, lookup="ann", chat="1", release="r", state_json="{}", language="en",
        at=LONG_AGO,
    )  # fmt: skip
    store.close()
    return patient.pseudonym


def types(*words: str, then: str = "") -> Result:
    """What comes of a command, with what is typed when it asks."""
    return CliRunner().invoke(program(), words, input=then)


def erased(url: str) -> list[str]:
    """Who was erased."""
    store = Store.open(url, Vault([KEY]))
    try:
        return [stone.pseudonym for stone in store.read_now(erasing.buried)]
    finally:
        store.close()


def test_who_does_not_type_the_same_pseudonym_again_erases_nobody(
    clinic: str, sqlite_url: str, tmp_path: Path
) -> None:
    """At the question, in a script, without a reason, with a wildcard; the list stays empty too."""
    why = ("--reason", "asked for it")
    for refused in (
        types("erase", clinic, *why, then=f"{clinic[:-1]}\n"),
        types("erase", clinic, *why, then="y\n"),
        types("erase", clinic, *why, "--yes", "yes"),
        types("erase", clinic, "--reason", " "),
        types("erase", clinic),
        types("erase", "%", *why, "--yes", "%"),
        types("erase", f"{clinic[:4]}*", *why, "--yes", f"{clinic[:4]}*"),
    ):
        assert refused.exit_code == 2, refused.output
    assert erased(sqlite_url) == []
    assert not (tmp_path / LIST).exists()


def test_who_types_it_twice_erases_one_and_the_list_knows(
    clinic: str, sqlite_url: str, tmp_path: Path
) -> None:
    """A second time is refused, and says when it was."""
    done = types("erase", clinic, "--reason", "asked for it", then=f"{clinic}\n")
    again = types("erase", clinic, "--reason", "asked for it", "--yes", clinic)

    assert done.exit_code == 0, done.output
    assert erased(sqlite_url) == [clinic]
    assert clinic in (tmp_path / LIST).read_text()
    assert again.exit_code == 2
    assert "was erased already" in again.output


def test_a_backup_says_what_is_in_it_and_a_refusal_what_was_not_done(
    clinic: str, tmp_path: Path
) -> None:
    """One sentence each, exit status 2, and never over data."""
    made, twice = types("backup", "it.backup"), types("backup", "it.backup")
    looked, over = types("restore", "it.backup", "--look"), types("restore", "it.backup")
    missing = types("restore", "other.backup", "--look")

    assert made.exit_code == looked.exit_code == 0, made.output
    assert "holds: 1 patients" in made.output
    assert "tables of revision" in looked.output
    for refused, words in (
        (twice, "Nothing was backed up. it.backup is there already"),
        (over, "Nothing was restored. The database is not empty"),
        (missing, "Nothing was restored. The backup cannot be read: No such file"),
    ):
        assert refused.exit_code == 2
        assert refused.output.startswith(words), refused.output
        assert refused.output.count("\n") == 1
