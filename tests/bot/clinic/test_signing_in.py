"""Signing in: a link from the chat, a button, a session for one browser, and how it ends."""

from __future__ import annotations

from datetime import timedelta

from bot.clinic.writing import TEMPLATES
from tests.bot.clinic.conftest import Clinic

FORM = {"door": "x" * 64}


async def test_the_link_from_the_chat_opens_the_page_once(page: Clinic) -> None:
    """The first press signs in; the same link then opens nothing more."""
    lee = await page.practice.clinician(1, "Dr Lee")
    desk, link = await page.browser(), await page.link(lee)

    assert (await desk.opens(link)).headers["location"] == "/clinic/today"
    assert "Dr Lee" in await desk.shows("/clinic/today")
    again = await (await page.browser()).get(link)

    assert again.status_code == 410
    assert "opens nothing more" in again.text


async def test_looking_at_the_link_changes_nothing(page: Clinic) -> None:
    """A chat that fetches the link for a preview uses nothing up, and nothing is written."""
    lee = await page.practice.clinician(1, "Dr Lee")
    link = await page.link(lee)
    before = page.practice.rows("SELECT * FROM page_links")

    for _ in range(3):
        assert (await (await page.browser()).get(link)).status_code == 200

    assert page.practice.rows("SELECT * FROM page_links") == before
    assert page.practice.rows("SELECT * FROM page_sessions") == []
    assert (await (await page.browser()).opens(link)).status_code == 303


async def test_what_somebody_sees_first_is_ready_before_they_press(page: Clinic) -> None:
    """The first page after a start must not wait until its templates are read."""
    lee = await page.practice.clinician(1, "Dr Lee")
    assert TEMPLATES.cache is not None
    TEMPLATES.cache.clear()

    await (await page.browser()).get(await page.link(lee))

    assert {"today.html", "patients.html"} <= {name for _, name in TEMPLATES.cache}


async def test_a_link_lives_five_minutes(page: Clinic) -> None:
    """After five minutes neither looking nor pressing opens anything."""
    lee = await page.practice.clinician(1, "Dr Lee")
    link, late = await page.link(lee), await page.browser()
    shown = await late.get(link)

    page.practice.clock.moment += timedelta(minutes=5)

    assert (await late.get(link)).status_code == 410
    secret = shown.text.partition('name="door" value="')[2].partition('"')[0]
    assert (await late.client.post(link, data={"door": secret})).status_code == 410


async def test_only_the_newest_link_opens_the_page(page: Clinic) -> None:
    """Whoever asks twice can use the second link only."""
    lee = await page.practice.clinician(1, "Dr Lee")
    first, second = await page.link(lee), await page.link(lee)

    assert (await (await page.browser()).get(first)).status_code == 410
    assert (await (await page.browser()).opens(second)).status_code == 303


async def test_the_button_works_only_in_the_browser_that_showed_it(page: Clinic) -> None:
    """What was shown in one browser signs nobody in from another, and the link stays good."""
    lee = await page.practice.clinician(1, "Dr Lee")
    link, own, other = await page.link(lee), await page.browser(), await page.browser()
    shown = (await own.get(link)).text
    secret = shown.partition('name="door" value="')[2].partition('"')[0]

    stolen = await other.client.post(link, data={"door": secret})
    await other.get(link)
    with_own_nonce = await other.client.post(link, data={"door": secret})

    assert [stolen.status_code, with_own_nonce.status_code] == [403, 403]
    assert (await own.opens(link)).status_code == 303


async def test_another_site_cannot_press_the_button(page: Clinic) -> None:
    """A form that the browser says comes from elsewhere is not taken."""
    lee = await page.practice.clinician(1, "Dr Lee")
    desk, link = await page.browser(), await page.link(lee)
    secret = (await desk.get(link)).text.partition('name="door" value="')[2].partition('"')[0]

    answer = await desk.client.post(
        link, data={"door": secret}, headers={"sec-fetch-site": "cross-site"}
    )

    assert answer.status_code == 403
    assert page.practice.rows("SELECT * FROM page_sessions") == []


async def test_a_made_up_link_opens_nothing(page: Clinic) -> None:
    """Neither short nor endless tokens open anything, and none breaks the page."""
    desk = await page.browser()
    for token in ("x", "x" * 32, "x" * 5000, "%00", "..%2f", "é"):
        assert (await desk.get(f"/clinic/enter/{token}")).status_code in {404, 410}
        assert (await desk.client.post(f"/clinic/enter/{token}", data=FORM)).status_code in {
            403,
            404,
        }


