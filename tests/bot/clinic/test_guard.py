"""What stands before the page: the right address, no more than one can use, the same headers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.clinic.guard import SESSION, STRANGER, WRONG_LINKS
from bot.clinic.limits import Buckets, Rate
from bot.store.tables import metadata
from tests.bot.clinic.conftest import Clinic, Desk
from tests.bot.clinic.test_access import FILLED, filled, routes

START = datetime(2027, 1, 13, tzinfo=UTC)
NO_LINK = "/clinic/enter/" + "x" * 32
KEPT_BY_LOOKING = ("audit", "page_sessions")


async def test_links_that_open_nothing_shut_the_door_for_a_while(page: Clinic) -> None:
    """Whoever tries one after the other waits, with a good one too; who is in stays in."""
    _, desk = await page.joins(1, "Dr Lee")
    main = await page.practice.clinician(2, "Dr Main")
    link, thief = await page.link(main), await page.browser()

    tried = [(await thief.get(NO_LINK)).status_code for _ in range(WRONG_LINKS.most)]
    shut = await thief.get(link)

    assert set(tried) == {410}
    assert (shut.status_code, int(shut.headers["retry-after"])) == (429, 30)
    assert (await desk.get("/clinic/today")).status_code == 200
    page.practice.clock.moment += timedelta(seconds=31)
    assert (await thief.opens(link)).status_code == 303


@pytest.mark.parametrize("is_signed_in", [True, False])
async def test_a_browser_that_asks_without_end_is_told_to_wait(
    page: Clinic, is_signed_in: bool
) -> None:
    """Pages, forms and files count alike; after a second five more are answered, and no other."""
    _, lees = await page.joins(1, "Dr Lee")
    _, others = await page.joins(2, "Dr Main")
    desk = lees if is_signed_in else await page.browser()

    assert await asked(desk, SESSION.most if is_signed_in else STRANGER.most) >= 190
    assert await asked(desk, 3) == 0
    assert (await others.get("/clinic/today")).status_code == 200
    page.practice.clock.moment += timedelta(seconds=1)
    assert await asked(desk, 20) == 5


async def asked(desk: Desk, times: int) -> int:
    """How many of so many requests were let through."""
    answers = [await desk.get("/clinic/static/icon.svg") for _ in range(times)]
    return sum(each.status_code == 200 for each in answers)


async def test_what_was_refused_is_in_the_log(
    page: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    """A link that opens nothing, a page that is not theirs, a form of nobody's: by number only."""
    _, desk = await page.joins(1, "Dr Lee")
    caplog.clear()

    await desk.get(NO_LINK)
    await desk.get("/clinic/team")
    await desk.client.post("/clinic/sessions/end-others", data={"csrf": "wrong"})

    assert [each.getMessage() for each in caplog.records if each.name.startswith("bot.clinic")] == [
        "a link to the clinic page opened nothing",
        "clinician 1 was refused: forbidden",
        "clinician 1 was refused: unsafe",
    ]


async def test_only_the_pages_own_address_is_answered(page: Clinic) -> None:
    """A name that somebody else's server points at us gets nothing, a cookie or not."""
    _, desk = await page.joins(1, "Dr Lee")
    for host in ("evil.example", "clinic.example.org.evil.example", "127.0.0.1", "[", ""):
        answer = await desk.get("/clinic/today", host=host)
        assert (answer.status_code, "Dr Lee" in answer.text) == (421, False), host
    for host in ("clinic.example.org", "CLINIC.example.org:443"):
        assert (await desk.get("/clinic/today", host=host)).status_code == 200


async def test_looking_changes_nothing(page: Clinic) -> None:
    """A GET keeps that somebody looked, of an alert as a step of its own, and nothing else."""
    lee, desk = await page.joins(1, "Lead Low", "lead")
    alex = await page.practice.patient(7, "agreed")
    await alex.says("I want to die")
    link = await page.link(lee)
    known = {**FILLED, "pseudonym": alex.pseudonym, "token": link.rpartition("/")[2]}
    await desk.shows("/clinic/alerts/1")
    before = everything(page)

    answers = {
        path: (await desk.get(path)).status_code
        for route in routes(page)
        if route.startswith("GET ") and (path := filled(route.partition(" ")[2], known))
    }

    assert everything(page) == before
    assert {200} <= set(answers.values()) <= {200, 404}
    assert sum(status == 200 for status in answers.values()) >= 15


def everything(page: Clinic) -> dict[str, list[str]]:
    """All rows of all tables but those that keep looks."""
    names = [table.name for table in metadata.sorted_tables if table.name not in KEPT_BY_LOOKING]
    statements = {name: f"SELECT * FROM {name}" for name in names}  # noqa: S608 - our own names
    return {name: sorted(map(str, page.practice.rows(each))) for name, each in statements.items()}


def test_a_bucket_fills_up_again_and_never_above_its_brim() -> None:
    """Two at once, one a second; a clock that was set back gives nothing."""
    buckets = Buckets(Rate(most=2, each_second=1.0))
    after = [0, 0, 0, 0.5, 1, 1, -60, 100, 100, 100]
    waits = [buckets.take("a", START + timedelta(seconds=each)) for each in after]
    assert waits == [0, 0, 1, 0.5, 0, 1, 1, 0, 0, 1]


def test_however_many_ask_few_are_remembered() -> None:
    """Whoever makes up a name for each request takes no memory, and forgets only others' counts."""
    buckets = Buckets(Rate(most=1, each_second=0.001), most_kept=3)
    for number in range(100):
        buckets.take(str(number), START)
    assert len(buckets._known) == 3
    assert buckets.take("99", START) > 0
