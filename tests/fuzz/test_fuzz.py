"""Some seconds of what `make fuzz` does for as long as one likes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.fuzz.asked import Asked
from tests.fuzz.odd import LEAD, MARK, NOBODY, choices, fields, queries
from tests.fuzz.running import fuzzed
from tests.fuzz.target import Target

REQUESTS, SEED = 300, 20_270_113
PAGE = (("host", "clinic.example.org"),)
USUAL = Asked(NOBODY, "GET", "/clinic/today", headers=PAGE)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A practice with its page and webhook."""
    with Target(tmp_path_factory.mktemp("fuzz")) as target:
        yield target


def test_ten_seconds_of_odd_requests_find_nothing(target: Target) -> None:
    """Signed in and not: no fault, no record to a stranger, all headers, nothing in the log."""
    assert fuzzed(target, REQUESTS, SEED) == {}
    assert target.asked >= REQUESTS
    assert {200, 303, 401, 403, 404, 405, 413, 421} <= set(target.statuses)


def test_it_knows_the_forms_of_the_page() -> None:
    """Requests are made of names and values that the page has today."""
    assert {"text", "once", "reason", "outcome", "role"} <= set(fields())
    assert {"said", "page", "patient"} <= set(queries())
    assert {"clinician", "lead", "messages"} <= set(choices())


async def _breaks(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError(scope["path"])


def _changed(change: Callable[[Message], None]) -> Callable[..., object]:
    async def changed(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_on(message: Message) -> None:
            change(message)
            await send(message)

        await app(scope, receive, send_on)

    return changed


def _without_policy(message: Message) -> None:
    if "headers" in message:
        name = b"content-security-policy"
        message["headers"] = [each for each in message["headers"] if each[0] != name]


def _tells(message: Message) -> None:
    if "body" in message:
        message["body"] = b"the green heron by the mill"


def _lets_in(message: Message) -> None:
    if "status" in message:
        message["status"] = 200


def _echoes(message: Message) -> None:
    if "body" in message:
        message["body"] = f"<p {MARK}><{MARK}>".encode()


@pytest.mark.parametrize(
    ("breaks", "who", "said"),
    [
        (_breaks, NOBODY, "it broke: ValueError('/clinic/today')"),
        (_changed(_without_policy), NOBODY, "no Content-Security-Policy"),
        (_changed(_tells), NOBODY, "a stranger was shown something of somebody"),
        (_changed(_lets_in), NOBODY, "a stranger was let in"),
        (_changed(_echoes), LEAD, f"typed words are part of the page: <{MARK}"),
    ],
)
def test_a_page_that_is_not_sound_is_found_out(
    target: Target, breaks: Callable[..., object], who: str, said: str
) -> None:
    """The same eyes see what is wrong with a page that was broken on purpose."""
    sound = target.app

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await breaks(sound, scope, receive, send)  # type: ignore[misc]

    wish = Asked(who, "GET", "/clinic/today", headers=PAGE)
    assert target.asks(wish) == []
    target.app = broken
    try:
        assert said in target.asks(wish)
    finally:
        target.app = sound
