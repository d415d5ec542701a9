"""What a phone can attach: small true files, and messages of the shape Telegram gives them."""

import struct
import zlib
from collections.abc import Callable
from typing import Any

from bot.sandbox.files import PNG, Shelf, Upload

Json = dict[str, Any]
SIDE = 64
PLAIN: dict[str, Json] = {
    "location": {"location": {"latitude": 52.5, "longitude": 13.4}},
    "contact": {"contact": {"phone_number": "+15550100", "first_name": "Robin"}},
    "dice": {"dice": {"emoji": "🎲", "value": 4}},
    "venue": {
        "location": {"latitude": 52.5, "longitude": 13.4},
        "venue": {
            "location": {"latitude": 52.5, "longitude": 13.4},
            "title": "Park",
            "address": "1 Park Lane",
        },
    },
    "poll": {
        "poll": {
            "id": "5000000001",
            "question": "Tea or coffee?",
            "options": [
                {"persistent_id": "1", "text": "Tea", "voter_count": 0},
                {"persistent_id": "2", "text": "Coffee", "voter_count": 0},
            ],
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": True,
            "type": "regular",
            "allows_multiple_answers": False,
            "allows_revoting": True,
            "members_only": False,
        }
    },
}
SQUARE = {"width": SIDE, "height": SIDE}
# kind: (file name, media type, what its message says beside the file's identity)
FILES: dict[str, tuple[str, str, Json]] = {
    "voice": ("voice.ogg", "audio/ogg", {"duration": 3}),
    "audio": ("song.mp3", "audio/mpeg", {"duration": 9, "title": "Song"}),
    "video": ("film.mp4", "video/mp4", {**SQUARE, "duration": 5}),
    "video_note": ("round.mp4", "video/mp4", {"length": SIDE, "duration": 5}),
    "animation": ("wave.mp4", "video/mp4", {**SQUARE, "duration": 2}),
    "document": ("letter.pdf", "application/pdf", {"file_name": "letter.pdf"}),
    "sticker": (
        "sticker.webp",
        "image/webp",
        {**SQUARE, "type": "regular", "is_animated": False, "is_video": False, "emoji": "🙂"},
    ),
}
UNCAPTIONED = frozenset({"sticker", "video_note", *PLAIN})


def attachment(kind: str, shelf: Shelf, caption: str | None) -> Json | None:
    """The content of a message with that kind of attachment, or None for an unknown kind."""
    if kind in PLAIN:
        return PLAIN[kind]
    make: Callable[[Shelf], Json] | None = _photo if kind == "photo" else _maker(kind)
    if make is None:
        return None
    words = {"caption": caption} if caption and kind not in UNCAPTIONED else {}
    return {**make(shelf), **words}


def _photo(shelf: Shelf) -> Json:
    stored = shelf.keep(Upload("photo.png", picture(SIDE), "image/png"))
    return {"photo": [{**stored.identity(), **SQUARE}]}


def _maker(kind: str) -> Callable[[Shelf], Json] | None:
    if kind not in FILES:
        return None
    name, media, details = FILES[kind]

    def make(shelf: Shelf) -> Json:
        stored = shelf.keep(Upload(name, f"{kind} from the sandbox\n".encode(), media))
        typed = {} if kind in ("sticker", "video_note") else {"mime_type": media}
        return {kind: {**stored.identity(), **typed, **details}}

    return make


def picture(side: int) -> bytes:
    """A square PNG with a soft gradient."""
    rows = b"".join(
        b"\0" + bytes(v for x in range(side) for v in (90, 120 + x, 150 + y)) for y in range(side)
    )
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return PNG + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check
