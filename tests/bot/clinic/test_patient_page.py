"""A patient's page: what it shows on demand only, what can be done from it, and what is kept."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from bot.store import caseload
from tests.bot.clinic.conftest import Clinic, Desk
from tests.bot.clinic.lives import BETTER, SAME, WORSE, scored
from tests.bot.service.practice import Person

CANARY = "\"><script>alert('c')</script><img src=x onerror=alert(2)>"
ONCE = re.compile(r'name="once" value="([^"]+)"')


def path(patient: Person, rest: str = "") -> str:
    """The address of this patient, and of something about them."""
    return f"/clinic/patients/{patient.pseudonym}{rest}"


async def does(desk: Desk, patient: Person, act: str, **fields: str) -> str:
    """Fill in a form of the patient's page and send it; where it leads and with which notice."""
    page = await desk.shows(path(patient, "/thread"))
    once = ONCE.search(page)
    assert once
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    answer = await desk.post(path(patient, f"/{act}"), {"once": once[1], **named})
    location = str(answer.headers.get("location", answer.status_code))
    return location.removeprefix(path(patient))


async def someone_elses(page: Clinic) -> tuple[Person, Desk, Desk]:
    """A patient of Dr Lee's, and the browsers of Dr Lee and of Dr Main."""
    alex = await page.practice.patient(7, "learning-cbt")
    _, lees = await page.joins(1, "Dr Lee")
    _, mains = await page.joins(2, "Dr Main")
    now = page.practice.clock.now()
    page.practice.store.write_now(caseload.assign, alex.patient_id, 1, now)
    return alex, lees, mains


def acts(page: Clinic, clinician: int) -> list[str]:
    """What this clinician did, in order."""
    query = f"SELECT act FROM audit WHERE clinician_id = {clinician} ORDER BY id"  # noqa: S608
    return [row[0] for row in page.practice.rows(query)]


async def test_of_another_ones_patient_only_the_pseudonym_is_shown(page: Clinic) -> None:
    """No phase, no score, no time: a box that asks why; every other address answers nothing."""
    alex, _, mains = await someone_elses(page)
    scored(page.practice, alex, peg=WORSE)
    shut = await mains.get(path(alex))

    assert shut.status_code == 403
    assert "Why do you need to see this patient?" in shut.text
    for secret in ("7.7", "in the lessons", "Toronto", "polyline", "Dr Lee"):
        assert secret not in shut.text
    for rest in ("/now", "/timeline", "/thread", "/plans", "/notes", "/letter", "/chart/peg.svg"):
        assert (await mains.get(path(alex, rest))).status_code == 403
    assert "open-patient" not in acts(page, 2)


async def test_a_reason_opens_it_for_an_hour_and_is_kept_for_leads(page: Clinic) -> None:
    """Without a reason nothing opens; with one it does, until the hour is over."""
    alex, _, mains = await someone_elses(page)
    _, leads = await page.joins(3, "Lead Low", "lead")
    await mains.post(path(alex, "/break"), {"reason": "  "})
    assert (await mains.get(path(alex))).status_code == 403

    await mains.post(path(alex, "/break"), {"reason": f"They called me. {CANARY}"})
    assert "in the lessons" in await mains.shows(path(alex))
    kept = await leads.shows(f"/clinic/audit?patient={alex.pseudonym}")
    assert html.escape("They called me.") in kept
    assert "<script>alert" not in kept

    for _ in range(6):
        page.practice.clock.moment += timedelta(minutes=10)
        await mains.shows("/clinic/today")
    assert (await mains.get(path(alex))).status_code == 403


async def test_looking_is_kept_once_for_a_while_and_not_when_the_page_asks_by_itself(
    page: Clinic,
) -> None:
    """A look that is loaded twice is one look; after a quarter of an hour it is another."""
    alex = await page.practice.patient(7, "agreed")
    _, desk = await page.joins(1, "Dr Lee")
    for _ in range(2):
        await desk.shows(path(alex))
    await desk.get(path(alex, "/now"), **{"X-Paceful-Live": "1"})
    assert acts(page, 1).count("open-patient") == 1

    page.practice.clock.moment += timedelta(minutes=11)
    await desk.shows(path(alex, "/timeline"))
    assert acts(page, 1).count("open-patient") == 2


