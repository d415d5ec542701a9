"""The spool: what is in it once stays there until the database has it, whatever the disk does."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.keys import Vault, new_key
from bot.service.spool import Segment, Spool
from bot.store.inbox import Arrival
from tests.bot.syncs import survives, watch_syncs
from tests.journeys.processes import ROOT

AT = datetime(2027, 1, 13, 15, 0, tzinfo=UTC)
WORDS = "I want to die, said nobody"


def arrival(number: int, words: str = WORDS) -> Arrival:
    """What somebody wrote, as the intake hands it over."""
    return Arrival("telegram", str(number), f"digest {number}", "somebody", words, AT)


def numbers(segments: list[Segment]) -> list[int]:
    """Which arrivals lie there, in order."""
    lines = [line for segment in segments for line in segment.lines]
    return [int(line.arrival.external_id) for line in lines if line.arrival is not None]


def begun(folder: Path, vault: Vault) -> Spool:
    """The spool as a process finds it when it starts."""
    spool = Spool(folder / "spool", vault)
    spool.begin()
    return spool


@pytest.fixture
def spool(tmp_path: Path, vault: Vault) -> Spool:
    """A spool in a folder of its own."""
    return begun(tmp_path, vault)


@contextmanager
def small_disk(bytes_: int) -> Iterator[None]:
    """The system lets no file grow beyond that size; the write that would is done in part."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_was_added_waits_in_order_until_it_is_done(spool: Spool) -> None:
    """Also what is added while the first is being brought away: it goes into a file of its own."""
    spool.add([arrival(1), arrival(2)])
    spool.add([arrival(3)])
    (first,) = spool.waiting()
    spool.add([arrival(4)])

    assert numbers([first]) == [1, 2, 3]
    spool.done(first)
    assert (spool.lines, spool.oldest) == (1, AT)
    (second,) = spool.waiting()
    assert second.lines[0].arrival == arrival(4)
    spool.done(second)
    assert not spool.holds_any
    assert list(spool.folder.iterdir()) == []


