"""The table of patients in a browser: what it shows to whom, and how it is narrowed."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import event

from bot.store import caseload
from tests.bot.clinic.conftest import Clinic, Desk
from tests.bot.clinic.lives import BETTER, WORSE, scored

TABLE = "/clinic/patients"
ROW = re.compile(r'<tr role="row"( class="shut")?>\s*<th scope="row".*?</tr>', re.DOTALL)
CANARY = "\"><img src=x onerror=alert(1)><script>alert('p')</script>"


def words(text: str) -> str:
    """What a reader sees of this HTML, with single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


async def rows(desk: Desk, query: str = "") -> dict[str, str]:
    """The lines of the table by pseudonym, in words."""
    page = await desk.shows(TABLE + query)
    lines = [words(found[0]) for found in ROW.finditer(page)]
    return {line.split()[0]: line for line in lines}


async def test_a_line_says_in_words_what_the_small_courses_show(page: Clinic) -> None:
    """The newest score, the first, and whether the change is reliable; for ears as for eyes."""
    alex = await page.practice.patient(7, "agreed")
    scored(page.practice, alex, peg=WORSE, phq_9=BETTER)
    _, desk = await page.joins(1, "Dr Lee")
    line = (await rows(desk))[alex.pseudonym]

    assert "7.7 , first 4, reliably worse" in line
    assert "6 , first 15, reliably better" in line
    assert "nobody’s" in line


async def test_whom_one_may_not_open_one_sees_no_score_and_no_time_of(page: Clinic) -> None:
    """The pseudonym and the open alert of everyone; the rest for their own team."""
    alex = await page.practice.patient(7, "agreed")
    scored(page.practice, alex, peg=WORSE)
    await alex.says("I want to die")
    lee, lees = await page.joins(1, "Dr Lee")
    _, mains = await page.joins(2, "Dr Main")
    _, leads = await page.joins(3, "Lead Low", "lead")
    store, now = page.practice.store, page.practice.clock.now()
    [lee_id] = [row[0] for row in page.practice.rows("SELECT min(id) FROM clinicians")]
    store.write_now(caseload.assign, alex.patient_id, lee_id, now)

    assert "7.7" in (await rows(lees))[alex.pseudonym]
    assert "7.7" in (await rows(leads))[alex.pseudonym]
    shut = (await rows(mains))[alex.pseudonym]
    assert "on somebody else’s caseload" in shut
    assert "7.7" not in shut
    assert "Red" in shut
    assert "questions" in (await rows(lees))[alex.pseudonym].lower()
    # an order or a filter by what is shut would tell it
    for query in ("sort=score-peg", "sort=seen", "sort=phase", f"phase={alex.state.phase}"):
        assert alex.pseudonym not in await rows(mains, f"?{query}"), query
        assert alex.pseudonym in await rows(lees, f"?{query}"), query
    assert lee


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"alex", "kim"}),
        ("?phase=screening", {"alex"}),
        ("?phase=finished", set()),
        ("?phase=nonsense", {"alex", "kim"}),
        ("?tier=red", {"kim"}),
        ("?tier=red&phase=screening", set()),
        ("?track=off", set()),
        ("?whose=mine", {"kim"}),
        ("?sort=nonsense&page=-4", {"alex", "kim"}),
        ("?page=99999999999999999999999", {"alex", "kim"}),
        ("?sort=score-gad-7&down=1", {"alex", "kim"}),
        ("?words=%25", set()),
        (f"?words={quote(CANARY)}", set()),
    ],
)
async def test_the_address_narrows_the_table(page: Clinic, query: str, found: set[str]) -> None:
    """Every filter, together and alone; nonsense is passed over."""
    alex = await page.practice.patient(7, "placed")
    kim = await page.practice.patient(8, "at-consent")
    await kim.says("I want to die")
    _, desk = await page.joins(1, "Dr Lee")
    page.practice.store.write_now(caseload.assign, kim.patient_id, 1, page.practice.clock.now())
    names = {alex.pseudonym: "alex", kim.pseudonym: "kim"}

    assert {names[name] for name in await rows(desk, query)} == found


async def test_what_is_searched_for_is_shown_as_words_only(page: Clinic) -> None:
    """A script in the search box is a search for a script."""
    _, desk = await page.joins(1, "Dr Lee")
    text = await desk.shows(f"{TABLE}?words={quote(CANARY)}&sort={quote(CANARY)}")

    assert "<script>alert" not in text
    assert "<img" not in text
    assert "No patient matches." in text


async def test_sorting_turns_round_and_keeps_the_filters(page: Clinic) -> None:
    """The head of a column leads to the same table the other way round."""
    await page.practice.patient(7, "agreed")
    _, desk = await page.joins(1, "Dr Lee")
    first = await desk.shows(f"{TABLE}?words=-&sort=seen")
    second = await desk.shows(f"{TABLE}?words=-&sort=seen&down=1")

    assert 'aria-sort="ascending"' in first
    assert "/clinic/patients?words=-&amp;sort=seen&amp;down=1" in first
    assert 'aria-sort="descending"' in second
    assert '"/clinic/patients?words=-&amp;sort=seen"' in second


async def test_off_track_says_why(page: Clinic) -> None:
    """Somebody at work who was not heard of for a week stands there with the reason."""
    alex = await page.practice.patient(7, "learning-cbt")
    page.practice.clock.moment += timedelta(days=8)
    _, desk = await page.joins(1, "Dr Lee")

    assert "not heard of for a week" in (await rows(desk, "?track=off"))[alex.pseudonym]


async def test_the_whole_page_costs_few_questions_and_opens_no_state(page: Clinic) -> None:
    """Signing in, access, names and the table together: twelve statements at most."""
    for number in range(20, 26):
        await page.practice.patient(number, "agreed")
    _, desk = await page.joins(1, "Dr Lee")
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.extend([statement] * statement.startswith("SELECT"))

    event.listen(page.practice.store._reading, "before_cursor_execute", note)
    assert len(await rows(desk)) == 6
    event.remove(page.practice.store._reading, "before_cursor_execute", note)

    assert 0 < len(asked) <= 12, asked
    assert not any("patients.state" in each or "wrapped_key" in each for each in asked)
