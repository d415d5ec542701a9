"""The door: a link from the chat, a button, and a session for this browser alone."""

from __future__ import annotations

import re
from datetime import datetime

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.clinic.answers import Answer, Went
from bot.clinic.frame import (
    COOKIE,
    HOME,
    ROOT,
    BadForm,
    Frame,
    Unsafe,
    check_origin,
    form_of,
    inner,
    problem,
)
from bot.clinic.visit import Visit
from bot.clinic.writing import make_ready, page_of
from bot.keys import new_token
from bot.service import signing_in
from bot.service.signing_in import Begun
from bot.store import pages
from bot.store.people import Clinician
from bot.store.unit import Unit

DOOR = f"{ROOT}/enter/{{token}}"
NONCE = "__Host-paceful-door"
FORM_SECRET = "door"  # noqa: S105 - the field's name, no secret
_NONCE = re.compile(r"[A-Za-z0-9_-]{32}")


def routes(frame: Frame) -> list[Route]:
    """The door, and the way out."""

    async def show(request: Request) -> Response:
        return await _show(frame, request)

    async def enter(request: Request) -> Response:
        try:
            return await _enter(frame, request)
        except Unsafe:
            return problem("unsafe", 403)
        except BadForm:
            return problem("too-long", 413)

    return [
        Route(inner(DOOR), show, methods=["GET"], name=DOOR),
        Route(inner(DOOR), enter, methods=["POST"], name=f"POST {DOOR}"),
        frame.act(f"{ROOT}/sign-out", sign_out),
    ]


def sign_out(visit: Visit) -> Answer:
    """This session is over; the next page says so."""
    pages.end(visit.unit, visit.session.id, "signed-out", visit.at)
    return Went(HOME)


async def _show(frame: Frame, request: Request) -> Response:
    """The button that signs in; looking at it changes nothing."""
    token, nonce = str(request.path_params["token"]), _nonce(request) or new_token()
    at = frame.site.clock.now()
    clinician, secret = await frame.store.read(_look, token, nonce, at)
    if clinician is None:
        return page_of("door-shut.html", {}, status=410)
    response = page_of("door.html", {"name": clinician.name, "token": token, "secret": secret})
    response.set_cookie(NONCE, nonce, secure=True, httponly=True, samesite="strict", max_age=300)
    # until the button is pressed there is time
    response.background = BackgroundTask(make_ready)
    return response


async def _enter(frame: Frame, request: Request) -> Response:
    """A session in a cookie, if this browser was shown the button of this link."""
    check_origin(request)
    token, nonce = str(request.path_params["token"]), _nonce(request)
    given = (await form_of(request)).get(FORM_SECRET, "")
    agent, at = request.headers.get("user-agent", ""), frame.site.clock.now()
    begun = await frame.store.write(_begin, token, nonce, given, agent, at)
    if begun is None:
        return page_of("door-shut.html", {}, status=410)
    response = RedirectResponse(HOME, status_code=303)
    # lax: a link in a mail or a chat must find the clinician signed in
    response.set_cookie(COOKIE, begun.token, secure=True, httponly=True, samesite="lax")
    response.delete_cookie(NONCE, secure=True, httponly=True, samesite="strict")
    return response


def _look(unit: Unit, token: str, nonce: str, at: datetime) -> tuple[Clinician | None, str]:
    return signing_in.whose(unit, token, at), signing_in.form_secret(unit, token, nonce)


def _begin(
    unit: Unit, token: str, nonce: str, given: str, agent: str, at: datetime
) -> Begun | None:
    if not signing_in.nonce_fits(unit, token, nonce, given):
        raise Unsafe
    return signing_in.enter(unit, token, nonce, agent, at)


def _nonce(request: Request) -> str:
    given = request.cookies.get(NONCE, "")
    return given if _NONCE.fullmatch(given) else ""
