"""Today and the page of an alert: what is open, and what is done about it from the page."""

from __future__ import annotations

import html
import re
from datetime import timedelta

from markupsafe import escape
from sqlalchemy import text as sql

from bot.service import gaps
from bot.store import caseload
from tests.bot.clinic.conftest import Clinic
from tests.bot.service.practice import Person

CANARY = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>{{7*7}}"


async def in_danger(page: Clinic, number: int = 7) -> Person:
    """A patient whose words have just raised a red alert, number 1 if it is the first."""
    alex = await page.practice.patient(number, "agreed")
    await alex.says("I want to die")
    return alex


async def test_an_alert_is_taken_acted_on_and_closed_from_the_page(page: Clinic) -> None:
    """Two clinicians see it; the first has it, the second is told so; it ends with a note."""
    _lee, lees = await page.joins(1, "Dr Lee")
    main, mains = await page.joins(2, "Dr Main")
    alex = await in_danger(page)
    main.news()
    today = await lees.shows("/clinic/today")
    assert alex.pseudonym in today
    assert "tier-red" in today
    assert 'action="/clinic/alerts/1/take"' in today

    taken = await lees.post("/clinic/alerts/1/take", {"back": "/clinic/today"})
    late = await mains.post("/clinic/alerts/1/take")
    await page.practice.work()

    assert taken.headers["location"] == "/clinic/today?said=alert-taken"
    assert late.headers["location"] == "/clinic/alerts/1?said=alert-had"
    assert any("Dr Lee" in text for text in main.news())
    assert "Dr Lee has it" in await mains.shows("/clinic/today")

    page.practice.clock.moment += timedelta(minutes=4)
    await lees.post("/clinic/alerts/1/act")
    assert "Dr Lee is acting on it" in await lees.shows("/clinic/alerts/1")

    page.practice.clock.moment += timedelta(minutes=9)
    form = {"outcome": "other", "note": "Their sister is with them."}
    closed = await lees.post("/clinic/alerts/1/close", form)

    assert closed.headers["location"] == "/clinic/alerts/1?said=alert-closed"
    shown = await lees.shows("/clinic/alerts/1")
    assert "Their sister is with them." in shown
    assert "13 min" in shown
    assert "No alert is open." in await mains.shows("/clinic/today")
    assert [alert.state for alert in alex.alerts] == ["closed"]
    assert page.woken >= 3


async def test_looking_at_an_alert_is_kept_as_seen(page: Clinic) -> None:
    """Opening it says that somebody has seen it; the page that asks by itself says nothing."""
    _, desk = await page.joins(1, "Dr Lee")
    alex = await in_danger(page)

    await desk.get("/clinic/alerts/1", **{"X-Paceful-Live": "1"})
    assert [alert.state for alert in alex.alerts] == ["told"]
    await desk.shows("/clinic/alerts/1")

    assert [alert.state for alert in alex.alerts] == ["seen"]
    assert "Seen, not taken" in await desk.shows("/clinic/today")


async def test_an_alert_is_not_closed_without_saying_what_came_of_it(page: Clinic) -> None:
    """Not before it is taken, not without an outcome, and not with one that says too little."""
    _, desk = await page.joins(1, "Dr Lee")
    alex = await in_danger(page)
    path = "/clinic/alerts/1/close"

    untaken = await desk.post(path, {"outcome": "spoke"})
    await desk.post("/clinic/alerts/1/take")
    refused = [
        await desk.post(path, form)
        for form in (
            {},
            {"outcome": "healed", "note": "words that were typed"},
            {"outcome": "other"},
            {"outcome": "no-contact", "note": "  "},
        )
    ]

    assert "Please take the alert first." in untaken.text
    assert [untaken.status_code, *(each.status_code for each in refused)] == [409] * 5
    assert [alert.state for alert in alex.alerts] == ["taken"]
    assert "words that were typed</textarea>" in refused[1].text

    assert (await desk.post(path, {"outcome": "spoke"})).status_code == 303
    again = await desk.post(path, {"outcome": "false-alarm"})
    assert again.status_code == 409
    assert [alert.outcome for alert in alex.alerts] == ["spoke"]


async def test_the_alert_explains_itself_and_shows_its_tries(page: Clinic) -> None:
    """Why, by which rule, what the patient was sent, and every try to reach somebody."""
    _lee, desk = await page.joins(1, "Dr Lee")
    alex = await in_danger(page)
    await desk.post("/clinic/alerts/1/take")

    shown = html.unescape(await desk.shows("/clinic/alerts/1"))

    for words in ("crisis-words", alex.pseudonym, "Telegram: arrived", "Raised", "Taken"):
        assert words in shown, words
    assert "The patient was sent at once" in shown
    assert "I want to die" not in shown


async def test_unread_words_and_calls_of_today_stand_on_the_page(page: Clinic) -> None:
    """Words that nobody has read are counted, not shown; today's call has its hour."""
    _lee, desk = await page.joins(1, "Dr Lee")
    alex = await page.practice.patient(7, "agreed")
    await alex.says("/person")
    await alex.taps("Write to them")
    await alex.says("Could somebody call me about my new exercises?")
    page.practice.run(
        sql(
            "INSERT INTO calls (patient_id, clinician_id, purpose, state, slots, at, minutes,"
            " made_at, sequence) VALUES (:patient, 1, 'start', 'booked', '[]',"
            " '2027-01-13 16:30:00.000000', 25, '2027-01-12 10:00:00.000000', 0)"
        ).bindparams(patient=alex.patient_id)
    )

    shown = await desk.shows("/clinic/today")

    assert f"/clinic/patients/{alex.pseudonym}/thread" in shown
    assert "1 message<" in shown
    assert "new exercises" not in shown
    assert "16:30" in shown
    assert "25 min, Dr Lee" in shown


