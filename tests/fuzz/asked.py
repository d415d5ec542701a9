"""One request as bytes of a browser's, and what an application answers to it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp

PATIENCE = 60.0
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, and by whom; the target adds what only it knows: cookies and secrets."""

    who: str
    method: str
    path: str
    query: str = ""
    headers: Pairs = ()
    form: Pairs | None = None
    """The fields of a form, or None where `body` is sent as it is."""
    body: tuple[bytes, ...] = ()
    has_secret: bool = True
    """Whether the form brings its session's secret, and an update that of the webhook."""
    hangs_up: bool = False


@dataclass(slots=True)
class Answer:
    """What came back, or the error that came instead."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    error: BaseException | None = None

    def header(self, name: str) -> str:
        """The header of that name; empty if there is none."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def text(self) -> str:
        """What was shown."""
        return self.body.decode(errors="replace")


async def answer(
    app: ASGIApp, asked: Asked, headers: Sequence[tuple[str, str]], body: Sequence[bytes]
) -> Answer:
    """What the application answers, given the request as the server gives it."""
    came, got, over = list(body), Answer(), asyncio.Event()
    ends = [{"type": "http.request", "body": b"", "more_body": False}] * (not asked.hangs_up)

    async def receive() -> dict[str, Any]:
        if not came:
            if ends:
                return ends.pop()
            if not asked.hangs_up:
                # as a server: who has asked waits until all is answered
                await over.wait()
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": came.pop(0), "more_body": True}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            got.status = message["status"]
            got.headers = [
                (k.decode("latin-1"), v.decode("latin-1")) for k, v in message["headers"]
            ]
        else:
            got.body += message.get("body", b"")
            if not message.get("more_body"):
                over.set()

    try:
        async with asyncio.timeout(PATIENCE):
            await app(_scope(asked, headers), receive, send)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
        got.error = error
    return got


def _scope(asked: Asked, headers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    raw = [(k.lower().encode("latin-1"), v.encode("latin-1", "replace")) for k, v in headers]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "https",
        "path": unquote(asked.path),
        "raw_path": asked.path.encode("ascii", "replace"),
        "query_string": asked.query.encode("ascii", "replace"),
        "root_path": "",
        "headers": raw,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8080),
        "state": {},
    }
