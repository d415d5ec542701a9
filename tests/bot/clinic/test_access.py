"""Who may ask what of the page: every route, every role; forms, headers, and odd requests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest
from starlette.routing import BaseRoute, Mount, Route

from bot.clinic.shell import Shell
from tests.bot.clinic.conftest import Clinic, Desk

NOBODY, CLINICIAN, LEAD = "nobody", "clinician", "lead"
EVERYONE = {NOBODY, CLINICIAN, LEAD}
CARING = {CLINICIAN, LEAD}

WHO_MAY: dict[str, set[str]] = {
    "GET /clinic/enter/{token}": EVERYONE,
    "POST /clinic/enter/{token}": EVERYONE,
    "GET /clinic/today": CARING,
    "GET /clinic/sessions": CARING,
    "POST /clinic/sessions/end-others": CARING,
    "POST /clinic/sessions/{session}/end": CARING,
    "POST /clinic/sign-out": CARING,
    "GET /clinic/alerts/{alert}": CARING,
    "POST /clinic/alerts/{alert}/take": CARING,
    "POST /clinic/alerts/{alert}/relieve": CARING,
    "POST /clinic/alerts/{alert}/act": CARING,
    "POST /clinic/alerts/{alert}/close": CARING,
    "POST /clinic/calls/{call}/settle": CARING,
    "GET /clinic/patients": CARING,
    **{
        f"GET /clinic/patients/{{pseudonym}}{rest}": CARING
        for rest in (
            "",
            "/now",
            "/timeline",
            "/chart/{measure}.svg",
            "/thread",
            "/plans",
            "/notes",
            "/letter",
            "/letter/print",
        )
    },
    **{
        f"POST /clinic/patients/{{pseudonym}}/{act}": CARING
        for act in (
            "show",
            "hide",
            "break",
            "take-over",
            "hand-back",
            "call",
            "propose",
            "mode",
            "assign",
            "unassign",
            "minutes",
            "write",
            "note",
            "ask-letter",
        )
    },
    "GET /clinic/team": {LEAD},
    "POST /clinic/team/invite": {LEAD},
    "GET /clinic/team/{member}": {LEAD},
    "POST /clinic/team/{member}/disable": {LEAD},
    "GET /clinic/audit": {LEAD},
    "GET /clinic/rules": CARING,
    "GET /clinic/rota": CARING,
    "POST /clinic/rota/shifts": {LEAD},
    "POST /clinic/rota/shifts/{shift}/remove": {LEAD},
    "POST /clinic/rota/swaps": {LEAD},
    "POST /clinic/rota/swaps/{swap}/remove": {LEAD},
    "GET /clinic/workload": CARING,
    "GET /clinic/workload/workload.csv": {LEAD},
}
"""Who may use which route. A route that is missing here fails the test below."""

KEPT_OUT = {401, 403}
ENDS_WITHOUT_ROLE = ("/sign-out", "{token}", "{session}/end")
"""Routes whose answer hangs on something else than the role; other stories tell of them."""

FILLED = {
    **{"token": "none", "session": "1", "alert": "1"},
    **{"member": "3", "measure": "peg", "call": "1"},
}


def test_every_route_of_the_page_stands_in_the_table(page: Clinic) -> None:
    """Whoever adds a page says here who may see it."""
    assert set(routes(page)) == set(WHO_MAY)


async def test_every_route_keeps_out_whom_the_table_does_not_name(page: Clinic) -> None:
    """For each route and each role: let in, or kept out before anything was changed."""
    alex = await page.practice.patient(7, "agreed")
    await alex.says("I want to die")
    desks = {
        NOBODY: await page.browser(),
        CLINICIAN: (await page.joins(1, "Dr Lee"))[1],
        LEAD: (await page.joins(2, "Lead Low", "lead"))[1],
    }
    await page.practice.clinician(3, "Dr Main")
    wrong = [
        (role, route)
        for route, allowed in WHO_MAY.items()
        if not route.endswith(ENDS_WITHOUT_ROLE)
        for role, desk in desks.items()
        if (await asks(desk, route, alex.pseudonym) in KEPT_OUT) is (role in allowed)
    ]
    assert wrong == []
    for role in (CLINICIAN, LEAD):
        assert await asks(desks[role], "POST /clinic/sign-out") == 303


async def test_nobody_gets_in_where_nobody_may(page: Clinic) -> None:
    """Without a session every page but the door answers with how to sign in, and nothing else."""
    desk = await page.browser()
    for route in WHO_MAY:
        if "{token}" not in route:
            assert await asks(desk, route) == 401, route
            assert desk.last is not None
            assert "You are signed out" in desk.last.text


async def test_a_form_without_the_sessions_secret_changes_nothing(page: Clinic) -> None:
    """Neither without a secret, nor with another session's, nor from another site."""
    _, lees = await page.joins(1, "Dr Lee")
    _, leads = await page.joins(2, "Lead Low", "lead")
    foreign = await lees.secret()
    path = "/clinic/team/1/disable"

    for form in ({"a": "b"}, {"csrf": ""}, {"csrf": "x"}, {"csrf": "é"}, {"csrf": foreign}):
        assert (await leads.client.post(path, data=form)).status_code == 403
    for site in ("cross-site", "same-site"):
        answer = await leads.post(path, headers={"sec-fetch-site": site})
        assert answer.status_code == 403

    assert (await lees.get("/clinic/today")).status_code == 200
    assert (await leads.post(path, headers={"sec-fetch-site": "same-origin"})).status_code == 303


