"""What a scanner would look at: every page of the running service, crawled and checked.

`python -m tests.fuzz.baseline` starts the real bot beside the sandbox's server, signs in, and ends
with status 1 if anything is amiss.
"""

from __future__ import annotations

import re
import socket
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from bot.clinic.guard import WRONG_LINKS
from bot.clinic.shell import headers
from tests.fuzz.crawl import HOST, Browser, Looked
from tests.journeys.people import Person
from tests.journeys.processes import until
from tests.journeys.scripts import WELCOME
from tests.journeys.world import World

START = "/clinic/today"
LINK = re.compile(r"/clinic/enter/\S+")
METHODS = ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECTS")
HIDDEN = (
    "/.env",
    "/.git/config",
    "/data/paceful.sqlite3",
    "/docs",
    "/openapi.json",
    "/server-status",
    "/clinic/static/",
    "/clinic/static/%2e%2e/frame.py",
    "/clinic/static/..%5cframe.py",
    "/clinic/templates/base.html",
    "/clinic/%2e%2e/healthz%00",
    "//evil.example/%2f..",
)
LEAKS = re.compile(r"Traceback|File \"/|sqlalchemy|starlette|uvicorn|jinja2|site-packages", re.I)
ONE, ANOTHER = {"x-forwarded-for": "203.0.113.7"}, {"x-forwarded-for": "203.0.113.8"}
NO_LINK = "/clinic/enter/" + "x" * 32
EVIL = {"origin": "https://evil.example"}
SMUGGLED = (
    b"POST /telegram HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"GET /clinic HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    b"GET /clinic HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 100_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
)


def begun(folder: Path) -> World:
    """The bot with a page of its own, and with the webhook's door."""
    return World.begins(folder, PUBLIC_URL=f"https://{HOST}", WEBHOOK_SECRET="baseline-secret")


def signed_in(world: World) -> Browser:
    """A lead's browser on the page of a team that has a patient in danger."""
    lead, patient = world.clinician("Lead Low", "lead"), world.patient()
    patient.answers(*WELCOME, "I want to die")
    world.until_quiet()
    lead.says("/page")
    until(lambda: bool(_links(lead)), "the chat shows a link to the page")
    browser = Browser(world.bot.url)
    assert browser.enters(_links(lead)[-1]).status_code == 303
    return browser


def _links(person: Person) -> list[str]:
    found = (LINK.search(bubble.text) for bubble in person.everything())
    return [each[0] for each in found if each]


def baseline(browser: Browser, methods: int = len(METHODS)) -> tuple[int, list[str]]:
    """How many pages were looked at, and everything that is amiss; each by so many methods."""
    seen = dict(browser.crawls(START))
    amiss = [f"{path}: {each}" for path, got in seen.items() for each in _page(path, got)]
    amiss += [f"cookie: {each}" for each in browser.set_cookies if not _is_locked(each)]
    amiss += [f"there are {len(browser.set_cookies)} cookies"] * (len(browser.set_cookies) < 2)
    turning = cycle(METHODS)
    for path in seen:
        tried = tuple(islice(turning, methods))
        amiss += [f"{path}: {each}" for each in _otherwise(browser, path, tried)]
    amiss += [each for path in HIDDEN for each in _hidden(browser, path)]
    return len(seen), [*amiss, *_elsewhere(browser), *_told_apart(browser), *_by_hand(browser)]


def _page(path: str, got: httpx.Response) -> Iterator[str]:
    """What is amiss with one page."""
    if got.status_code not in (200, 303):
        yield f"status {got.status_code}"
    yield from _around(path, got)
    kind = got.headers.get("content-type", "")
    if kind.startswith("text/") and "charset=utf-8" not in kind.lower():
        yield f"content type {kind}"
    if "html" in kind:
        yield from _made_of(Looked(got.text))


def _around(path: str, got: httpx.Response) -> Iterator[str]:
    """What is amiss with the headers of any answer."""
    for name, value in headers(over_tls=True).items():
        if got.headers.get(name) != value and name != "Cache-Control":
            yield f"{name} is {got.headers.get(name)}"
    is_file = path.startswith("/clinic/static/") and got.status_code == 200
    if got.headers.get("cache-control") != ("no-cache" if is_file else "no-store"):
        yield "may be kept by a cache"
    for name in ("server", "x-powered-by", "access-control-allow-origin"):
        if name in got.headers:
            yield f"there is {name}"
    if not is_file and LEAKS.search(got.text):
        yield "tells what it is made of"


