"""What a clinician may try, or whoever has their browser or a link of theirs."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import timedelta

from tests.bot.clinic.test_access import LEAD, WHO_MAY
from tests.journeys.scripts import PLACE
from tests.journeys.team import Page
from tests.red_team.attack import Actor
from tests.red_team.siege import Siege

CLINICIANS = Actor("C", "clinician")
DOOR = re.compile(r'name="door" value="([^"]+)"')
KEPT_OUT = {401, 403, 404, 405, 409}
FORMULA = '=HYPERLINK("https://evil.example";"x")'
BROKEN = "Doctor\r\nATTENDEE:mailto:evil@example.org\u2028X-EVIL:1"
UNSEEN = ("", "   ", "\u200b", "\u2060\u00a0", ". - !")
"""Reasons that nobody could read."""


@CLINICIANS.tries(
    "S",
    "uses a link to the page again, presses its button from elsewhere, or lets it be previewed",
    "looking uses nothing up; the button fits one browser; a link opens once, for five minutes",
)
def a_stolen_link(siege: Siege) -> None:
    """Previews change nothing, another browser's form is refused, a used link is void."""
    link, own, thief = siege.link_of(siege.lee), Page(siege.world), Page(siege.world)
    for _ in range(2):
        assert Page(siege.world).asks("GET", link).status_code == 200
    door = door_of(own, link)

    assert thief.asks("POST", link, {"door": door}).status_code == 403
    door_of(thief, link)
    assert thief.asks("POST", link, {"door": door}).status_code == 403
    assert own.asks("POST", link, {"door": door}).status_code == 303
    assert thief.asks("GET", link).status_code == 410
    assert thief.asks("POST", link, {"door": door_of(own, siege.link_of(siege.lee))}).is_error
    late, slow = siege.link_of(siege.lee), Page(siege.world)
    door = door_of(slow, late)
    siege.lets_pass(timedelta(minutes=5))
    assert slow.asks("POST", late, {"door": door}).status_code == 410
    assert thief.asks("GET", "/clinic/today").status_code == 401


@CLINICIANS.tries(
    "S",
    "goes on with an open page, an unused link and the chat after they left the team",
    "who may look is asked anew at each request; sessions and links end with the dismissal",
)
def after_dismissal(siege: Siege) -> None:
    """The open page, a link that was never used, and the commands."""
    gone = siege.world.clinician("Doctor Gone")
    page, link = siege.page_of(gone), siege.link_of(gone)
    number = siege.rows("SELECT max(id) FROM clinicians")[0][0]
    assert page.asks("GET", "/clinic/today").status_code == 200

    lead = siege.page_of(siege.lead)
    assert lead.does(f"/clinic/team/{number}/disable") == "member-disabled"

    name = siege.name_of(siege.victim)
    assert page.asks("GET", "/clinic/today").status_code == 401
    assert page.asks("POST", "/clinic/patients/x/write", {"csrf": "x"}).status_code == 401
    assert Page(siege.world).asks("GET", link).status_code == 410
    gone.sees()
    told = gone.answers("/patients", f"/patients {name}", "/page", "/alerts")
    assert name not in " ".join(told.texts)
    assert "/clinic/enter/" not in told


@CLINICIANS.tries(
    "I",
    "opens a patient of somebody else's: every page, every form, and the card in the chat",
    "each is asked for by patient, and answered 403 without a word of theirs",
)
def somebody_elses_patient(siege: Siege) -> None:
    """Each route of a patient's, with the victim's pseudonym filled in."""
    path, page = siege.path_to(siege.victim), siege.page_of(siege.lee)
    secret, before = page.secret(), siege.all_kept()
    for route in patient_routes():
        method, _, rest = route.partition(" ")
        at = path + rest.format(measure="peg")
        form = {"csrf": secret, "text": "x", "once": "z", "who": "3", "what": "thread"}
        answer = page.asks(method, at, form if method == "POST" else None)
        assert answer.status_code == 403 or is_shut(answer.text), (route, answer.status_code)
        assert "oboe" not in answer.text, route
    told = siege.lee.answers(f"/patients {siege.name_of(siege.victim)}")
    assert "oboe" not in told
    assert [each for each in told if "Write" in each.labels] == []
    # only the answer in the chat is new
    chatty = {"inbox", "outbox", "desks", "page_links"}
    assert siege.changed_since(before) <= chatty