def test_it_is_on_the_disk_before_it_counts_as_kept(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut may follow at once: the file with its lines, and the folder that names it."""
    syncs = watch_syncs(monkeypatch)
    spool.add([arrival(1)])

    (file,) = spool.folder.iterdir()
    assert survives(syncs, file)


def test_what_is_put_aside_is_on_the_disk_before_its_file_goes(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the only copy of words that somebody wrote."""
    spool.add([arrival(1)])
    (segment,) = spool.waiting()
    syncs = watch_syncs(monkeypatch)
    spool.done(segment, segment.lines)

    (aside,) = spool.folder.iterdir()
    assert survives(syncs, aside)
    folders = [each.names for each in syncs if each.path == spool.folder]
    assert folders == [{aside.name, segment.path.name}, {aside.name}]


def test_another_process_that_begins_while_words_are_put_aside_loses_none(
    tmp_path: Path, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time that something reaches the disk, another one starts and tries them again."""
    first = begun(tmp_path, vault)
    first.add([arrival(1)])
    first.close()
    astray, others = begun(tmp_path, Vault([new_key()])), list[Spool]()
    (segment,) = astray.waiting()
    real = os.fsync

    def meanwhile(handle: int) -> None:
        real(handle)
        others.append(begun(tmp_path, Vault([new_key()])))

    monkeypatch.setattr(os, "fsync", meanwhile)
    astray.done(segment, segment.lines)
    monkeypatch.undo()
    for each in (astray, *others):
        each.close()

    assert len(others) > 2
    assert numbers(begun(tmp_path, vault).waiting()) == [1]


def test_nobody_reads_it_on_the_disk(spool: Spool) -> None:
    """The words are sealed, and the file is for us alone."""
    spool.add([arrival(1)])

    (file,) = spool.folder.iterdir()
    assert b"die" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    assert spool.folder.stat().st_mode & 0o077 == 0


def test_a_dead_process_leaves_it_to_the_next_and_a_living_one_does_not(
    tmp_path: Path, vault: Vault
) -> None:
    """Two on one disk never touch each other's files; whoever lives takes over the dead one's."""
    one, other = begun(tmp_path, vault), begun(tmp_path, vault)
    one.add([arrival(1)])
    other.add([arrival(2)])
    other.look()
    assert numbers(other.waiting()) == [2]

    one.close()
    other.look()

    assert numbers(other.waiting()) == [1, 2]


def test_a_process_that_is_killed_in_mid_write_loses_only_what_it_never_promised(
    tmp_path: Path, vault: Vault
) -> None:
    """Half a last line is put aside, kept, and holds nothing up."""
    spool = begun(tmp_path, vault)
    spool.add([arrival(1)])
    spool.close()
    (file,) = spool.folder.iterdir()
    with file.open("ab") as handle:
        handle.write(file.read_bytes()[:40])

    after = begun(tmp_path, vault)
    (segment,) = after.waiting()
    assert numbers([segment]) == [1]
    after.done(segment, [line for line in segment.lines if line.arrival is None])

    assert not after.holds_any
    assert [each.suffix for each in after.folder.iterdir()] == [".aside"]
    after.look()
    assert after.aside == 0, "half a line is no line"


def test_what_no_key_opens_lies_aside_until_the_key_is_back(tmp_path: Path, vault: Vault) -> None:
    """The keys were changed by mistake; when the old one is back, nothing is missing."""
    spool = begun(tmp_path, vault)
    spool.add([arrival(1)])
    spool.close()

    astray = begun(tmp_path, Vault([new_key()]))
    (segment,) = astray.waiting()
    assert numbers([segment]) == []
    astray.done(segment, segment.lines)
    astray.look()
    assert astray.aside == 1
    astray.close()

    assert numbers(begun(tmp_path, vault).waiting()) == [1]


def test_a_new_key_before_the_old_one_opens_it(tmp_path: Path) -> None:
    """Keys were rotated while words waited."""
    old = new_key()
    spool = begun(tmp_path, Vault([old]))
    spool.add([arrival(1)])
    spool.close()

    assert numbers(begun(tmp_path, Vault([new_key(), old])).waiting()) == [1]


def test_a_line_that_was_changed_or_moved_is_not_believed(spool: Spool) -> None:
    """Each line is bound to its place: nobody forges one or passes it for another."""
    spool.add([arrival(1), arrival(2)])
    (file,) = spool.folder.iterdir()
    file.write_bytes(file.read_bytes().replace(b'01:0"', b'01:7"'))

    assert numbers(spool.waiting()) == [2]


def test_on_a_full_disk_it_says_so_and_nothing_half_written_stays(spool: Spool) -> None:
    """What was added before is whole, what could not be is not there, and room is used again."""
    spool.add([arrival(1)])
    with small_disk(1_000), pytest.raises(OSError, match=r".+"):
        spool.add([arrival(number) for number in range(2, 12)])
    spool.add([arrival(12)])

    assert numbers(spool.waiting()) == [1, 12]


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path, vault: Vault) -> None:
    """The data folder is no folder: starting goes on, adding raises, nothing seems to wait."""
    (tmp_path / "spool").write_text("in the way")
    spool = begun(tmp_path, vault)

    with pytest.raises(OSError, match=r".+"):
        spool.add([arrival(1)])
    assert not spool.holds_any


def in_the_way(path: Path, how: str) -> None:
    """Nobody opens this file, whoever they are: it is a folder, or leads nowhere but to itself."""
    if how == "folder":
        path.mkdir()
    else:
        path.symlink_to(path)
    os.utime(path, (AT.timestamp(), AT.timestamp()), follow_symlinks=False)


@pytest.mark.parametrize("how", ["folder", "loop"])
def test_a_file_that_cannot_be_opened_hides_no_other_and_is_seen(
    tmp_path: Path, vault: Vault, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    """Words behind it come in, the health page is red, and the log says so once; it may heal."""
    spool = begun(tmp_path, vault)
    for number in range(2):
        spool.add([arrival(number)])
        spool.waiting()
    spool.close()
    closed, old = spool.folder / "00000000.jsonl", spool.folder / "00000000.aside"
    in_the_way(closed, how)
    in_the_way(old, how)

    after = Spool(spool.folder, vault)
    for _ in range(3):
        after.look()
    assert numbers(after.waiting()) == [0, 1]
    assert after.aside == 2
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    for segment in after.waiting():
        after.done(segment)
    assert (after.holds_any, after.oldest) == (False, AT), "its age is known by the file's own"

    for path in (closed, old):
        path.rmdir() if how == "folder" else path.unlink()
    after.look()
    assert (after.aside, after.oldest) == (0, None)


def test_a_held_file_that_cannot_be_read_any_more_waits_on(
    spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says it once, however often it is tried; its age stays known, and it may heal."""
    spool.add([arrival(1)])
    (file,) = spool.folder.iterdir()
    safe = file.rename(file.with_suffix(".safe"))
    file.mkdir()

    for _ in range(3):
        assert spool.waiting() == []
        spool.look()
    assert (spool.lines, spool.oldest, len(caplog.records)) == (1, AT, 1)

    file.rmdir()
    safe.rename(file)
    assert numbers(spool.waiting()) == [1]


def test_a_folder_that_cannot_be_looked_into_is_seen(tmp_path: Path, vault: Vault) -> None:
    """Nobody knows what lies there, so the health page is red."""
    (tmp_path / "spool").write_text("in the way")

    assert begun(tmp_path, vault).aside == 1


ADDING = """
import sys
from pathlib import Path
from bot.keys import Vault
from tests.bot.test_spool import arrival, begun
spool = begun(Path(sys.argv[1]), Vault([sys.argv[2]]))
for number in range(100_000):
    spool.add([arrival(number)])
    print(number, flush=True)
"""


def test_whatever_was_promised_is_there_after_a_kill(tmp_path: Path) -> None:
    """A real process adds and says so, and is killed in the midst of it."""
    key = new_key()
    command = [sys.executable, "-c", ADDING, str(tmp_path), key]
    with subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = [int(process.stdout.readline()) for _ in range(50)]
        process.kill()
        said += [int(line) for line in process.stdout.read().split("\n")[:-1]]

    found = numbers(begun(tmp_path, Vault([key])).waiting())
    assert found[: len(said)] == said
    assert len(found) <= len(said) + 1
