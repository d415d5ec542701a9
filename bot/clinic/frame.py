"""The frame of every page: who asks, what they may, one transaction, one answer with its headers.

`Frame.page` and `Frame.act` make the routes. A view or an act is a plain function that takes a
`Visit` and gives back an `Answer`; it runs inside one transaction of the store.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.clinic import looks
from bot.clinic.answers import Answer, Drawn, File, Forbidden, Missing, Shown, Unfit, Went
from bot.clinic.times import Times
from bot.clinic.visit import Asked, Visit
from bot.clinic.writing import page_of
from bot.service import signing_in
from bot.service.picture import Painter
from bot.service.site import Site
from bot.store import pages
from bot.store.store import Store
from bot.store.unit import Unit

log = logging.getLogger(__name__)

ROOT = "/clinic"
HOME = f"{ROOT}/today"
COOKIE = "__Host-paceful"
POLL_HEADER = "X-Paceful-Live"
NOW_HEADER = "X-Paceful-Now"
CSRF_FIELD = "csrf"
MOST_BYTES = 1 << 16
MOST_FIELDS = 100
# a browser says "none" where the person themselves asked, as by loading a page again
OWN_SITE = ("same-origin", "none")
REFUSALS = ("forbidden", "unsafe")
FORM = "application/x-www-form-urlencoded"

Doing = Callable[[Visit], Answer]
"""A page's view or an act: plain work inside one transaction."""


class SignedOut(Exception):
    """Nobody is signed in, or no longer."""


class Unsafe(Exception):
    """A form that did not come from our own page."""


class BadForm(Exception):
    """A body that is no form of ours, or too long for one."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page of the clinic stands in."""

    store: Store
    site: Site
    painter: Painter
    wake: Callable[[], None]

    def page(self, path: str, view: Doing, *, writes: bool = False) -> Route:
        """A page to look at; `writes` where looking is itself kept, as the audit keeps it.

        When the page asks by itself (`visit.asked.polls`) nothing can be written.
        """

        async def show(request: Request) -> Response:
            return await self._answered(request, lambda: self._show(request, view, writes))

        return Route(inner(path), show, methods=["GET"], name=path)

    def act(self, path: str, doing: Doing) -> Route:
        """Something to do by a form, which must bring the session's own secret."""

        async def do(request: Request) -> Response:
            return await self._answered(request, lambda: self._do(request, doing))

        return Route(inner(path), do, methods=["POST"], name=f"POST {path}")

    async def _show(self, request: Request, view: Doing, writes: bool) -> Response:
        asked, secret = asked_of(request, {}), request.cookies.get(COOKIE, "")
        # what the page asks by itself is nobody's look, and must not hold up the one writer
        keeps = writes and not asked.polls
        run = self.store.write if keeps else self.store.read
        visit, answer = await run(_looked, self.site, asked, secret, view)
        if not asked.polls:
            # a list is read without holding up the one writer; before it is shown the look is kept
            await self.store.write(_seen, visit, answer)
        if keeps:
            self.wake()
        return await self._response(request, visit, answer, secret)

    async def _do(self, request: Request, doing: Doing) -> Response:
        check_origin(request)
        asked, secret = asked_of(request, await form_of(request)), request.cookies.get(COOKIE, "")
        visit, answer = await self.store.write(_done, self.site, asked, secret, doing)
        self.wake()
        return await self._response(request, visit, answer, secret)

    async def _response(
        self, request: Request, visit: Visit, answer: Answer, secret: str
    ) -> Response:
        match answer:
            case Went(to=to, notice=notice):
                return RedirectResponse(_with_notice(to, notice), status_code=303)
            case File() as file:
                return _file(file)
            case Drawn(make=make):
                return _file(await make(self.painter))
            case Shown() as shown:
                return _tagged(request, self._written(visit, shown, secret))

    def _written(self, visit: Visit, shown: Shown, secret: str) -> Response:
        times = Times(visit.zone, visit.zone_name, visit.at)
        said = visit.query("said") if not visit.asked.form else ""
        return page_of(
            shown.template,
            {"said": said, **shown.values},
            status=shown.status,
            clinician=visit.clinician,
            csrf=self.csrf_of(secret),
            path=visit.asked.path,
            here=visit.asked.here,
            times=times,
        )

    def csrf_of(self, secret: str) -> str:
        """What every form of the session with this secret brings along."""
        return signing_in.session_secret(self.store.vault, secret)

    async def _answered(
        self, request: Request, work: Callable[[], Awaitable[Response]]
    ) -> Response:
        try:
            response = await work()
            response.headers[NOW_HEADER] = self.site.clock.now().isoformat(timespec="seconds")
            return response
        except SignedOut:
            return page_of("signed-out.html", {}, status=401)
        except Unsafe:
            return await self.problem(request, "unsafe", 403)
        except BadForm:
            return await self.problem(request, "too-long", 413)
        except Forbidden:
            return await self.problem(request, "forbidden", 403)
        except Missing:
            return await self.problem(request, "missing", 404)
        except Unfit as unfit:
            return await self.problem(request, unfit.notice, 409)

    async def problem(self, request: Request, notice: str, status: int) -> Response:
        """A short page that says why not; with the bar for whoever is signed in."""
        asked, secret = asked_of(request, {}), request.cookies.get(COOKIE, "")
        try:
            visit = await self.store.read(_visit, self.site, asked, secret)
        except SignedOut:
            return problem(notice, status)
        if notice in REFUSALS:
            log.warning("clinician %d was refused: %s", visit.clinician.id, notice)
        return self._written(visit, Shown("problem.html", {"notice": notice}, status), secret)


