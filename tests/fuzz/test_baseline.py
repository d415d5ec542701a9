"""The running page, looked at as a scanner looks: `make baseline` does the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.baseline import _is_locked, _made_of, baseline, begun, signed_in
from tests.fuzz.crawl import Looked


@pytest.mark.slow
def test_the_running_page_is_sound(tmp_path: Path) -> None:
    """Every page a lead can click to: headers, cookies, forms, methods, errors, hidden files."""
    world = begun(tmp_path)
    try:
        pages, amiss = baseline(signed_in(world), methods=1)
    finally:
        world.ends()
    assert amiss == []
    assert pages > 20


UNSOUND = {
    "<script>go()</script>": "inline script",
    '<p onclick="go()">': "inline p onclick",
    "<!-- Dr Lee only -->": "comment  Dr Lee only ",
    '<script src="http://cdn.example/x.js"></script>': "loads http://cdn.example/x.js",
    '<form method="post" action="/a"><input name="b"></form>': "a form without a secret: /a",
    '<form action="/a"><input name="csrf"></form>': "a secret in an address: /a",
    '<form action="//evil.example/a"></form>': "a form goes to //evil.example/a",
}


@pytest.mark.parametrize(("text", "said"), UNSOUND.items())
def test_what_is_not_sound_is_found(text: str, said: str) -> None:
    """Each thing that the look-over is for."""
    assert list(_made_of(Looked(text))) == [said]


@pytest.mark.parametrize("without", ["Secure", "HttpOnly", "Path=/", "SameSite=lax", "__Host-"])
def test_a_cookie_that_lacks_a_lock_is_found(without: str) -> None:
    """None of the five may be missing."""
    cookie = "__Host-a=b; HttpOnly; Path=/; SameSite=lax; Secure"
    assert _is_locked(cookie)
    assert not _is_locked(cookie.replace(without, ""))
    assert not _is_locked(f"{cookie}; Domain=example.org")
