"""Bytes from Telegram as updates, whatever they are: what is no update still becomes one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import orjson

Json = dict[str, Any]
JUNK = "junk"
"""The name under which an update carries words that are no JSON."""
DEEPEST = 40
"""No update of Telegram's is nested half as deep."""
_WIDEST = 1 << 63
_START = re.compile(rb'\{\s*"update_id"\s*:\s*(-?\d{1,18})')


def update_of(body: bytes) -> Json:
    """The update in a webhook's body; what is none is kept as junk under the number it names."""
    read = _loaded(body)
    if isinstance(read, dict) and _is_number(read.get("update_id")):
        return read
    found = _START.search(body)
    number = int(found.group(1)) if found else 0
    return {"update_id": number, JUNK: body.decode(errors="replace")}


def updates_of(payload: bytes) -> list[Json] | None:
    """The updates in an answer to getUpdates; None if it is no such answer.

    One that cannot be read costs nobody else theirs: each is then read by itself.
    """
    answer = _loaded(payload)
    if answer is None:
        apart = [update_of(piece) for piece in _pieces(payload)]
        return apart or None
    updates = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(updates, list):
        return None
    known = [u for u in updates if isinstance(u, dict) and _is_number(u.get("update_id"))]
    # what has no number can never be acknowledged: it would come again at once, for ever
    return known if known or not updates else None


def body_of(update: Json) -> bytes:
    """The update as bytes to be kept; what cannot be written is mended or cut off."""
    try:
        return orjson.dumps(update)
    except (TypeError, ValueError, RecursionError):
        return orjson.dumps(tamed(update))


def tamed(value: Any, deep: int = DEEPEST) -> Any:
    """The value without lone surrogates, endless numbers, and what is nested too deep."""
    match value:
        case str():
            return value.encode("utf-8", errors="replace").decode()
        case bool() | None:
            return value
        case int():
            return value if -_WIDEST <= value < _WIDEST else str(value)[:64]
        case dict() if deep:
            return {str(tamed(key)): tamed(each, deep - 1) for key, each in value.items()}
        case list() if deep:
            return [tamed(each, deep - 1) for each in value]
        case float():
            return value
        case _:
            return None


def _loaded(body: bytes) -> Any:
    """What the bytes say, None if nothing; half letters and endless numbers are let through."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        return tamed(json.loads(body.decode(errors="replace"), parse_int=_whole))
    except (ValueError, RecursionError):
        return None


def _whole(digits: str) -> int | None:
    # Python refuses to read numbers of more than 4,300 digits, and they would cost time
    return int(digits) if len(digits) <= 64 else None


def _pieces(payload: bytes) -> Iterator[bytes]:
    """The text of each update in an answer; inside of words the quotes would be escaped."""
    starts = [each.start() for each in _START.finditer(payload)]
    for start, end in pairwise(starts):
        yield payload[start:end].rstrip(b" \n\r\t,")
    if starts:
        yield _without_the_rest(payload[starts[-1] :])


def _without_the_rest(piece: bytes) -> bytes:
    """The last update without what closes the answer around it."""
    return re.sub(rb"\s*\]\s*(,[^\[\]]*)?\}\s*\Z", b"", piece)


def _is_number(value: object) -> bool:
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return -_WIDEST <= value < _WIDEST