def problem(notice: str, status: int) -> Response:
    """A short page that says why something was not shown or done."""
    return page_of("problem.html", {"notice": notice}, status=status)


def asked_of(request: Request, form: Mapping[str, str]) -> Asked:
    """What the browser asks for, apart from how it says it."""
    return Asked(
        path=request.url.path,
        parts={name: _clean(str(value)) for name, value in request.path_params.items()},
        query={name: _clean(value) for name, value in request.query_params.items()},
        form=form,
        polls=request.headers.get(POLL_HEADER) == "1",
    )


async def form_of(request: Request) -> dict[str, str]:
    """The fields of the form that was sent, or BadForm."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise BadForm
    try:
        body = await _body(request)
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="replace",
            max_num_fields=MOST_FIELDS,
        )
    # whoever hung up half-way sees no answer, and is no fault of ours
    except (ValueError, ClientDisconnect):
        raise BadForm from None
    return {name: _clean(value) for name, value in pairs}


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise BadForm
    return body


def _clean(text: str) -> str:
    # no database keeps a zero byte, and a lone surrogate can't be written out again
    return text.replace("\x00", "").encode(errors="replace").decode()


def check_origin(request: Request) -> None:
    """Nothing, or Unsafe if the browser says that another site sent this."""
    # beside the form's secret, which alone would do
    if request.headers.get("sec-fetch-site", "none") not in OWN_SITE:
        raise Unsafe


def _looked(unit: Unit, site: Site, asked: Asked, secret: str, view: Doing) -> tuple[Visit, Answer]:
    visit = _visit(unit, site, asked, secret)
    answer = view(visit)
    if asked.polls and isinstance(answer, Shown) and answer.listed is not None:
        looks.needs_look_at_list(visit, answer.listed)
    return visit, answer


def _seen(unit: Unit, visit: Visit, answer: Answer) -> None:
    _touch(unit, visit)
    if isinstance(answer, Shown) and answer.listed is not None:
        looks.keep_list(unit, visit, answer.listed)


def _done(unit: Unit, site: Site, asked: Asked, secret: str, doing: Doing) -> tuple[Visit, Answer]:
    visit = _visit(unit, site, asked, secret)
    if not signing_in.fits_session(unit.vault, secret, asked.form.get(CSRF_FIELD, "")):
        raise Unsafe
    _touch(unit, visit)
    return visit, doing(visit)


def _visit(unit: Unit, site: Site, asked: Asked, secret: str) -> Visit:
    at = site.clock.now()
    found = signing_in.session_of(unit, secret, at)
    if found is None:
        raise SignedOut
    session, clinician = found
    return Visit(unit, site, clinician, session, asked, at)


def _touch(unit: Unit, visit: Visit) -> None:
    pages.touch(unit, visit.session.id, visit.at)


def _file(file: File) -> Response:
    kept = f'attachment; filename="{file.name}"' if file.name else "inline"
    headers = {"Content-Disposition": kept}
    return Response(file.content, media_type=file.media_type, headers=headers)


def _tagged(request: Request, response: Response) -> Response:
    """The page with its tag, or only the word that nothing has changed."""
    tag = f'"{hashlib.sha256(bytes(response.body)).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    if request.method == "GET" and request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return response


def _with_notice(to: str, notice: str) -> str:
    if not notice:
        return to
    path, mark, place = to.partition("#")
    joiner = "&" if "?" in path else "?"
    return f"{path}{joiner}{urlencode({'said': notice})}{mark}{place}"


def inner(path: str) -> str:
    """The path as the routes below the root know it."""
    return path.removeprefix(ROOT)
