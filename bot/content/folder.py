"""The files of a content folder, and what tells them from any others."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from bot.content.mistakes import ContentError, Mistake

LARGEST = 400_000
"""How many bytes a content file may have."""

PERSONAS = "personas"
"""The folder of saved people for authors: it is no part of the program that patients meet."""

_ASTRAY = "this is a link that leads out of the content folder: put the file itself here"


def hash_of(directory: Path) -> str:
    """What tells the content of this folder from any other; ContentError if links lead astray."""
    return digest_of(files_of(directory))


def files_of(directory: Path) -> dict[str, bytes]:
    """Every file by its name in the folder, each read once: what is hashed is what is used."""
    found = [p for p in directory.rglob("*") if p.suffix in {".yaml", ".yml"} and p.is_file()]
    named = {path.relative_to(directory).as_posix(): path for path in found}
    root = directory.resolve()
    if astray := [name for name, path in named.items() if root not in path.resolve().parents]:
        # never opened: a mistake in it would be told with words of that file
        raise ContentError([Mistake(name, 1, _ASTRAY) for name in sorted(astray)])
    return {name: _bytes(path) for name, path in sorted(named.items()) if not _hidden(name)}


def _hidden(name: str) -> bool:
    parts = name.split("/")
    return parts[0] == PERSONAS or any(part.startswith(".") for part in parts)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def digest_of(files: Mapping[str, bytes]) -> str:
    """What tells these files from any others."""
    digest = hashlib.sha256()
    for name, raw in files.items():
        digest.update(f"{name}\0{len(raw)}\0".encode() + raw)
    return digest.hexdigest()
