"""What was made from content and code, kept for the next start: always to be had anew.

It is sealed with the keys of the site and bound to what it was made from, so that nobody who only
reaches the files can put other words into a patient's chat. It is data, never code.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from bot.keys import CannotOpen, Seal, Vault
from bot.settings import Settings

FOLDER = "cache"
"""Where in DATA_DIR it lies; whoever deletes it loses a second of the next start."""

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Cache:
    """Files of one installation, each opened only for what it was made from."""

    folder: Path
    seal: Seal

    def get(self, name: str, made_from: str) -> bytes | None:
        """What was kept under that name, if it was made from this; else None."""
        try:
            sealed = self._file(name).read_bytes()
            return zlib.decompress(self.seal.open_bytes(sealed, FOLDER, name, made_from))
        except (OSError, CannotOpen, zlib.error):
            return None

    def keep(self, name: str, made_from: str, content: bytes) -> None:
        """Keep it in place of what was there; where the disk refuses, nothing is kept."""
        sealed = self.seal.seal_bytes(zlib.compress(content, 1), FOLDER, name, made_from)
        with suppress(OSError):
            # its own folder at most: whether DATA_DIR is there is the operator's matter
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self._replace(self._file(name), sealed)

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.sealed"

    def _replace(self, file: Path, sealed: bytes) -> None:
        handle, part = tempfile.mkstemp(dir=self.folder, prefix=f"{file.name}.")
        try:
            with os.fdopen(handle, "wb") as whole:
                whole.write(sealed)
            # not synced: a file that a power cut tore does not open, and is made anew
            Path(part).replace(file)
        except OSError:
            Path(part).unlink(missing_ok=True)
            raise


def cache_of(settings: Settings) -> Cache | None:
    """What earlier starts and checks left, or None where no key keeps it from being changed."""
    if not settings.keys:
        return None
    return Cache(settings.data_dir / FOLDER, Vault(settings.keys).site(FOLDER))


@cache
def made_by(*packages: str) -> str:
    """What tells one state of our code, and of these packages, from any other."""
    digest = hashlib.sha256(sys.version.encode())
    for package in packages:
        digest.update(f"{package} {version(package)}\n".encode())
    for file in _code():
        digest.update(file.relative_to(_ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _code() -> Iterable[Path]:
    """The modules that read, prove and describe content."""
    folders = (_ROOT / "flows", _ROOT / "bot" / "content")
    return sorted([_ROOT / "bot" / "markup.py", *(f for d in folders for f in d.rglob("*.py"))])