async def test_a_clinician_sees_what_waits_for_them_and_a_lead_everything(page: Clinic) -> None:
    """Words of a patient who has a clinician of their own stand on that one's page only."""
    _lee, lees = await page.joins(1, "Dr Lee")
    _, mains = await page.joins(2, "Dr Main")
    _, leads = await page.joins(3, "Lead Low", "lead")
    alex = await page.practice.patient(7, "agreed")
    await alex.says("/person")
    await alex.taps("Write to them")
    await alex.says("Hello, are you there?")
    place = f"/clinic/patients/{alex.pseudonym}/thread"
    everyone = lees, mains, leads
    assert [place in await desk.shows("/clinic/today") for desk in everyone] == [True] * 3

    now = page.practice.clock.now()
    page.practice.store.write_now(caseload.assign, alex.patient_id, 1, now)

    shown = [place in await desk.shows("/clinic/today") for desk in everyone]
    assert shown == [True, False, True]


async def test_who_was_not_heard_of_for_a_week_is_off_track(page: Clinic) -> None:
    """They stand there with the reason, and are gone when they write again."""
    lee, desk = await page.joins(1, "Dr Lee")
    alex = await page.practice.patient(7, "in-baseline")
    page.practice.clock.moment += timedelta(days=8)
    desk = await page.signed_in(lee)
    assert "not heard of for a week" in await desk.shows("/clinic/today")

    await alex.says("5")

    assert "Everybody is on their way." in await desk.shows("/clinic/today")


async def test_a_time_in_which_words_may_be_lost_is_told_for_a_week(page: Clinic) -> None:
    """From when to when, and whether the patients know; the last one counts, and then it goes."""
    lee, desk = await page.joins(1, "Dr Lee")
    await page.practice.patient(7, "agreed")
    lost = "what patients wrote from"
    assert lost not in await desk.shows("/clinic/today")

    until = page.practice.clock.now()
    since = until - timedelta(hours=26)
    page.practice.store.write_now(gaps.announce, page.practice.site, since, until, "restore")
    page.practice.store.write_now(gaps.announce, page.practice.site, since, until, "silence")
    shown = await desk.shows("/clinic/today")
    assert shown.count(lost) == 1
    told = text_of(shown)
    assert f"Telegram could not be reached: {lost} Tue 12 Jan 13:00 to today 15:00 may be" in told
    assert "They are being told." in told

    for _ in range(3):
        await page.practice.tick()
    assert "Everybody who can be reached was told." in await desk.shows("/clinic/today")

    page.practice.clock.moment += timedelta(days=7, minutes=1)
    desk = await page.signed_in(lee)
    assert lost not in await desk.shows("/clinic/today")


def text_of(page: str) -> str:
    """The words of a page without its marks."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)))


async def test_a_hundred_alerts_are_shown_and_the_rest_are_counted(page: Clinic) -> None:
    """The gravest come first, however many there are."""
    _, desk = await page.joins(1, "Dr Lee")
    alex = await in_danger(page)
    one = page.practice.rows("SELECT facts FROM alerts")[0][0]
    for number in range(120):
        values = {"facts": one, "patient": alex.patient_id, "rule": f"made-{number}"}
        page.practice.run(
            sql(
                "INSERT INTO alerts (patient_id, rule, tier, state, raised_at, facts,"
                " fired_count, last_fired_at, told_count, window_start) VALUES (:patient,"
                " :rule, 'grey', 'told', '2027-01-01 10:00:00.000000', :facts, 1,"
                " '2027-01-01 10:00:00.000000', 1, '2027-01-01 00:00:00.000000')"
            ).bindparams(**values)
        )

    shown = await desk.shows("/clinic/today")

    assert shown.count('class="alert-row') == 100
    assert "21 more are open" in shown
    assert shown.index("tier-edge-red") < shown.index("tier-edge-grey")


async def test_nothing_that_somebody_typed_becomes_part_of_the_page(page: Clinic) -> None:
    """Names, notes, reasons and addresses are shown as they were typed, and nothing runs."""
    lee, lees = await page.joins(1, CANARY[:64])
    _, leads = await page.joins(2, "Lead", "lead")
    await in_danger(page)
    await lees.post("/clinic/alerts/1/take")
    await lees.post("/clinic/alerts/1/close", {"outcome": "other", "note": CANARY})
    await leads.post("/clinic/team/invite", {"name": CANARY[:64], "role": "lead"})
    invited = leads.last
    assert invited is not None
    spy = await page.browser(CANARY)
    await spy.opens(await page.link(lee))

    shown = [
        invited.text,
        await lees.shows("/clinic/today"),
        await lees.shows("/clinic/alerts/1"),
        await spy.shows("/clinic/sessions"),
        await leads.shows("/clinic/team"),
        await leads.shows("/clinic/team/1"),
        await leads.shows(f"/clinic/audit?patient={CANARY}&who=1"),
        await leads.shows(f"/clinic/today?said={CANARY}"),
        (await lees.get(f"/clinic/{CANARY}")).text,
    ]

    for text in shown:
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "&lt;script&gt;" in text or "lert(" not in text
    assert str(escape(CANARY)) in shown[2]