async def test_words_are_shown_on_demand_escaped_and_hidden_again(page: Clinic) -> None:
    """Answers in the timeline and the thread stay veiled until asked for; each look is kept."""
    alex = await page.practice.patient(7, "measured")
    await alex.says(f"walk to the lake {CANARY}")
    _, desk = await page.joins(1, "Dr Lee")
    veiled = await desk.shows(path(alex, "/timeline"))
    assert "walk to the lake" not in veiled
    assert 'class="veil">words<' in veiled

    await desk.post(path(alex, "/show"), {"what": "words"})
    shown = await desk.shows(path(alex, "/timeline"))
    assert "walk to the lake" in shown
    assert "<script>alert" not in shown
    assert "<img" not in shown

    await desk.post(path(alex, "/hide"), {"what": "words"})
    assert "walk to the lake" not in await desk.shows(path(alex, "/timeline"))

    await desk.post(path(alex, "/show"), {"what": "words"})
    page.practice.clock.moment += timedelta(minutes=14)
    await desk.shows("/clinic/today")
    page.practice.clock.moment += timedelta(minutes=2)
    assert "walk to the lake" not in await desk.shows(path(alex, "/timeline"))
    assert [each for each in acts(page, 1) if "words" in each] == [
        "show-words",
        "hide-words",
        "show-words",
    ]
    assert (await desk.post(path(alex, "/show"), {"what": "everything"})).status_code == 404


async def test_what_one_clinician_has_open_is_not_open_to_another(page: Clinic) -> None:
    """Each asks for themselves."""
    alex = await page.practice.patient(7, "learning-cbt")
    _, lees = await page.joins(1, "Dr Lee")
    _, mains = await page.joins(2, "Dr Main")
    await lees.post(path(alex, "/show"), {"what": "notes"})

    assert "Hide now" in await lees.shows(path(alex, "/notes"))
    assert "Hide now" not in await mains.shows(path(alex, "/notes"))


async def test_the_thread_is_read_and_answered(page: Clinic) -> None:
    """Unread until it is opened; the answer reaches the patient with the clinician's name."""
    alex = await page.practice.patient(7, "learning-cbt")
    _, desk = await page.joins(1, "Dr Lee")
    await does(desk, alex, "take-over")
    await page.practice.work()
    await alex.says(f"my back is worse {CANARY}")
    alex.news()
    hidden = await desk.shows(path(alex, "/thread"))
    assert "my back is worse" not in hidden
    assert "1 unread" in hidden

    await desk.post(path(alex, "/show"), {"what": "thread"})
    shown = await desk.shows(path(alex, "/thread"))
    assert "my back is worse" in shown
    assert "<script>alert" not in shown
    assert "unread" not in await desk.shows(path(alex, "/thread"))

    assert await does(desk, alex, "write", text="Shall we talk?") == "/thread?said=written"
    await page.practice.work()
    [told] = alex.news()
    assert "Shall we talk?" in told
    assert "Dr Lee" in told


async def test_a_form_that_is_sent_twice_is_done_once(page: Clinic) -> None:
    """A double click, or going back and sending again, brings the words only once."""
    alex = await page.practice.patient(7, "learning-cbt")
    _, desk = await page.joins(1, "Dr Lee")
    form = {"once": "abc", "text": "Only once, please."}
    first = await desk.post(path(alex, "/write"), form)
    second = await desk.post(path(alex, "/write"), form)
    await page.practice.work()

    assert "said=written" in first.headers["location"]
    assert "said=done-already" in second.headers["location"]
    assert sum("Only once" in told for told in alex.news()) == 1
    assert page.practice.rows("SELECT count(*) FROM messages") == [(1,)]


async def test_taking_over_and_handing_back(page: Clinic) -> None:
    """The page shows who writes; the patient hears of both."""
    alex = await page.practice.patient(7, "learning-cbt")
    _, desk = await page.joins(1, "Dr Lee")

    assert await does(desk, alex, "take-over") == "?said=taken-over"
    await page.practice.work()
    assert "Dr Lee writes in the program’s place" in await desk.shows(path(alex))
    assert await does(desk, alex, "take-over") == "?said=taken-over-already"
    assert await does(desk, alex, "hand-back") == "?said=handed-back"
    await page.practice.work()
    assert "writes in the program’s place" not in await desk.shows(path(alex))
    assert any("Dr Lee" in told for told in alex.news())


