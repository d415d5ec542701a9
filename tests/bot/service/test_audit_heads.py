"""Each day the head of the audit is kept where no change of the database can reach it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.service import auditing
from bot.service.auditing import BadHeads, Exporting
from bot.service.site import Site
from bot.settings import Settings
from bot.store import audit
from tests.bot.service.practice import Practice, SetClock


async def test_each_day_a_head_is_kept_in_the_list_and_in_the_log(
    practice: Practice, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Once a day, also after a restart; a line that a crash cut off costs only itself."""
    exporting, clock, file = exporter(practice, tmp_path)
    await exporting().export()
    assert not file.exists(), "an empty audit has no head"
    note(practice, "first")

    with caplog.at_level(logging.INFO):
        once = exporting()
        for _ in range(3):
            await once.export()
        await exporting().export()
    assert [each.id for each in auditing.read_heads(file)] == [1]
    assert f"audit head: entry 1, {auditing.read_heads(file)[0].hash}" in caplog.text

    with file.open("a") as opened:
        opened.write('{"at": "2027-01-')
    clock.moment += timedelta(days=1)
    note(practice, "second")
    await once.export()

    heads = auditing.read_heads(file)
    assert [each.id for each in heads] == [1, 2]
    assert practice.store.read_now(auditing.verify, heads).wrong is None
    assert file.stat().st_mode & 0o077 == 0
    file.write_text("nonsense\n")
    with pytest.raises(BadHeads, match="line 1 cannot be read"):
        auditing.read_heads(file)


async def test_a_head_that_cannot_be_written_is_tried_again_in_an_hour(
    practice: Practice, tmp_path: Path
) -> None:
    """A folder that is gone is spoken of once an hour, and a later head is kept all the same."""
    exporting, clock, file = exporter(practice, tmp_path / "later")
    note(practice, "first")
    once = exporting()

    with pytest.raises(OSError, match="No such file"):
        await once.export()
    await once.export()
    file.parent.mkdir()
    await once.export()
    assert not file.exists()
    clock.moment += timedelta(hours=1)
    await once.export()

    assert [each.id for each in auditing.read_heads(file)] == [1]


def exporter(practice: Practice, folder: Path) -> tuple[Callable[[], Exporting], SetClock, Path]:
    """What makes a process that exports into that folder; the clock; the list."""
    settings = Settings(data_dir=folder)
    site = Site(settings, practice.site.releases, practice.clock, practice.site.read)
    return lambda: Exporting(practice.store, site), practice.clock, folder / auditing.LIST


def note(practice: Practice, subject: str) -> None:
    """Somebody did something."""
    kept = {"clinician_id": None, "act": "restore", "subject": subject}
    practice.store.write_now(audit.note, at=practice.clock.now(), **kept)  # type: ignore[arg-type]