async def test_a_body_that_is_no_form_or_too_long_is_not_read(page: Clinic) -> None:
    """Files, JSON, a megabyte and a thousand fields are all refused, and nothing breaks."""
    _, desk = await page.joins(1, "Dr Lee", "lead")
    secret, path = await desk.secret(), "/clinic/team/invite"
    csrf = f"csrf={secret}&role=lead&name="
    form = {"content-type": "application/x-www-form-urlencoded"}
    bodies = [
        (b"{}", {"content-type": "application/json"}),
        (b"--x--", {"content-type": "multipart/form-data; boundary=x"}),
        (csrf.encode() + b"x" * (1 << 20), form),
        (csrf.encode() + b"x" + b"&a=1" * 1000, form),
        (csrf.encode() + b"\xff\xfe", form),
        (csrf.encode(), {}),
    ]
    for body, headers in bodies:
        answer = await desk.client.post(path, content=body, headers=headers)
        assert answer.status_code == 413, body[:40]
    assert page.practice.rows("SELECT * FROM invites WHERE used_at IS NULL") == []


async def test_every_answer_carries_the_headers(page: Clinic) -> None:
    """Pages, mistakes, redirects and files alike: no frame, no cache, no script but our own."""
    _, desk = await page.joins(1, "Dr Lee")
    stranger = await page.browser()
    answers = [
        await desk.get("/clinic"),
        await desk.get("/clinic/"),
        await desk.get("/clinic/today"),
        await desk.get("/clinic/team"),
        await desk.get("/clinic/nowhere"),
        await desk.client.put("/clinic/today"),
        await desk.client.post("/clinic/today"),
        await desk.get("/clinic/static/clinic.css"),
        await desk.get("/clinic/static/nowhere.css"),
        await desk.get("/clinic/static/..%2fframe.py"),
        await stranger.get("/clinic/today"),
        await stranger.get("/clinic/enter/none"),
        await desk.post("/clinic/sign-out"),
    ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, answer.url
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "max-age" in answer.headers["strict-transport-security"]
        is_file = "/static/" in str(answer.url) and answer.status_code == 200
        assert answer.headers["cache-control"] == ("no-cache" if is_file else "no-store")
    assert [each.status_code for each in answers[:3]] == [303, 303, 200]


async def test_no_template_has_anything_inline() -> None:
    """What the policy would block is not written in the first place."""
    from bot.clinic.writing import HERE

    inline = re.compile(
        r"<style|<[^>]*\s(style|on[a-z]+)=|javascript:|<script(?![^>]*\ssrc=)|https?://(?!www[.]w3[.]org/)"
    )
    for file in (HERE / "templates").glob("*.html"):
        if file.name == "figure-style.html":
            # stands in a picture's own file, which is a document of its own
            continue
        found = [line for line in file.read_text().splitlines() if inline.search(line)]
        assert found == [], file.name


async def test_an_unchanged_page_is_not_sent_again(page: Clinic) -> None:
    """The page that asks by itself with its tag hears only that nothing has changed."""
    _, desk = await page.joins(1, "Dr Lee")
    tag = (await desk.get("/clinic/today")).headers["etag"]
    live = {"X-Paceful-Live": "1", "If-None-Match": tag}

    same = await desk.get("/clinic/today", **live)
    alex = await page.practice.patient(7, "agreed")
    await alex.says("/person")
    await alex.says("I want to die")
    other = await desk.get("/clinic/today", **live)

    assert (same.status_code, same.text) == (304, "")
    assert same.headers["content-security-policy"]
    assert other.status_code == 200


async def test_a_fault_of_ours_says_nothing_of_what_it_was(page: Clinic) -> None:
    """A page that breaks answers in plain words, with its headers, and keeps nothing."""
    _, desk = await page.joins(1, "Lead Low", "lead")
    secret = await desk.secret()
    page.practice.fail("INSERT ON invites")
    form = {"csrf": secret, "name": "Dr Canary", "role": "lead"}

    with pytest.raises(Exception, match="disk is full"):
        await desk.client.post("/clinic/team/invite", data=form)

    page.practice.mend()
    assert page.practice.rows("SELECT * FROM audit WHERE act = 'invite'") == []
    assert (await desk.get("/clinic/today")).status_code == 200


async def asks(desk: Desk, route: str, pseudonym: str = "nobody") -> int:
    """What a request of that route is answered with: the form is a good one if somebody is in."""
    method, _, path = route.partition(" ")
    known = {**FILLED, "pseudonym": pseudonym}
    address = filled(path, known)
    answer = await (desk.get(address) if method == "GET" else desk.post(address))
    return answer.status_code


def filled(path: str, known: Mapping[str, str]) -> str:
    """The path with something in each of its gaps."""
    return re.sub(r"{([a-z]+)}", lambda name: known.get(name[1], "1"), path)


def routes(page: Clinic) -> Iterator[str]:
    """Every route of the page as `METHOD path`, static files apart."""
    for each in page.app.routes:
        if isinstance(each, Mount) and isinstance(each.app, Shell):
            inner: list[BaseRoute] = each.app._app.routes  # type: ignore[attr-defined]
            for route in inner:
                if isinstance(route, Route) and route.path != "/":
                    method = "POST" if "POST" in (route.methods or ()) else "GET"
                    yield f"{method} /clinic{route.path}"
