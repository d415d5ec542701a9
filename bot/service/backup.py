"""A backup as a file: every table in sealed pieces, from its first line to the proof of its end.

A line that anybody may read says which form this is and proves the keys; then come frames, each a
kind, a length and a sealed body bound to this backup, its kind and its place: one about the whole,
one for each piece of a table, and the end, which knows how many there were and their digest.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO, Literal

import orjson

from bot.keys import CannotOpen, Vault, new_token, same_secret
from bot.service.folders import sync_folder
from bot.store.backup import Piece, Snapshot, snapshot

FORM = 1
MAGIC = b"Paceful backup "
PIECE_BYTES = 256 * 1024
MOST_BYTES = 256 * 1024 * 1024
"""No frame is longer: the row that fills a piece is its last, and a row is small."""

_LENGTH = 4
_LINE = 4096
Kind = Literal["about", "rows", "end"]
_KINDS: dict[bytes, Kind] = {b"A": "about", b"R": "rows", b"E": "end"}
_LETTERS = {kind: letter for letter, kind in _KINDS.items()}


class BadBackup(Exception):
    """The backup cannot be written or read; the words say why, and what to do."""


TORN = "The backup is torn: its end is missing. Take another one"
DAMAGED = (
    "The backup is damaged, or one of the keys that it was sealed with is missing from"
    " SECRET_KEYS. Take another one, or put the key back"
)


@dataclass(frozen=True, slots=True)
class About:
    """What a backup is of: when it was made, by which version, from which kind of database."""

    made_at: datetime
    version: str
    revision: str
    engine: str
    patients: int
    numbers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Looked:
    """A backup that was read to its end: what it is of, and how many rows it holds."""

    about: About
    rows: int
    bytes: int


@dataclass(slots=True)
class _Writer:
    """Writes frames behind one another, and remembers what it wrote."""

    file: BinaryIO
    vault: Vault
    id: str
    frames: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def put(self, kind: Kind, content: bytes) -> None:
        place = ("backup", self.id, kind, self.frames)
        sealed = self.vault.site("backup").seal_bytes(zlib.compress(content, 1), *place)
        self.write(_LETTERS[kind] + len(sealed).to_bytes(_LENGTH) + sealed)
        self.frames += 1

    def write(self, content: bytes) -> None:
        self.digest.update(content)
        self.file.write(content)


def back_up(url: str, vault: Vault, file: Path, at: datetime) -> Looked:
    """What is in the new file, which was read back to its end before it got its name."""
    if file.exists():
        msg = f"{file.name} is there already, and a backup never takes another one's place"
        raise BadBackup(msg)
    part = file.with_name(f".{file.name}.part")
    try:
        with _new(part) as written, snapshot(url, vault) as found:
            _write(written, vault, found, at)
            written.flush()
            os.fsync(written.fileno())
        looked = look(part, vault)
        part.rename(file)
        sync_folder(file.parent)
    except OSError as error:
        msg = f"The backup cannot be written: {os.strerror(error.errno or 0)}"
        raise BadBackup(msg) from error
    finally:
        with suppress(OSError):
            part.unlink()
    return looked


def look(file: Path, vault: Vault) -> Looked:
    """What the backup holds, after every byte of it was read and checked; or BadBackup."""
    with _opened(file) as opened:
        frames = _Frames(opened, vault)
        about, rows = frames.about(), sum(len(piece.rows) for piece in frames.pieces())
    return Looked(about, rows, file.stat().st_size)


def pieces(file: Path, vault: Vault) -> Iterator[Piece]:
    """The rows of a backup, as they are asked for, parents first."""
    with _opened(file) as opened:
        frames = _Frames(opened, vault)
        frames.about()
        yield from frames.pieces()


def _write(file: BinaryIO, vault: Vault, found: Snapshot, at: datetime) -> None:
    id = new_token()
    writer = _Writer(file, vault, id)
    clear = {"form": FORM, "id": id, "keys": _proofs(vault, id)[0]}
    writer.write(MAGIC + orjson.dumps(clear) + b"\n")
    about = About(
        at, version("paceful"), found.revision, found.engine, found.patients, found.numbers
    )
    writer.put("about", orjson.dumps(about))
    for table in found.tables:
        columns = orjson.dumps([table.name, [column.name for column in table.columns]])
        for lines in _filled(found.rows(table)):
            writer.put("rows", b"\n".join([columns, *lines]))
    told = {"frames": writer.frames, "digest": writer.digest.hexdigest()}
    writer.put("end", orjson.dumps(told))


def _filled(rows: Iterator[list[Any]]) -> Iterator[list[bytes]]:
    """The rows as lines of JSON, as many together as make a piece."""
    lines: list[bytes] = []
    size = 0
    for row in rows:
        lines.append(orjson.dumps(row))
        size += len(lines[-1])
        if size >= PIECE_BYTES:
            yield lines
            lines, size = [], 0
    if lines:
        yield lines


class _Frames:
    """Reads what a writer wrote, in the same order, and refuses whatever is not so."""

    def __init__(self, file: BinaryIO, vault: Vault) -> None:
        self._file, self._vault, self._count = file, vault, 0
        self._digest = hashlib.sha256()
        self._id = self._first_line()

    def about(self) -> About:
        """What the backup is of; it stands before everything else."""
        kind, content = self._next()
        if kind != "about":
            raise BadBackup(DAMAGED)
        known = orjson.loads(content)
        return About(**{**known, "made_at": datetime.fromisoformat(known["made_at"])})

    def pieces(self) -> Iterator[Piece]:
        """Every piece, until the end was there and agreed with all that came before it."""
        while True:
            before = {"frames": self._count, "digest": self._digest.hexdigest()}
            kind, content = self._next()
            if kind == "end":
                break
            head, *lines = content.split(b"\n")
            table, columns = orjson.loads(head)
            yield Piece(table, columns, [orjson.loads(line) for line in lines])
        if orjson.loads(content) != before or self._file.read(1):
            raise BadBackup(DAMAGED)

    def _first_line(self) -> str:
        line = self._file.readline(_LINE)
        if not line.startswith(MAGIC):
            msg = "This file is no backup of Paceful's"
            raise BadBackup(msg)
        self._digest.update(line)
        try:
            clear = orjson.loads(line.removeprefix(MAGIC))
            form, id, proof = int(clear["form"]), str(clear["id"]), str(clear["keys"])
        except (ValueError, KeyError, TypeError):
            raise BadBackup(DAMAGED) from None
        if form > FORM:
            msg = "The backup was made by a newer Paceful: install that version to restore it"
            raise BadBackup(msg)
        if not same_secret(proof, *_proofs(self._vault, id)):
            msg = (
                "SECRET_KEYS are not the keys of this backup: put back those that it was made"
                " with, behind the others"
            )
            raise BadBackup(msg)
        return id

    def _next(self) -> tuple[Kind, bytes]:
        head = self._read(1 + _LENGTH)
        kind, length = _KINDS.get(head[:1]), int.from_bytes(head[1:])
        if kind is None or length > MOST_BYTES:
            raise BadBackup(DAMAGED)
        sealed = self._read(length)
        try:
            place = ("backup", self._id, kind, self._count)
            content = self._vault.site("backup").open_bytes(sealed, *place)
        except CannotOpen:
            raise BadBackup(DAMAGED) from None
        self._count += 1
        return kind, zlib.decompress(content)

    def _read(self, size: int) -> bytes:
        found = self._file.read(size)
        if len(found) < size:
            raise BadBackup(TORN)
        self._digest.update(found)
        return found


def _proofs(vault: Vault, id: str) -> tuple[str, ...]:
    # keyed, and another one in each backup: it tells nothing to whom lacks the keys
    return vault.lookups("backup", id)


def _new(file: Path) -> BinaryIO:
    with suppress(FileNotFoundError):
        file.unlink()
    # nobody else may read it, from the first byte on
    return os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "wb")


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        msg = f"The backup cannot be read: {os.strerror(error.errno or 0)}"
        raise BadBackup(msg) from error
