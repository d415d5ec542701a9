"""The service's own HTTP pages: its health, its numbers, and the door for Telegram's webhook.

Health and numbers are open: they hold counts, ages and names of code, and nothing of anybody.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.service.health import metrics
from bot.telegram.intake import Intake, secret_fits
from bot.telegram.raw import update_of

log = logging.getLogger(__name__)

MOST_BYTES = 1 << 20
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name, no secret

Health = Callable[[], Awaitable[dict[str, Any]]]


def web(
    health: Health,
    intake: Intake,
    secret: str | None,
    clinic: Sequence[BaseRoute] = (),
    headers: Mapping[str, str] | None = None,
) -> ASGIApp:
    """The application; `/telegram` is there only when there is a secret to check."""

    async def show_health(_: Request) -> Response:
        state = await health()
        return Response(
            orjson.dumps(state),
            status_code=200 if state["ok"] else 503,
            media_type="application/json",
        )

    async def show_metrics(_: Request) -> Response:
        return PlainTextResponse(metrics(await health()))

    async def take_update(request: Request) -> Response:
        if not secret_fits(request.headers.get(SECRET_HEADER), secret or ""):
            return Response(status_code=401)
        try:
            body = await _body(request)
        # half of an update is none: Telegram brings it again
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            return Response(status_code=413)
        # junk is kept and marked: refused, it would come again for a day and hold up its sender
        try:
            await intake.keep([update_of(body)])
        # not kept, so not taken: Telegram brings it again
        except Exception as error:  # noqa: BLE001 - a trace may hold what patients wrote
            log.error("an update could not be kept: %s", type(error).__name__)
            return Response(status_code=503)
        return Response(status_code=200)

    routes = [Route("/healthz", show_health), Route("/metrics", show_metrics), *clinic]
    if secret:
        routes.append(Route("/telegram", take_update, methods=["POST"]))
    return _with_headers(Starlette(routes=routes), headers or {})


def _with_headers(app: ASGIApp, headers: Mapping[str, str]) -> ASGIApp:
    """The application, around which every answer gets the headers that it lacks."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                for name, value in headers.items():
                    found.setdefault(name, value)
            await send(message)

        await app(scope, receive, send_on)

    return answer


async def _body(request: Request) -> bytes | None:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return body
