"""The files that the bot and the people have sent, kept in memory."""

import struct
from dataclasses import dataclass
from typing import Any

from bot.sandbox.refusal import bad_request

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class Upload:
    """A file as it arrives in a form."""

    name: str
    content: bytes
    media: str

    def outline(self) -> dict[str, Any]:
        """What the log of calls says about it."""
        return {"file_name": self.name, "mime_type": self.media, "file_size": len(self.content)}


@dataclass(frozen=True)
class Stored:
    """A file with the identifiers that Telegram gives it."""

    upload: Upload
    number: int

    @property
    def file_id(self) -> str:
        """The identifier by which the bot may send or fetch it again."""
        return f"SandboxFile{self.number:06d}"

    @property
    def path(self) -> str:
        """Where it can be downloaded, below /file/bot<token>/."""
        return f"files/file_{self.number}"

    def identity(self) -> dict[str, Any]:
        """The three fields that every kind of file carries."""
        unique = f"Unique{self.number:06d}"
        size = len(self.upload.content)
        return {"file_id": self.file_id, "file_unique_id": unique, "file_size": size}


class Shelf:
    """Every file of this world, found again by identifier or by path."""

    def __init__(self) -> None:
        self._by_id: dict[str, Stored] = {}

    def keep(self, upload: Upload) -> Stored:
        """The file with its new identifiers."""
        stored = Stored(upload, len(self._by_id) + 1)
        self._by_id[stored.file_id] = stored
        return stored

    def find(self, file_id: str) -> Stored:
        """The file of that identifier, or Telegram's refusal."""
        if file_id not in self._by_id:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return self._by_id[file_id]

    def at(self, path: str) -> Stored | None:
        """The file at that download path."""
        return next((each for each in self._by_id.values() if each.path == path), None)


def picture_size(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG or JPEG, or Telegram's refusal of anything else."""
    if content.startswith(PNG) and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return int(width), int(height)
    if content.startswith(JPEG):
        return _jpeg_size(content)
    raise bad_request("IMAGE_PROCESS_FAILED")


def _jpeg_size(content: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(content):
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if marker in FRAMES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return int(width), int(height)
        at += 2 + length
    raise bad_request("IMAGE_PROCESS_FAILED")
