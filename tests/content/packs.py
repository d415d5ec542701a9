"""A tiny pack of good content, and copies of it with one thing broken."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

TINY = Path(__file__).with_name("tiny")
"""The smallest content that is whole: nothing in it is wrong or doubtful."""


@dataclass(frozen=True)
class Edit:
    """A change of one file: these words become those; no old words means a file of new words."""

    file: str
    old: str
    new: str


def copy_with(edit: Edit, into: Path) -> Path:
    """A copy of the tiny pack with this edit made; the old words must be there exactly once."""
    pack = Path(shutil.copytree(TINY, into / "pack"))
    path = pack / edit.file
    text = path.read_text(encoding="utf-8") if edit.old else ""
    assert text.count(edit.old) == 1, f"{edit.old!r} in {edit.file}"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text.replace(edit.old, edit.new), encoding="utf-8", newline="\n")
    return pack
