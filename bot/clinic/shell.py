"""Around all pages: static files, headers on every answer, and a page for every mistake."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.clinic.answers import HEADERS
from bot.clinic.frame import HOME, ROOT
from bot.clinic.frame import problem as problem_page
from bot.clinic.writing import HERE

Problem = Callable[[Request, str, int], Awaitable[Response]]
"""Makes the page that says why something was not shown."""

STATIC = "/static"
_ONLY_TLS = "max-age=31536000"
_NOTICES = {404: "missing", 405: "method"}


def mounted(routes: Sequence[Route], problem: Problem, *, over_tls: bool) -> list[Route | Mount]:
    """The pages at their place, with everything around them."""

    async def not_found(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return await problem(request, _NOTICES.get(status, "missing"), status)

    more = {"Strict-Transport-Security": _ONLY_TLS} if over_tls else {}
    inner = Starlette(
        routes=[
            Route("/", _go_home),
            Mount(STATIC, StaticFiles(directory=HERE / "static")),
            *routes,
        ],
        exception_handlers={HTTPException: not_found, Exception: _broke},
    )
    inner.router.redirect_slashes = False
    return [Route(ROOT, Shell(_at_root, more)), Mount(ROOT, Shell(inner, more))]


class Shell:
    """An application whose every answer carries the headers."""

    def __init__(self, app: ASGIApp, more: Mapping[str, str]) -> None:
        self._app, self._headers = app, {**HEADERS, **more}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the headers."""

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                if STATIC in scope["path"]:
                    headers["Cache-Control"] = "no-cache"
            await send(message)

        await self._app(scope, receive, send_on)


async def _at_root(scope: Scope, receive: Receive, send: Send) -> None:
    await RedirectResponse(HOME, status_code=303)(scope, receive, send)


async def _go_home(_: Request) -> Response:
    return RedirectResponse(HOME, status_code=303)


async def _broke(_: Request, error: Exception) -> Response:
    # whatever broke may break again: who is signed in is not asked
    return problem_page("fault", 500)