@CLINICIANS.tries(
    "R",
    "breaks the glass without a reason, or with one that nobody can read",
    "a reason needs a letter; it is kept, sealed, in the audit and told",
)
def no_reason(siege: Siege) -> None:
    """Empty, spaces, invisible signs, and dots."""
    path, page = siege.path_to(siege.victim), siege.page_of(siege.lee)
    for reason in UNSEEN:
        status = page.does(f"{path}/break", reason=reason)
        assert status == "409", f"{reason!r} was taken for a reason: {status}"
    assert page.asks("GET", f"{path}/thread").status_code == 403
    assert siege.rows("SELECT * FROM glasses") == []


@CLINICIANS.tries(
    "E",
    "calls what only leads may: team, invitations, audit, rota, the file of the workload",
    "the role is read from the database at each request",
)
def acts_of_leads(siege: Siege) -> None:
    """Every route that the table of access gives to leads alone."""
    page = siege.page_of(siege.lee)
    secret, before = page.secret(), siege.all_kept()
    form = {"csrf": secret, "name": "Doctor Evil", "role": "lead", "clinician": "3"}
    hours = {"day": "1", "start": "00:00", "until": "00:00", "place": "0"}
    routes = [route for route, allowed in WHO_MAY.items() if allowed == {LEAD}]
    for route in routes:
        method, _, path = route.partition(" ")
        path = path.format(member=1, shift=1, swap=1)
        answer = page.asks(method, path, {**form, **hours} if method == "POST" else None)
        assert answer.status_code == 403, route
    assert len(routes) > 8
    assert siege.changed_since(before) == set(), siege.changed_since(before)


@CLINICIANS.tries(
    "T",
    "has a lead's browser send a form from another site, or with an old or foreign secret",
    "each form brings its own session's secret, compared in constant time; the origin is looked at",
)
def forged_forms(siege: Siege) -> None:
    """Without, empty, junk, of another session, of a session that ended; cross-site."""
    old = siege.page_of(siege.lead)
    stale = old.secret()
    assert old.asks("POST", "/clinic/sign-out", {"csrf": stale}).status_code == 303
    foreign, page = siege.page_of(siege.lee).secret(), siege.page_of(siege.lead)
    before = siege.all_kept()
    forms = [{}, {"csrf": ""}, {"csrf": "x"}, {"csrf": "é"}, {"csrf": foreign}, {"csrf": stale}]
    for form in forms:
        for path in ("/clinic/team/3/disable", "/clinic/team/invite", "/clinic/sign-out"):
            assert page.asks("POST", path, {"name": "x", **form}).status_code == 403, (path, form)
    cookies = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
    for site in ("cross-site", "same-site"):
        headers = {"cookie": cookies, "sec-fetch-site": site}
        url = f"{siege.world.bot.url}/clinic/team/3/disable"
        form = {"csrf": page.secret()}
        assert siege.world.client.post(url, data=form, headers=headers).status_code == 403
    assert siege.changed_since(before) == set(), siege.changed_since(before)


@CLINICIANS.tries(
    "T",
    "changes something by an address alone: each form asked for by GET and HEAD, filled in",
    "what changes anything is a POST with a secret; a GET of it is not there",
)
def changes_by_get(siege: Siege) -> None:
    """Every form of the page, with good fields in the query."""
    page, name = siege.page_of(siege.lead), siege.name_of(siege.victim)
    secret, before = page.secret(), siege.all_kept()
    known = {"pseudonym": name, "session": 1, "alert": 1, "call": 1, "member": 3}
    routes = [each.removeprefix("POST ") for each in WHO_MAY if each.startswith("POST ")]
    for path in routes:
        if "{token}" not in path:
            at = path.format(**known, shift=1, swap=1)
            query = f"?csrf={secret}&reason=because&text=x&who=3&name=x&role=lead&once=g"
            for method in ("GET", "HEAD"):
                status = page.asks(method, at + query).status_code
                assert status in {404, 405}, (method, at, status)
    assert len(routes) > 20
    assert siege.changed_since(before) == set(), siege.changed_since(before)
    assert page.asks("GET", "/clinic/today").status_code == 200