async def test_times_for_a_call_are_on_the_clinicians_clock(page: Clinic) -> None:
    """Three fields; what lies behind, or is no time, is refused and nothing is offered."""
    alex = await page.practice.patient(7, "learning-cbt")
    lee, desk = await page.joins(1, "Dr Lee")
    await lee.says("/zone Europe/Paris")
    good = {"slot_1": "2027-01-14T10:00", "slot_2": "", "minutes": "20", "purpose": "start"}
    bad = [
        {**good, "slot_1": "2027-01-13T15:30"},
        {**good, "slot_1": "tomorrow"},
        {**good, "slot_1": ""},
        {**good, "slot_1": "2031-01-14T10:00"},
        {**good, "minutes": "nan"},
        {**good, "minutes": "0"},
        {**good, "minutes": "0.4"},
        {**good, "minutes": "4.9"},
        {**good, "minutes": "181"},
        {**good, "purpose": "fun"},
    ]
    for fields in bad:
        assert await does(desk, alex, "call", **fields) == "409", fields
    assert page.practice.rows("SELECT * FROM calls") == []

    assert await does(desk, alex, "call", **good) == "?said=call-offered"
    [(slots,)] = page.practice.rows("SELECT slots FROM calls")
    assert slots == '["2027-01-14T09:00:00+00:00"]'


@pytest.mark.parametrize(
    ("act", "fields", "leads", "query", "kept"),
    [
        ("mode", {"mode": "live"}, "?said=mode-set", "contact_mode FROM patients", "live"),
        ("mode", {"mode": "often"}, "409", "contact_mode FROM patients", "mixed"),
        ("assign", {"who": "1"}, "?said=assigned", "clinician_id FROM caseloads", 1),
        ("assign", {"who": "9"}, "409", "count(*) FROM caseloads", 0),
        (
            "minutes",
            {"minutes": "7.5", "kind": "call"},
            "?said=minutes-kept",
            "minutes FROM guidance",
            7.5,
        ),
        ("minutes", {"minutes": "-1", "kind": "call"}, "409", "count(*) FROM guidance", 0),
        ("minutes", {"minutes": "inf", "kind": "call"}, "409", "count(*) FROM guidance", 0),
        ("minutes", {"minutes": "5", "kind": "golf"}, "409", "count(*) FROM guidance", 0),
        (
            "propose",
            {"change": "addon:sleep"},
            "?said=proposed",
            "subject FROM offers",
            "addon:sleep",
        ),
        ("propose", {"change": "addon:golf"}, "409", "count(*) FROM offers", 0),
        ("propose", {"change": ""}, "409", "count(*) FROM offers", 0),
        ("write", {"text": "  "}, "409", "count(*) FROM messages", 0),
        ("write", {"text": "x" * 3001}, "409", "count(*) FROM messages", 0),
        ("note", {"text": ""}, "409", "count(*) FROM notes", 0),
        ("ask-letter", {"text": "x" * 2901}, "409", "count(*) FROM offers", 0),
        (
            "ask-letter",
            {"text": "A letter."},
            "/letter?said=letter-asked",
            "kind FROM offers",
            "letter",
        ),
    ],
)
async def test_each_form_does_its_one_thing_or_nothing(
    page: Clinic, act: str, fields: dict[str, str], leads: str, query: str, kept: object
) -> None:
    """What was filled in is kept; what cannot be is refused in words, and leaves nothing."""
    alex = await page.practice.patient(7, "learning-cbt")
    _, desk = await page.joins(1, "Dr Lee")

    assert await does(desk, alex, act, **fields) == leads
    assert page.practice.rows(f"SELECT {query}") == [(kept,)]
    assert (act in acts(page, 1)) is (leads != "409")


