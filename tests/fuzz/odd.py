"""Requests that nobody would send: of real parts, of spoiled ones, and of anything."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

import bot.clinic
from tests.bot.clinic.test_access import WHO_MAY
from tests.fuzz.asked import Asked, Pairs
from tests.poison import mutants

Draw = Callable[[st.SearchStrategy[Any]], Any]
CLINIC = Path(bot.clinic.__file__).parent
MARK = "wq7xmark"
"""Stands in what is sent, and must stand in no line of the log."""

NOBODY, LIAR, CLINICIAN, LEAD = "nobody", "liar", "clinician", "lead"
PSEUDONYM, TOKEN = "PSEUDONYM", "TOKEN"

_NASTY = (
    "",
    " ",
    "\x00",
    "0",
    "-1",
    "1",
    "2",
    "9" * 19,
    "9" * 400,
    "NaN",
    "inf",
    "1e999",
    "1,5",
    "٣",
    "²",
    "2027-01-14T10:00",
    "2027-01-14T10:00+23:59",
    "0001-01-01T00:00+14:00",
    "9999-12-31T23:59-12:00",
    "2027-13-45T99:99",
    "2027-01-14",
    f"<{MARK} onerror=alert(1)>",
    f'"{MARK}="x',
    f"'{MARK}='x",
    f"{{{{7*7}}}}{MARK}",
    f"=cmd|{MARK}",
    f"'; DROP TABLE patients; --{MARK}",
    f"a\r\nSet-Cookie: {MARK}=1",
    "../../etc/passwd",
    "\u202e\u2028\U0010ffff",
    MARK * 900,
)
_ODD = st.sampled_from(_NASTY) | st.text(max_size=20)
_HOSTS = ["clinic.example.org"] * 12 + ["", "evil.example", "[", "clinic.example.org:99999", "a@b"]
_METHODS = (
    ["GET"] * 8
    + ["POST"] * 8
    + ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "FOO"]
)
_HEADERS = {
    "sec-fetch-site": ["same-origin", "cross-site", "none", MARK],
    "x-paceful-live": ["1", "2"],
    "if-none-match": ['"x"', "*", 'W/"'],
    "x-forwarded-for": ["1.2.3.4", "::1, x", MARK],
    "content-length": ["0", "-1", "99999999999"],
    "range": ["bytes=0-1", "bytes=9-1,2-", "bytes=-"],
    "if-modified-since": ["x", "Wed, 21 Oct 2099 07:28:00 GMT"],
    "user-agent": [f"<{MARK}>", "é" * 3000],
    "accept-encoding": ["gzip"],
    "origin": ["https://evil.example", "null"],
}
_TYPES = ["application/x-www-form-urlencoded"] * 6 + ["application/json", "multipart/form-data", ""]
_STATIC = ["clinic.css", "live.js", "../frame.py", "..%2fframe.py", "", "%00", "x" * 300]


@cache
def fields() -> tuple[str, ...]:
    """The name of every field in a form of the page."""
    read = re.findall(r'field\("([\w-]+)"', _code())
    return tuple(sorted({name for text in _templates() for name in _named("name", text)} | {*read}))


@cache
def choices() -> tuple[str, ...]:
    """The value of every choice in a form of the page, so that some requests get somewhere."""
    found = {value for text in _templates() for value in _named("value", text)}
    modules = ("alert", "choices", "deeds", "kept", "patients", "rota", "team", "times", "today")
    words = {word for module in modules for word in _words(module)}
    some = {"1", "2", "3", "25", "12", "peg", "lead", "clinician", "2027-01-14T10:00", "2027-01-14"}
    return tuple(sorted(found | words | some))


@cache
def queries() -> tuple[str, ...]:
    """The name of everything that an address of the page may ask for."""
    return tuple(sorted(set(re.findall(r'query(?:_number)?\("(\w+)"', _code()))))


def _code() -> str:
    return "".join(file.read_text() for file in sorted(CLINIC.glob("*.py")))


def _templates() -> list[str]:
    return [file.read_text() for file in sorted((CLINIC / "templates").glob("*.html"))]


def _named(attribute: str, text: str) -> list[str]:
    return re.findall(rf'{attribute}="([\w-]+)"', text)


def _words(module: str) -> list[str]:
    return re.findall(r'"([a-z-]{3,20})"', (CLINIC / f"{module}.py").read_text())


@st.composite
def asked(draw: Draw) -> Asked:
    """A request to the page, to the webhook, or to nowhere."""
    if draw(st.integers(0, 5)) == 0:
        update: Asked = draw(_update())
        return update
    who, method = draw(st.sampled_from([NOBODY, LIAR, CLINICIAN, LEAD, LEAD])), draw(_method())
    form = _pairs(draw, (*fields(), "csrf", "door"), 8) if draw(st.integers(0, 5)) else None
    return Asked(
        who=who,
        method=method,
        path=draw(_path(method)),
        query=_query(draw),
        headers=_headers(draw),
        form=form,
        body=_chunks(draw) if form is None else (),
        has_secret=draw(st.integers(0, 5)) > 0,
        hangs_up=draw(st.integers(0, 19)) == 0,
    )


def _method() -> st.SearchStrategy[str]:
    return st.sampled_from(_METHODS)


@st.composite
def _path(draw: Draw, method: str) -> str:
    if draw(st.integers(0, 9)) == 0:
        return f"/{draw(_anything())}"
    routes = [each.split()[1] for each in WHO_MAY if each.startswith(method)] or ["/clinic"]
    more = ["/", "/clinic", "/clinic/", "/healthz", "/metrics", "/telegram", *_static()]
    route = draw(st.sampled_from(routes * 3 + more))
    return re.sub(r"{([a-z]+)}", lambda name: _part(draw, name[1]), route)


def _static() -> list[str]:
    return [f"/clinic/static/{name}" for name in _STATIC]


def _part(draw: Draw, name: str) -> str:
    likely = {"pseudonym": PSEUDONYM, "token": TOKEN, "measure": "peg"}.get(name, "1")
    return str(draw(st.just(likely) | st.just(likely) | st.just("2") | _anything()))


def _anything() -> st.SearchStrategy[str]:
    return _ODD.map(lambda text: quote(text, safe="/.", errors="replace"))


def _query(draw: Draw) -> str:
    if draw(st.integers(0, 9)) == 0:
        return quote(draw(_ODD), safe="&=%+;", errors="replace")
    return _encoded(_pairs(draw, queries(), 3))


def _pairs(draw: Draw, names: Sequence[str], most: int) -> Pairs:
    name = st.sampled_from(names) | _ODD
    value = st.sampled_from(choices()) | st.sampled_from(choices()) | _ODD
    return tuple(draw(st.lists(st.tuples(name, value), max_size=most)))


def _encoded(pairs: Pairs) -> str:
    return "&".join("=".join(quote(each, errors="replace") for each in pair) for pair in pairs)


def _headers(draw: Draw) -> Pairs:
    names = draw(st.lists(st.sampled_from(sorted(_HEADERS)), max_size=3))
    odd = tuple((name, draw(st.sampled_from(_HEADERS[name]))) for name in names)
    host = ("host", draw(st.sampled_from(_HOSTS)))
    return (host, ("content-type", draw(st.sampled_from(_TYPES))), *odd)


def _chunks(draw: Draw) -> tuple[bytes, ...]:
    chunk = st.binary(max_size=40) | st.sampled_from([b"x" * 70_000, b"a=" + b"&a=1" * 200, b"%"])
    return tuple(draw(st.lists(chunk, max_size=3)))


@st.composite
def _update(draw: Draw) -> Asked:
    update = draw(mutants.mutant() | mutants.valid())
    text = json.dumps({**update, MARK: MARK}).encode(errors="replace")
    body = draw(st.sampled_from([(text,), (text[:40], text[40:]), (text[:-3],)]))
    junk = draw(st.integers(0, 3)) == 0
    return Asked(
        who=NOBODY,
        method=draw(st.sampled_from(["POST"] * 9 + ["GET", "PUT"])),
        path="/telegram",
        headers=_headers(draw),
        body=_chunks(draw) if junk else body,
        has_secret=draw(st.integers(0, 3)) > 0,
        hangs_up=draw(st.integers(0, 19)) == 0,
    )