@CLINICIANS.tries(
    "E",
    "counts through numbers: sessions, calls and alerts of others, and numbers that cannot be",
    "each is looked up for this clinician: what is not theirs is 403 or 404, an alert is bare",
)
def numbers_of_others(siege: Siege) -> None:
    """The lead's session, all numbers below twenty, and the victim's alert, which is everybody's.

    It shows the pseudonym and why it was raised: whoever is there must be able to take it.
    """
    number = siege.world.kept(siege.victim).records.alerts[0].id
    leads, page = siege.page_of(siege.lead), siege.page_of(siege.lee)
    secret, before = page.secret(), siege.all_kept()
    theirs = siege.rows("SELECT id FROM page_sessions WHERE clinician_id != 3")
    paths = [f"/clinic/sessions/{each}/end" for (each,) in theirs]
    paths += [f"/clinic/alerts/{number}/close"]
    odd = (0, -1, 99, "9" * 18, "9" * 40, "1e3", "%D9%A1", "1%00")
    paths += [f"/clinic/alerts/{each}/close" for each in odd]
    paths += [f"/clinic/calls/{each}/settle" for each in range(20)]
    for path in paths:
        form = {"csrf": secret, "outcome": "spoke", "note": "x", "how": "held"}
        status = page.asks("POST", path, form).status_code
        assert status in KEPT_OUT, (path, status)
    assert leads.asks("GET", "/clinic/today").status_code == 200
    assert siege.changed_since(before) == set(), siege.changed_since(before)
    assert "oboe" not in page.shows(f"/clinic/alerts/{number}")


@CLINICIANS.tries(
    "T",
    "calls themselves a formula, or a name with line breaks, for spreadsheets and calendars",
    "cells never begin a formula; a title in a calendar's file is one line",
)
def names_that_are_code(siege: Siege) -> None:
    """The workload as a file, and the calendar's file of a call."""
    evil, patient = siege.world.clinician("Doctor Nasty"), siege.patient(*PLACE)
    evil.answers(f"/name {BROKEN}")
    evil.answers(f"/patients {siege.name_of(patient)}", "Offer a call")
    day = (siege.world.now + timedelta(days=3)).strftime("%Y-%m-%d")
    evil.answers(f"{day} 15:00, {day} 17:00, 20 min", "Offer it")
    offer = patient.sees().with_words("offers you a call")
    patient.taps_on(offer, offer.labels[0])
    (file,) = [each.file for each in patient.sees() if each.kind == "document" and each.file]
    evil.answers(f"/name {FORMULA}")

    calendar = siege.world.client.get(siege.world.server.url + file["url"]).content.decode()
    named = [line.partition(":")[0].partition(";")[0] for line in calendar.splitlines()]
    assert {"ATTENDEE", "X-EVIL"}.isdisjoint(named), calendar
    told = siege.page_of(siege.lead).asks("GET", "/clinic/workload/workload.csv").text
    cells = [cell for row in csv.reader(io.StringIO(told.lstrip("\ufeff"))) for cell in row]
    assert f"'{FORMULA}" in cells
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


@CLINICIANS.tries(
    "R",
    "looks at a patient as if the page asked by itself, to be in no audit",
    "such a request is answered only to who looked before and was noted",
)
def a_look_that_is_not_kept(siege: Siege) -> None:
    """First the header that the page's own script sends, then an honest look."""
    patient = siege.patient("/person", "Write to them", "please read of the bassoon")
    page, path = siege.page_of(siege.lee), siege.path_to(patient)
    number = siege.world.kept(patient).records.patient.id
    cookies = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
    silent = {"cookie": cookies, "X-Paceful-Live": "1"}
    for rest in ("", "/thread", "/timeline", "/notes", "/plans", "/now", "/letter"):
        url = f"{siege.world.bot.url}{path}{rest}"
        answer = siege.world.client.get(url, headers=silent)
        assert answer.status_code == 403, (rest, answer.status_code)
        assert "bassoon" not in answer.text
    assert looks_at(siege, number) == []

    assert "bassoon" in siege.thread_of(page, patient)
    assert looks_at(siege, number) == [(3, "show-thread"), (3, "open-patient")]


def looks_at(siege: Siege, number: int) -> list[tuple[object, ...]]:
    """Who did what with the patient of that number, as the audit keeps it."""
    query = "SELECT clinician_id, act FROM audit WHERE patient_id = ? AND clinician_id = 3"
    return siege.rows(query, number)


def door_of(page: Page, link: str) -> str:
    """The secret of the form that this browser is shown for that link."""
    found = DOOR.search(page.asks("GET", link).text)
    assert found
    return html.unescape(found[1])


def patient_routes() -> list[str]:
    """Each route below a patient's address but the one that breaks the glass."""
    head = "/clinic/patients/{pseudonym}"
    found = [each.replace(head, "") for each in WHO_MAY if head in each]
    return [each for each in found if each != "POST /break"]


def is_shut(text: str) -> bool:
    """Whether a page only says that the patient is not open."""
    return 'name="reason"' in text