async def test_a_note_is_sealed_and_says_who_wrote_it(page: Clinic) -> None:
    """The database holds no word of it; the page shows it escaped, with the writer."""
    alex = await page.practice.patient(7, "learning-cbt")
    _, lees = await page.joins(1, "Dr Lee")
    _, mains = await page.joins(2, "Dr Main")
    await does(lees, alex, "note", text=f"Sleeps badly. {CANARY}")
    [(sealed,)] = page.practice.rows("SELECT text FROM notes")
    assert b"Sleeps" not in sealed

    assert "Sleeps" not in await mains.shows(path(alex, "/notes"))
    await mains.post(path(alex, "/show"), {"what": "notes"})
    shown = await mains.shows(path(alex, "/notes"))
    assert "Sleeps badly." in shown
    assert "Dr Lee" in shown
    assert "<script>alert" not in shown


async def test_a_chart_is_saved_as_the_file_that_is_shown(page: Clinic) -> None:
    """A whole SVG with its words in it, nothing that runs, and a name without spaces."""
    alex = await page.practice.patient(7, "agreed")
    scored(page.practice, alex, peg=WORSE, gad_7=SAME, phq_9=BETTER)
    _, desk = await page.joins(1, "Dr Lee")
    saved = await desk.get(path(alex, "/chart/peg.svg"))
    shown = await desk.shows(path(alex))

    assert saved.headers["content-type"] == "image/svg+xml"
    assert saved.headers["content-disposition"] == (
        f'attachment; filename="{alex.pseudonym}-peg.svg"'
    )
    drawing = ElementTree.fromstring(saved.text)  # noqa: S314 - we drew it ourselves
    space = "{http://www.w3.org/2000/svg}"
    assert "first 4 on" in (drawing.findtext(f"{space}desc") or "")
    assert "reliably worse, and an important change" in (drawing.findtext(f"{space}desc") or "")
    course = drawing.find(f"{space}polyline")
    assert course is not None
    assert f'points="{course.attrib["points"]}"' in shown
    assert drawing.findall(f".//{space}script") == []
    assert (await desk.get(path(alex, "/chart/isi.svg"))).status_code == 404
    assert (await desk.get(path(alex, "/chart/nothing.svg"))).status_code == 404


async def test_the_numbers_stand_beside_the_charts(page: Clinic) -> None:
    """Whoever cannot see a chart finds every score, its items, and how many are missing."""
    alex = await page.practice.patient(7, "agreed")
    scored(page.practice, alex, peg=WORSE)
    _, desk = await page.joins(1, "Dr Lee")
    shown = await desk.shows(path(alex))

    for score in WORSE:
        assert f'<td class="number">{score:g}' in shown
    assert "1: 7, 2: –" in shown
    assert "1 missing" in shown


async def test_the_timeline_holds_everything_newest_first(page: Clinic) -> None:
    """Consent, answers, scores, finished parts, alerts, their moves, words, notes, minutes."""
    alex = await page.practice.patient(7, "learning-cbt")
    _, desk = await page.joins(1, "Dr Lee")
    await alex.says("I want to die")
    await does(desk, alex, "write", text="I am reading this.")
    await does(desk, alex, "note", text="Called.")
    await does(desk, alex, "minutes", minutes="4", kind="call")
    await does(desk, alex, "propose", change="addon:sleep")
    kinds: set[str] = set()
    times: list[str] = []
    for number in (1, 2, 3):
        text = await desk.shows(path(alex, f"/timeline?page={number}"))
        moments = re.findall(r'<li class="moment kind-(\w+)">(.*?)</li>', text, re.DOTALL)
        kinds |= {kind for kind, _ in moments}
        times += [
            found for _, moment in moments for found in re.findall(r'datetime="(.*?)"', moment)
        ]

    assert kinds >= {
        *("answer", "score", "consent", "alert", "move"),
        *("message", "note", "minutes", "offer", "done"),
    }
    assert times == sorted(times, reverse=True)


async def test_a_letter_is_printed_only_after_the_patient_agreed(page: Clinic) -> None:
    """Asked for, shown to the patient whole, and there for print when they said yes."""
    alex = await page.practice.patient(7, "learning-cbt")
    _, desk = await page.joins(1, "Dr Lee")
    assert "Progress letter" in await desk.shows(path(alex, "/letter"))
    assert (await desk.get(path(alex, "/letter/print"))).status_code == 404

    await does(desk, alex, "ask-letter", text=f"Went well. {CANARY}")
    await page.practice.work()
    assert any("Went well." in told for told in alex.news())
    assert (await desk.get(path(alex, "/letter/print"))).status_code == 404

    await alex.says("yes")
    printed = await desk.shows(path(alex, "/letter/print"))
    assert "Went well." in printed
    assert "<script>alert" not in printed
    assert "letter" in acts(page, 1)