def _made_of(page: Looked) -> Iterator[str]:
    yield from (f"inline {each}" for each in page.inline)
    yield from (f"comment {each}" for each in page.comments)
    for load in page.loads:
        if not (load.startswith("/clinic/") or load.startswith("data:image/")):
            yield f"loads {load}"
    for form in page.forms:
        if urlsplit(form.action).netloc:
            yield f"a form goes to {form.action}"
        if form.method == "post" and not form.fields & {"csrf", "door"}:
            yield f"a form without a secret: {form.action}"
        if form.method == "get" and form.fields & {"csrf", "door"}:
            yield f"a secret in an address: {form.action}"


def _is_locked(cookie: str) -> bool:
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    same_site = parts & {"samesite=lax", "samesite=strict"}
    no_domain = not any(part.startswith("domain") for part in parts)
    needed = {"secure", "httponly", "path=/"} <= parts
    return cookie.startswith("__Host-") and needed and bool(same_site) and no_domain


def _otherwise(browser: Browser, path: str, methods: Sequence[str]) -> Iterator[str]:
    """The same page by other methods, from another site, and to nobody."""
    for method in methods:
        got = browser.asks(method, path)
        if got.status_code != 405:
            yield f"{method} is answered with {got.status_code}"
        yield from _around("", got)
    if "access-control-allow-origin" in browser.asks("GET", path, EVIL).headers:
        yield "lets other sites read it"
    got = Browser(browser.root).asks("GET", path)
    if got.status_code != 401 and not path.startswith("/clinic/static/"):
        yield f"nobody is answered with {got.status_code}"


def _hidden(browser: Browser, path: str) -> Iterator[str]:
    got = browser.asks("GET", path)
    if got.status_code not in (400, 404, 405):
        yield f"{path} is answered with {got.status_code}"
    yield from (f"{path}: {each}" for each in _around("", got))


def _elsewhere(browser: Browser) -> Iterator[str]:
    """Under another name there is no page; health and webhook are closed or harmless."""
    wrong = {
        "another host": (browser.asks("GET", START, {"host": "evil.example"}), 421),
        "no secret": (browser.asks("POST", "/telegram", content=b"{}"), 401),
        "GET of the webhook": (browser.asks("GET", "/telegram"), 405),
        "a wrong form": (browser.asks("POST", "/clinic/sign-out", data={"csrf": "x"}), 403),
        "no form": (browser.asks("POST", "/clinic/sign-out", json={}), 413),
        "a long form": (browser.asks("POST", "/clinic/sign-out", data={"a": "x" * 99_999}), 413),
        "a session in the address": (
            Browser(browser.root).asks("GET", f"{START}?__Host-paceful=x"),
            401,
        ),
        "health": (browser.asks("GET", "/healthz"), 200),
        "numbers": (browser.asks("GET", "/metrics"), 200),
    }
    for name, (got, status) in wrong.items():
        if got.status_code != status:
            yield f"{name}: {got.status_code}"
        yield from (f"{name}: {each}" for each in _around("", got))


def _told_apart(browser: Browser) -> Iterator[str]:
    """Behind a proxy the door is shut for whoever tried it, and for nobody else."""
    nobody = Browser(browser.root)
    for _ in range(WRONG_LINKS.most):
        nobody.asks("GET", NO_LINK, ONE)
    told = [nobody.asks("GET", NO_LINK, who, waits=False).status_code for who in (ONE, ANOTHER)]
    if told != [429, 410]:
        yield f"the door is shut for the wrong ones: {told}"


def _by_hand(browser: Browser) -> Iterator[str]:
    """Requests that no client would send are refused before they reach us."""
    place = urlsplit(browser.root)
    for raw in SMUGGLED:
        with socket.create_connection((str(place.hostname), place.port or 80), timeout=30) as line:
            line.sendall(raw)
            said = line.recv(4096)
        if not said.startswith(b"HTTP/1.1 4"):
            yield f"{raw[:40]!r} is answered with {said[:40]!r}"


def main() -> int:
    """0 if all is well, else 1."""
    with tempfile.TemporaryDirectory() as folder:
        world = begun(Path(folder))
        try:
            pages, amiss = baseline(signed_in(world))
        finally:
            world.ends()
    sys.stdout.write("\n".join([*amiss, f"{pages} pages, {len(amiss)} findings", ""]))
    return 1 if amiss else 0


if __name__ == "__main__":
    sys.exit(main())
