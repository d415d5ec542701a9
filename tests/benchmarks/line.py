"""A connection of a Bot API server that spends as little as it can on HTTP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast
from urllib.parse import parse_qsl

import orjson

Json = dict[str, Any]
Reply = Callable[[bytes], None]
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_FIELD = re.compile(rb'name="?(\w+)"?[^\r]*(?:\r\n[^\r]+)*\r\n\r\n(.*?)\r\n--', re.DOTALL)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_END = b"\r\n\r\n"


class Desk(Protocol):
    """Whoever answers what comes in over a line."""

    def asked(self, path: str, given: Mapping[str, Any], reply: Reply) -> None:
        """Answer a call, now or later, by one call of `reply`."""


class Line(asyncio.Protocol):
    """One connection: each request is handed to the desk, each answer written as it comes."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._buffer = desk, b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        # uvloop's is none by its class, and does what one does
        self._transport = cast(asyncio.WriteTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody can be answered here any more."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Hand on each request that is whole."""
        self._buffer += data
        while (end := self._buffer.find(_END)) >= 0:
            head, found = self._buffer[:end], _LENGTH.search(self._buffer, 0, end)
            whole = end + len(_END) + (int(found.group(1)) if found else 0)
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + len(_END) : whole], self._buffer[whole:]
            path, _, query = head.split(b" ", 2)[1].decode().partition("?")
            self._desk.asked(path, {**dict(parse_qsl(query)), **fields(body)}, self._reply)

    def _reply(self, answer: bytes) -> None:
        if self._transport is not None:
            self._transport.write(_HEAD % len(answer) + answer)


def fields(body: bytes) -> Json:
    """What a request carries: JSON, a form, or a form in parts, whichever it is."""
    if not body:
        return {}
    if body[:1] == b"{":
        read: Json = orjson.loads(body)
        return read
    if body[:2] == b"--":
        return {name.decode(): value.decode(errors="replace") for name, value in _parts(body)}
    return dict(parse_qsl(body.decode()))


def _parts(body: bytes) -> list[tuple[bytes, bytes]]:
    return [(each.group(1), each.group(2)) for each in _FIELD.finditer(body)]