async def test_there_is_nothing_about_a_patient_who_is_not(page: Clinic) -> None:
    """An unknown pseudonym, or one with a script in it, is nobody's page."""
    _, desk = await page.joins(1, "Dr Lee")
    for name in ("nobody-1", "%3Cscript%3E", "%00", "..%2f..%2f", "x" * 3000):
        answer = await desk.get(f"/clinic/patients/{name}")
        assert answer.status_code == 404
        assert "<script>" not in answer.text


async def test_the_last_one_is_not_taken_off_a_patient_with_an_open_alert(page: Clinic) -> None:
    """As at the desk: somebody else guides them first, or the alert is closed."""
    alex, lees, _ = await someone_elses(page)
    await alex.says("I want to die")
    guides = "SELECT clinician_id FROM caseloads WHERE until_at IS NULL"

    assert await does(lees, alex, "unassign", who="1") == "409"
    assert "nobody else guides this patient" in (lees.last.text if lees.last else "")
    assert page.practice.rows(guides) == [(1,)]

    await does(lees, alex, "assign", who="2")
    assert await does(lees, alex, "unassign", who="1") == "?said=unassigned"
    assert page.practice.rows(guides) == [(2,)]


async def test_charts_alerts_notes_and_taking_stand_in_the_audit(page: Clinic) -> None:
    """Whatever shows a patient, or opens them, leaves a row that says who and what."""
    alex, lees, mains = await someone_elses(page)
    scored(page.practice, alex, peg=WORSE)
    await alex.says("I want to die")
    await lees.get(path(alex, "/chart/peg.svg"))
    await mains.shows("/clinic/alerts/1")
    await mains.shows("/clinic/alerts/1")
    await mains.post("/clinic/alerts/1/take")
    await lees.post("/clinic/alerts/1/relieve")
    await lees.post("/clinic/alerts/1/act")
    await lees.post("/clinic/alerts/1/close", {"outcome": "other", "note": "It was a song."})
    assert "It was a song." in await lees.shows("/clinic/alerts/1")

    kept = page.practice.rows("SELECT clinician_id, act, subject FROM audit ORDER BY id")
    assert [row for row in kept if row[1] != "sign-in"] == [
        (1, "save-chart", "peg"),
        (2, "open-alert", "alert 1"),
        (2, "take-alert", "alert 1"),
        (1, "take-alert", "alert 1"),
        (1, "act-on-alert", "alert 1"),
        (1, "close-alert", "alert 1"),
        (1, "open-alert", "alert 1"),
        (1, "read-note", "alert 1"),
    ]


async def test_the_page_asks_again_by_itself_without_a_second_row(page: Clinic) -> None:
    """After a look every part may be polled; without one the header opens nothing."""
    alex = await page.practice.patient(7, "learning-cbt")
    _, desk = await page.joins(1, "Dr Lee")
    live = {"X-Paceful-Live": "1"}
    parts = ("", "/timeline", "/thread", "/plans", "/notes", "/letter")
    for rest in parts:
        assert (await desk.get(path(alex, rest), **live)).status_code == 403, rest
    await desk.shows(path(alex))
    await desk.post(path(alex, "/show"), {"what": "thread"})
    page.practice.clock.moment += timedelta(minutes=14)
    before = acts(page, 1)

    for rest in parts:
        assert (await desk.get(path(alex, rest), **live)).status_code == 200, rest
    assert acts(page, 1) == before


async def test_a_page_far_behind_the_timeline_is_its_last_one(page: Clinic) -> None:
    """A number that nobody reaches reads no more than the longest timeline."""
    alex = await page.practice.patient(7, "learning-cbt")
    _, desk = await page.joins(1, "Dr Lee")
    for number in ((1 << 62) - 1, 200_000):
        shown = await desk.shows(path(alex, f"/timeline?page={number}"))
        assert str(number) not in shown
