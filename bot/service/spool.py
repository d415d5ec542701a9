"""Where arrivals lie, sealed and on the disk, while the database cannot keep them.

A spool is a folder of numbered files, each held by one process (`flock`) until every line of it
is in the database. What a dead process left is taken over by whoever looks next.
"""

from __future__ import annotations

import base64
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from bot.keys import CannotOpen, Vault
from bot.service.folders import PART, alone, hold, rewrite, sync_folder, write_through
from bot.store.inbox import Arrival

log = logging.getLogger(__name__)

PURPOSE = FOLDER = "spool"
"""For what its lines are sealed, and where in DATA_DIR they lie."""
LINES, ASIDE = ".jsonl", ".aside"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands in its file, and what it says; None if no key opens it."""

    raw: bytes
    arrival: Arrival | None


@dataclass(frozen=True, slots=True)
class Segment:
    """A closed file of the spool."""

    path: Path
    lines: tuple[Line, ...]


@dataclass(slots=True)
class _Open:
    """The file that is written to, and how much of it is whole lines."""

    path: Path
    handle: int
    size: int = 0
    lines: int = 0


@dataclass(slots=True)
class _Held:
    """A file that is ours: how many lines wait in it, and since when."""

    handle: int
    lines: int = 0
    oldest: datetime | None = None
    is_unreadable: bool = False


@dataclass(slots=True)
class Spool:
    """Arrivals on their way around a database that is away; call it from one thread at a time."""

    folder: Path
    vault: Vault
    aside: int = 0
    """How many lines no key opens, or the database refuses, and how many files nobody can open."""
    astray: tuple[str, ...] = ()
    """The names of these files, and of those in which these lines are."""
    _open: _Open | None = None
    _held: dict[Path, _Held] = field(default_factory=dict)
    _closed: dict[Path, datetime | None] = field(default_factory=dict)
    """What cannot be opened, and, where there may be words in it, since when."""

    def begin(self) -> None:
        """The folder is there after this if it can be made; what was put aside is tried again."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with alone(self.folder):
                self._try_again()
        except BlockingIOError:
            pass  # another process is about it
        except OSError as error:
            log.warning("the spool's folder cannot be used: %s", error.strerror)
        self.look()

    def add(self, arrivals: Sequence[Arrival]) -> None:
        """Keep arrivals on the disk, for good when this returns; OSError if that cannot be."""
        if not arrivals:
            return
        open_ = self._open or self._new()
        content = b"".join(self._lines(open_, arrivals))
        try:
            write_through(open_.handle, content)
        except OSError:
            self._give_up(open_)
            raise
        open_.size, open_.lines = open_.size + len(content), open_.lines + len(arrivals)
        held = self._held[open_.path]
        held.lines, held.oldest = open_.lines, held.oldest or arrivals[0].received_at

    def look(self) -> None:
        """Every file that can be opened and no other living process holds is ours after this."""
        closed = dict[Path, datetime | None]()
        paths = self._seen(self.folder, _files, closed) or []
        for path in paths:
            if path.suffix == LINES:
                self._seen(path, self._take, closed)
        asides = {
            path: self._seen(path, _count, closed) or 0 for path in paths if path.suffix == ASIDE
        }
        self._closed, self.aside = closed, sum(asides.values()) + len(closed)
        self.astray = tuple(path.name for path in (*closed, *(p for p, n in asides.items() if n)))

    @property
    def holds_any(self) -> bool:
        """Whether anything waits here for the database."""
        return bool(self._held)

    @property
    def lines(self) -> int:
        """How many lines wait here for the database."""
        return sum(held.lines for held in tuple(self._held.values()))

    @property
    def oldest(self) -> datetime | None:
        """When the oldest of them came in, or was last written to where nobody can open it."""
        held = (each.oldest for each in tuple(self._held.values()))
        waiting = (*held, *self._closed.values())
        return min((each for each in waiting if each is not None), default=None)

    def waiting(self) -> list[Segment]:
        """What waits, oldest first; what is added from now on goes into a new file."""
        self._open = None
        read = (self._held_segment(path) for path in sorted(self._held))
        return [segment for segment in read if segment is not None]

    def done(self, segment: Segment, aside: Sequence[Line] = ()) -> None:
        """Forget a file whose lines are all in the database, but for those that lie aside now.

        BlockingIOError, and nothing is forgotten, while another process sees to what lies aside.
        """
        if aside:
            with alone(self.folder):
                log.error("%s lines of the spool cannot be kept and lie aside", len(aside))
                rewrite(segment.path.with_suffix(ASIDE), [line.raw for line in aside])
                self._forget(segment.path)
        else:
            self._forget(segment.path)

    def close(self) -> None:
        """Let go of every file; the next process takes them over."""
        self._open = None
        for held in self._held.values():
            os.close(held.handle)
        self._held.clear()

    def _forget(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        sync_folder(self.folder)
        os.close(self._held.pop(path).handle)

    def _try_again(self) -> None:
        """What lies aside waits again: a key that was missing may be back."""
        for half in self.folder.glob(f"*{PART}"):
            with suppress(OSError):
                half.unlink()
        for path in self.folder.glob(f"*{ASIDE}"):
            # whoever was killed before the end left the file that it came from, whose other lines
            # are in the database; what stands in the way is seen at the look
            with suppress(OSError):
                path.rename(path.with_suffix(LINES))

    def _new(self) -> _Open:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._free_path()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            hold(handle)
            sync_folder(self.folder)
        except OSError:
            os.close(handle)
            raise
        self._held[path] = _Held(handle)
        self._open = _Open(path, handle)
        return self._open

    def _free_path(self) -> Path:
        taken = (int(path.stem) for path in self.folder.iterdir() if path.stem.isdecimal())
        return self.folder / f"{max(taken, default=0) + 1:08d}{LINES}"

    def _lines(self, open_: _Open, arrivals: Sequence[Arrival]) -> Iterator[bytes]:
        seal = self.vault.site(PURPOSE)
        for number, arrival in enumerate(arrivals, open_.lines):
            # a line may lie in another file later, so it says itself where it was sealed
            place = f"{open_.path.stem}:{number}"
            sealed = base64.b64encode(seal.seal(_words(arrival), PURPOSE, place)).decode()
            yield json.dumps({"place": place, "sealed": sealed}).encode() + b"\n"

    def _give_up(self, open_: _Open) -> None:
        """Nothing follows half a line: it is cut off, and the next arrival begins a new file."""
        self._open = None
        with suppress(OSError):
            os.ftruncate(open_.handle, open_.size)
            os.fsync(open_.handle)
        if not open_.lines:
            with suppress(OSError):
                open_.path.unlink()
            os.close(self._held.pop(open_.path).handle)

    def _seen(
        self, path: Path, look: Callable[[Path], T], closed: dict[Path, datetime | None]
    ) -> T | None:
        """What is seen there; what cannot be opened is noted, and must not hide the others."""
        try:
            return look(path)
        except (BlockingIOError, FileNotFoundError):
            return None  # a living process has it, or has just finished it
        except OSError as error:
            if path not in self._closed:
                log.error("%s of the spool cannot be opened: %s", path.name, error.strerror)
            closed[path] = _written_at(path) if path.suffix == LINES else None
            return None

    def _take(self, path: Path) -> None:
        if path in self._held:
            return
        handle = os.open(path, os.O_RDWR)
        try:
            hold(handle)
            segment = _read(path, self._opened)
        except OSError:
            os.close(handle)
            raise
        found = [line.arrival for line in segment.lines if line.arrival]
        oldest = min((arrival.received_at for arrival in found), default=None)
        self._held[path] = _Held(handle, len(found), oldest)

    def _held_segment(self, path: Path) -> Segment | None:
        held = self._held[path]
        try:
            segment = _read(path, self._opened)
        except OSError as error:
            # it goes on waiting: a file that cannot be read now must not hold up the others
            if not held.is_unreadable:
                log.error("%s of the spool cannot be read: %s", path.name, error.strerror)
            held.is_unreadable = True
            return None
        held.is_unreadable = False
        return segment

    def _opened(self, line: bytes) -> Arrival | None:
        return opened(self.vault, line)


def opened(vault: Vault, line: bytes) -> Arrival | None:
    """What a line says; None if it was never finished, or no key opens it."""
    # neither must stop the others
    with suppress(ValueError, KeyError, TypeError, CannotOpen):
        written = json.loads(line)
        sealed = base64.b64decode(written["sealed"], validate=True)
        words = vault.site(PURPOSE).open(sealed, PURPOSE, written["place"])
        return _arrival(json.loads(words))
    return None


def _files(folder: Path) -> list[Path]:
    # not by `glob`, which takes a folder that nobody may look into for an empty one
    return sorted(folder.iterdir())


def _count(path: Path) -> int:
    # a process that was killed leaves half a line, which nobody was promised
    return path.read_bytes().count(b"\n")


def _written_at(path: Path) -> datetime | None:
    with suppress(OSError):
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    return None


def _read(path: Path, opened: Callable[[bytes], Arrival | None]) -> Segment:
    raw = path.read_bytes().splitlines(keepends=True)
    return Segment(path, tuple(Line(line, opened(line)) for line in raw))


def _words(arrival: Arrival) -> str:
    values = {**asdict(arrival), "received_at": arrival.received_at.isoformat()}
    return json.dumps({name: value for name, value in values.items() if value != ()})


def _arrival(values: dict[str, Any]) -> Arrival:
    at, aliases = datetime.fromisoformat(values["received_at"]), values.get("aliases", ())
    return Arrival(**{**values, "received_at": at, "aliases": tuple(aliases)})
