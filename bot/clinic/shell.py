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
from bot.clinic.guard import Guard
from bot.clinic.writing import HERE

Problem = Callable[[Request, str, int], Awaitable[Response]]
"""Makes the page that says why something was not shown."""

STATIC = "/static"
_ONLY_TLS = "max-age=31536000; includeSubDomains"
_NOTICES = {404: "missing", 405: "method"}


def mounted(
    routes: Sequence[Route], problem: Problem, guard: Guard, *, over_tls: bool
) -> list[Route | Mount]:
    """The pages at their place, with everything around them."""

    async def not_found(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return await problem(request, _NOTICES.get(status, "missing"), status)

    inner = Starlette(
        routes=[
            Route("/", _go_home),
            Mount(STATIC, StaticFiles(directory=HERE / "static")),
            *routes,
        ],
        exception_handlers={HTTPException: not_found, Exception: _broke},
    )
    inner.router.redirect_slashes = False
    around = headers(over_tls=over_tls)
    return [Route(ROOT, Shell(_at_root, around, guard)), Mount(ROOT, Shell(inner, around, guard))]


def headers(*, over_tls: bool) -> dict[str, str]:
    """What every answer of the service carries."""
    return {**HEADERS, **({"Strict-Transport-Security": _ONLY_TLS} if over_tls else {})}


class Shell:
    """An application behind the guard, whose every answer carries the headers."""

    def __init__(self, app: ASGIApp, around: Mapping[str, str], guard: Guard) -> None:
        self._app, self._headers, self._guard = app, around, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the headers."""
        request = Request(scope)

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                found.update(self._headers)
                if _may_be_kept(request, message["status"]):
                    found["Cache-Control"] = "no-cache"
                self._guard.answered(request, message["status"])
            await send(message)

        answer = self._guard.refusal(request)
        await (answer or self._app)(scope, receive, send_on)


def _may_be_kept(request: Request, status: int) -> bool:
    # a mistake below it is a page, with the name of whoever is signed in
    return request.url.path.startswith(f"{ROOT}{STATIC}/") and status in (200, 304)


async def _at_root(scope: Scope, receive: Receive, send: Send) -> None:
    await RedirectResponse(HOME, status_code=303)(scope, receive, send)


async def _go_home(_: Request) -> Response:
    return RedirectResponse(HOME, status_code=303)


async def _broke(_: Request, error: Exception) -> Response:
    # whatever broke may break again: who is signed in is not asked
    return problem_page("fault", 500)