async def test_cookies_are_for_this_host_alone(page: Clinic) -> None:
    """Both cookies are locked to the host, hidden from scripts, and go over TLS only."""
    lee = await page.practice.clinician(1, "Dr Lee")
    desk, link = await page.browser(), await page.link(lee)
    shown, entered = await desk.get(link), await desk.opens(link)

    cookies = [shown.headers["set-cookie"], *entered.headers.get_list("set-cookie")]
    assert len(cookies) == 3
    for cookie in cookies:
        assert cookie.startswith("__Host-paceful")
        assert "Path=/" in cookie
        assert {"Secure", "HttpOnly"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


async def test_the_database_holds_no_secret_of_the_page(page: Clinic) -> None:
    """Whoever steals the database can neither use a link nor a session."""
    lee = await page.practice.clinician(1, "Dr Lee")
    link = await page.link(lee)
    desk = await page.signed_in(lee)
    secrets = [link.rpartition("/")[2], desk.client.cookies["__Host-paceful"]]

    kept = str(page.practice.rows("SELECT * FROM page_links"))
    kept += str(page.practice.rows("SELECT * FROM page_sessions"))

    assert not [secret for secret in secrets if secret in kept]


async def test_a_session_ends_after_fifteen_idle_minutes(page: Clinic) -> None:
    """What the person does keeps it alive; what the page asks by itself does not."""
    _lee, desk = await page.joins(1, "Dr Lee")
    for _ in range(3):
        page.practice.clock.moment += timedelta(minutes=14)
        await desk.shows("/clinic/today")

    page.practice.clock.moment += timedelta(minutes=8)
    assert (await desk.get("/clinic/today", **{"X-Paceful-Live": "1"})).status_code == 200
    page.practice.clock.moment += timedelta(minutes=7)

    over = await desk.get("/clinic/today", **{"X-Paceful-Live": "1"})
    assert over.status_code == 401
    assert "You are signed out" in over.text
    assert "Dr Lee" not in over.text


async def test_no_session_outlives_twelve_hours(page: Clinic) -> None:
    """However busy somebody is, after twelve hours they sign in again."""
    _, desk = await page.joins(1, "Dr Lee")
    for _ in range(71):
        page.practice.clock.moment += timedelta(minutes=10)
        await desk.shows("/clinic/today")

    page.practice.clock.moment += timedelta(minutes=10)

    assert (await desk.get("/clinic/today")).status_code == 401


async def test_signing_out_ends_the_session_at_once(page: Clinic) -> None:
    """The cookie that was good a moment ago opens nothing, even when kept."""
    _, desk = await page.joins(1, "Dr Lee")
    kept = desk.client.cookies["__Host-paceful"]

    await desk.post("/clinic/sign-out")
    desk.client.cookies.set("__Host-paceful", kept, domain="clinic.example.org")

    assert (await desk.get("/clinic/today")).status_code == 401


async def test_one_browser_ends_the_other(page: Clinic) -> None:
    """Who sees a session that is not theirs any more ends it from the one they hold."""
    lee, first = await page.joins(1, "Dr Lee")
    second = await page.signed_in(lee)
    shown = await second.shows("/clinic/sessions")
    assert shown.count("Chrome on Linux</th>") + shown.count("Chrome on Linux <span") == 2

    answer = await second.post("/clinic/sessions/end-others")

    assert answer.headers["location"] == "/clinic/sessions?said=sessions-ended"
    assert (await first.get("/clinic/today")).status_code == 401
    assert (await second.get("/clinic/today")).status_code == 200


async def test_nobody_ends_a_session_of_another_but_a_lead(page: Clinic) -> None:
    """A clinician's try changes nothing; a lead's works, and both are on one list for the lead."""
    _lee, lees = await page.joins(1, "Dr Lee")
    _, mains = await page.joins(2, "Dr Main")
    _, leads = await page.joins(3, "Lead Low", "lead")

    assert (await mains.post("/clinic/sessions/1/end")).status_code == 403
    assert (await lees.get("/clinic/today")).status_code == 200

    answer = await leads.post("/clinic/sessions/1/end", {"back": "team"})
    assert answer.headers["location"] == "/clinic/team?said=session-ended"
    assert (await lees.get("/clinic/today")).status_code == 401


async def test_whoever_is_disabled_loses_the_page_at_the_next_click(page: Clinic) -> None:
    """Their sessions end, their links open nothing, and their role was never a matter of luck."""
    lee, lees = await page.joins(1, "Dr Lee")
    link = await page.link(lee)
    _, leads = await page.joins(2, "Lead Low", "lead")

    answer = await leads.post("/clinic/team/1/disable")

    assert answer.headers["location"] == "/clinic/team/1?said=member-disabled"
    assert (await lees.get("/clinic/today")).status_code == 401
    assert (await (await page.browser()).get(link)).status_code == 410
    await lee.says("/page")
    assert not [text for text in lee.news() if "/clinic/enter/" in text]


async def test_a_lead_who_became_a_clinician_leads_no_more(page: Clinic) -> None:
    """The role is read anew at each request, with the same session."""
    await page.practice.clinician(9, "Lead Other", "lead")
    low, desk = await page.joins(1, "Lead Low", "lead")
    assert (await desk.get("/clinic/team")).status_code == 200

    await low.says(f"/start {page.practice.code('Lead Low', 'clinician')}")

    assert (await desk.get("/clinic/team")).status_code == 403
    assert "/clinic/audit" not in await desk.shows("/clinic/today")


async def test_operators_get_no_page(page: Clinic) -> None:
    """Who runs the service sees no patient."""
    operator = await page.practice.clinician(1, "Ops", "operator")
    operator.news()

    await operator.says("/page")

    assert not [text for text in operator.news() if "/clinic/enter/" in text]
