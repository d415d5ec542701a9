"""What an author reads after breaking something, word for word."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.content.proofreading import proofread
from bot.content.reading import ContentError, read
from bot.content.yaml import parse
from tests.content.packs import TINY, Edit, copy_with


def rows(name: str) -> list[Any]:
    """The rows of a table beside this file, each under its own name."""
    table = parse(name, Path(__file__).with_name(name).read_bytes())
    assert not table.mistakes
    return [pytest.param(row, id=row["what"].replace(" ", "-")) for row in table.value]


def edit_of(row: dict[str, Any]) -> Edit:
    """The edit that a row describes."""
    return Edit(row["file"], row["old"], row["new"])


def test_the_tiny_pack_has_nothing_wrong_or_doubtful() -> None:
    """Every sentence below comes from its edit, since the pack itself has none."""
    proof = proofread(TINY)

    assert proof.errors == ()
    assert proof.warnings == ()


@pytest.mark.parametrize("row", rows("unreadable.yaml"))
def test_what_cannot_be_read_is_said_with_its_place(row: dict[str, Any], tmp_path: Path) -> None:
    """A file that cannot be read stops the reading with exactly these sentences."""
    with pytest.raises(ContentError) as caught:
        read(copy_with(edit_of(row), tmp_path))

    assert [str(mistake) for mistake in caught.value.mistakes] == row["said"]


@pytest.mark.parametrize("row", [*rows("unsound.yaml"), *rows("unsound-measures.yaml")])
def test_what_must_not_meet_a_patient_is_said(row: dict[str, Any], tmp_path: Path) -> None:
    """Content that can be read, and is unsound, is found with exactly these sentences."""
    pack = copy_with(edit_of(row), tmp_path)

    proof = proofread(pack)

    assert read(pack).hash != read(TINY).hash
    assert [str(mistake) for mistake in proof.errors] == row["said"]
    if "warned" in row:
        assert [str(mistake) for mistake in proof.warnings] == row["warned"]


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    """An author mends everything in one go: no mistake hides behind another."""
    pack = copy_with(Edit("lessons/pacing.yaml", "minutes: 1", "minutes: eight"), tmp_path)
    (pack / "crisis.yaml").unlink()
    (pack / "flows" / "weekly.yaml").write_text("flow: weekly\ntitle: [no\n", encoding="utf-8")

    files = [mistake.file for mistake in proofread(pack).errors]

    assert files == ["crisis.yaml", "flows/weekly.yaml", "lessons/pacing.yaml"]


def test_an_empty_folder_says_what_is_missing(tmp_path: Path) -> None:
    """A folder without content names the five files that no content can do without."""
    assert [str(mistake) for mistake in proofread(tmp_path).errors] == [
        "crisis.yaml:1: this file is missing",
        "escalation.yaml:1: this file is missing",
        "lines.yaml:1: this file is missing",
        "messages.yaml:1: this file is missing",
        "program.yaml:1: this file is missing",
    ]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """A pack cannot have a file of the machine read, or its words told; links within it are well.

    A folder that is mounted from a cluster's store is made of such links.
    """
    pack, store = tmp_path / "pack", tmp_path / "pack" / ".store"
    shutil.copytree(TINY, pack)
    store.mkdir()
    pack.joinpath("lines.yaml").rename(store / "lines")
    pack.joinpath("lines.yaml").symlink_to(store / "lines")
    assert read(pack) == read(TINY)

    secret = tmp_path / "secret"
    secret.write_text("canary: [")
    for name in ("lessons/away.yaml", "personas/away.yaml", "nudges/../away.yml"):
        pack.joinpath(name).parent.mkdir(exist_ok=True)
        pack.joinpath(name).symlink_to(secret)
    (pack / "addons").mkdir(exist_ok=True)
    (pack / "addons" / "up.yaml").symlink_to("../../secret")

    errors = [str(mistake) for mistake in proofread(pack).errors]

    names = ("addons/up.yaml", "away.yml", "lessons/away.yaml", "personas/away.yaml")
    assert [each.partition(":")[0] for each in errors] == list(names)
    assert all(each.endswith("put the file itself here") for each in errors)


def test_what_nobody_verified_is_counted_in_one_line(tmp_path: Path) -> None:
    """Unverified facts are a warning, and one line however many they are."""
    edit = Edit("lines.yaml", "verified: true", "verified: false")

    proof = proofread(copy_with(edit, tmp_path))

    assert proof.errors == ()
    assert [w.text for w in proof.warnings] == ["not yet verified by a person: help lines (1)"]


def test_a_long_bubble_is_a_warning(tmp_path: Path) -> None:
    """Sixty words are enough for a tired person; more is doubtful, and stops nothing."""
    edit = Edit("lessons/pacing.yaml", "Then make it smaller.", "small " * 61)

    proof = proofread(copy_with(edit, tmp_path))

    assert proof.errors == ()
    assert [str(w) for w in proof.warnings] == [
        "lessons/pacing.yaml:22: smaller: the bubble has 61 words: 60 are enough, so split it"
    ]
