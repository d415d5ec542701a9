"""Plain calls to a server on this machine: a hundredth of the work that a whole client makes."""

from __future__ import annotations

import json
import select
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
HEADERS = {"content-type": "application/json"}


class Line:
    """Connections to one server that stay open; whoever asks meanwhile gets one of their own."""

    def __init__(self, url: str, patience: float) -> None:
        self._place = urlsplit(url).netloc
        self._patience = patience
        self._free: list[HTTPConnection] = []

    def gets(self, path: str) -> tuple[int, bytes]:
        """The status and the body that are answered there."""
        return self._asks("GET", path, None)

    def posts(self, path: str, wish: Mapping[str, Any]) -> tuple[int, bytes]:
        """The status and the body that this wish is answered with."""
        return self._asks("POST", path, json.dumps(wish).encode())

    def ends(self) -> None:
        """Close every connection."""
        while self._free:
            self._free.pop().close()

    def _asks(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        connection = self._open()
        try:
            connection.request(method, path, body, HEADERS)
            with connection.getresponse() as answer:
                told = answer.status, answer.read()
        except BaseException:
            connection.close()
            raise
        self._free.append(connection)
        return told

    def _open(self) -> HTTPConnection:
        while self._free:
            connection = self._free.pop()
            if _is_open(connection):
                return connection
            connection.close()
        return HTTPConnection(self._place, timeout=self._patience)


def as_json(body: bytes) -> Json:
    """What stands in a body, or in a file, as JSON."""
    return dict(json.loads(body))


def _is_open(connection: HTTPConnection) -> bool:
    if connection.sock is None:
        return False
    # between two answers there is nothing to read but the end
    ends = select.poll()
    ends.register(connection.sock, select.POLLIN)
    return not ends.poll(0)
