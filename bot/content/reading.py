"""Reading the content folder into a release, the one thing that conversations need."""

from __future__ import annotations

from pathlib import Path

from bot.content.library import open_library
from bot.content.mistakes import ContentError, Mistake
from flows.program import Release

__all__ = ["ContentError", "Mistake", "read"]


def read(directory: Path) -> Release:
    """The release in this folder; ContentError with every mistake when it cannot be used."""
    return open_library(directory).release
