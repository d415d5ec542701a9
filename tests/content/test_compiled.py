"""What an earlier start kept is taken up by the next, and never anything else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.content import compiled as compiling
from bot.content import proofreading
from bot.content.cache import Cache
from bot.content.compiled import compiled
from bot.content.mistakes import ContentError
from bot.content.proofreading import proved_to_start
from bot.keys import Seal
from flows.program import Release
from tests.content.packs import TINY

Harm = Callable[[Path], object]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Content that may be changed."""
    return Path(shutil.copytree(TINY, tmp_path / "content"))


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """The cache of an installation whose DATA_DIR is there."""
    return Cache(tmp_path / "cache", Seal([bytes(32)]))


@pytest.fixture
def proved(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were read and proved, one entry for each time."""
    folders: list[Path] = []

    def noted(folder: Path) -> Release:
        folders.append(folder)
        return proved_to_start(folder)

    monkeypatch.setattr(proofreading, "proved_to_start", noted)
    return folders


def test_the_second_start_takes_up_what_the_first_one_proved(
    pack: Path, cache: Cache, proved: list[Path]
) -> None:
    """Nobody waits twice for the same files, and the release is the same to the last word."""
    first, second = compiled(pack, cache), compiled(pack, cache)

    assert first == second
    assert first.model_dump_json(by_alias=True) == second.model_dump_json(by_alias=True)
    assert proved == [pack]


def test_a_changed_word_is_read_anew(pack: Path, cache: Cache, proved: list[Path]) -> None:
    """What patients read is always what stands in the files."""
    before = compiled(pack, cache)
    messages = pack / "messages.yaml"
    messages.write_text(messages.read_text() + "# looked through again\n")

    after = compiled(pack, cache)

    assert proved == [pack, pack]
    assert after.hash != before.hash


@pytest.mark.parametrize(
    "harm",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:-20]),
        lambda file: file.write_bytes(file.read_bytes()[:-1] + b"\0"),
        lambda file: file.write_bytes(Seal([b"\1" * 32]).seal_bytes(b"x", "cache", "release", "")),
        lambda file: (file.unlink(), file.mkdir()),
    ],
    ids=["empty", "torn", "changed", "another's key", "a folder"],
)
def test_a_cache_that_was_harmed_is_passed_over(
    pack: Path, cache: Cache, proved: list[Path], harm: Harm
) -> None:
    """Neither a torn file nor one from somebody without the keys stops a start or changes it."""
    before = compiled(pack, cache)
    harm(cache.folder / "release.sealed")

    assert compiled(pack, cache) == before
    assert proved == [pack, pack]


def test_what_other_code_made_is_not_taken_up(
    pack: Path, cache: Cache, proved: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newer code may find mistakes, or read words differently."""
    compiled(pack, cache)
    monkeypatch.setattr(compiling, "made_by", lambda *_: "newer code")

    compiled(pack, cache)

    assert proved == [pack, pack]


def test_content_with_mistakes_is_refused_at_every_start(
    pack: Path, cache: Cache, proved: list[Path]
) -> None:
    """Only what was proved is kept."""
    crisis = pack / "crisis.yaml"
    crisis.write_text(crisis.read_text().replace("soft_reply: ", "soft_reply: no-such/"))

    for _ in range(2):
        with pytest.raises(ContentError):
            compiled(pack, cache)

    assert len(proved) == 2
    assert not cache.folder.exists()


def test_a_start_needs_no_cache(pack: Path, tmp_path: Path, proved: list[Path]) -> None:
    """Where nothing can be written, it only takes longer."""
    nowhere = Cache(tmp_path / "gone" / "cache", Seal([bytes(32)]))

    assert compiled(pack, nowhere) == compiled(pack, None)
    assert len(proved) == 2
