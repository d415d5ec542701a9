"""The table of patients page by page: whatever it is sorted by, everybody stands in it once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.keys import Vault
from bot.service import access
from bot.store import people, records, roster, walking, wants
from bot.store.roster import Line
from bot.store.store import Store
from bot.store.unit import Unit
from bot.store.wants import Wanted
from flows.journey import PHASES
from flows.state import Score
from tests.benchmarks.crowded import Crowd, Size, fill, name_of
from tests.benchmarks.many import team
from tests.bot.service.practice import WEDNESDAY
from tests.flows.starts import real_release

MANY = 130
SORTS = (*wants.SORTS, "score-peg")
WISHES: list[dict[str, Any]] = [
    {"words": "A"}, {"phase": "learning"}, {"off_track": True}, {"open_to": 3}, {"tier": "grey"},
    {"of_clinician": 3}, {"words": "-", "off_track": True, "open_to": 3},
    {"off_track": True, "open_to": 3}, {"phase": "learning", "open_to": 2},
    {"phase": "learning", "off_track": True, "open_to": 2},
]  # fmt: skip
CLOCKS = ("behind:", "silence:", "unanswered:", "overdue:", "cue:")


@pytest.fixture
def crowded(url: str, vault: Vault) -> Iterator[Store]:
    """A clinic with more patients than two pages hold; some were never seen."""
    store = Store.open(url, vault)
    store.write_now(team)
    fill(url, Crowd(real_release(), vault, Size(MANY), WEDNESDAY))
    store.write_now(_ask, "UPDATE patients SET last_seen_at = NULL WHERE id IN (7, 70)")
    yield store
    store.close()


def test_page_after_page_shows_everybody_once_in_order(crowded: Store) -> None:
    """In every order, both ways, as if all had been put in order at once."""
    keys = _keys(crowded)
    for sort in SORTS:
        for down in (False, True):
            found = _walk(crowded, Wanted(sort=sort, down=down))
            assert found == _sorted(keys[sort], down), (sort, down)


@pytest.mark.parametrize(
    ("near", "first", "passed", "further", "few"),
    [
        pytest.param(roster.NEAR, 2, walking.MOST_PASSED, walking.FURTHER, roster.FEW, id="known"),
        pytest.param(roster.NEAR, 2, walking.MOST_PASSED, walking.FURTHER, -1, id="walked to"),
        pytest.param(roster.NEAR, 2, 9, 2, -1, id="walked to with few passed"),
        pytest.param(roster.NEAR, 1, 9, 2, -1, id="walked to step by step"),
        pytest.param(5, 1, 9, 2, -1, id="walked to from the end"),
        pytest.param(-1, 2, 1, 1, -1, id="counted out"),
    ],
)
def test_a_filter_leaves_the_order_as_it_is(
    crowded: Store,
    monkeypatch: pytest.MonkeyPatch,
    near: int,
    first: int,
    passed: int,
    further: int,
    few: int,
) -> None:
    """Whoever matches stands where they stood, for a lead as for one who may not open everybody.

    It is the same for a page near either end and for one in the middle of very many.
    """
    monkeypatch.setattr(roster, "NEAR", near)
    monkeypatch.setattr(roster, "FEW", few)
    monkeypatch.setattr(walking, "AT_FIRST", first)
    monkeypatch.setattr(walking, "MOST_PASSED", passed)
    monkeypatch.setattr(walking, "FURTHER", further)
    whole = {sort: _walk(crowded, Wanted(sort=sort)) for sort in SORTS}
    for wish in WISHES:
        wanted = set(_walk(crowded, Wanted(sort="pseudonym", **wish)))
        assert wanted, wish
        for sort, everybody in whole.items():
            found = _walk(crowded, Wanted(sort=sort, **wish))
            assert found == [each for each in everybody if each in wanted], (sort, wish)


@pytest.mark.parametrize("wish", WISHES)
def test_those_who_match_are_they_of_whom_it_holds(crowded: Store, wish: dict[str, Any]) -> None:
    """Everybody looked at by themselves, by the plain rules, gives the same ones.

    One who guides has another role by now, so that nobody guides those patients.
    """
    crowded.write_now(_ask, "UPDATE clinicians SET role = 'operator' WHERE id IN (4, 5, 6)")
    crowded.write_now(_ask, "UPDATE patients SET last_seen_at = NULL WHERE id % 9 = 0")

    assert set(_walk(crowded, Wanted(**wish))) == crowded.read_now(_matching, Wanted(**wish))


def _matching(unit: Unit, wanted: Wanted) -> set[int]:
    """The patients who are wanted, found one by one."""
    lines = [roster.line(unit, name_of(each), at=WEDNESDAY) for each in range(1, MANY + 1)]
    return {line.id for line in lines if line and _is_wanted(unit, line, wanted)}


def _is_wanted(unit: Unit, line: Line, wanted: Wanted) -> bool:
    team = people.clinicians(unit)
    who = next((each for each in team if each.id == wanted.open_to), None)
    return (
        all(word.lower() in line.pseudonym for word in wanted.words.split())
        and wanted.phase in (None, line.phase)
        and (wanted.tier is None or wanted.tier in line.tiers)
        and (wanted.of_clinician is None or wanted.of_clinician in line.clinicians)
        and (not wanted.off_track or bool(line.off_track))
        and (who is None or access.may_open(unit, who, line.id, WEDNESDAY))
    )


def test_the_newest_total_counts_whenever_it_was_kept(crowded: Store) -> None:
    """A score that is kept late changes nothing; one without a total never does."""
    late, soon = WEDNESDAY - timedelta(days=900), WEDNESDAY + timedelta(days=1)
    for at, total in ((soon, 1000.0), (late, 2000.0), (soon + timedelta(days=1), None)):
        score = Score(measure="peg", at=at, turn=90, total=total, items={1: None})
        crowded.write_now(records.score, 5, score)

    assert _walk(crowded, Wanted(sort="score-peg", down=True))[0] == 5


def _walk(store: Store, wanted: Wanted) -> list[int]:
    """The patients' numbers, page after page, as the pages say how many there are."""
    names = {name_of(number): number for number in range(1, MANY + 1)}
    first = store.read_now(roster.page, wanted, (), at=WEDNESDAY)
    pages = [
        store.read_now(roster.page, Wanted(**{**_of(wanted), "page": number}), (), at=WEDNESDAY)
        for number in range(1, first.pages + 1)
    ]
    found = [names[line.pseudonym] for page in pages for line in page.lines]
    assert {page.total for page in pages} == {len(found)}
    return found


def _of(wanted: Wanted) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in Wanted.__dataclass_fields__}


def _keys(store: Store) -> dict[str, list[dict[int, Any]]]:
    """By what each patient is sorted; who is missing there stands behind, by what comes next."""
    ask: Callable[[str], list[Any]] = lambda query: store.read_now(_ask, query)  # noqa: E731
    rows = ask("SELECT id, pseudonym, created_at, last_seen_at, phase FROM patients ORDER BY id")
    seen = {row.id: row.last_seen_at for row in rows if row.last_seen_at}
    coming: dict[int, list[datetime]] = defaultdict(list)
    for row in ask("SELECT patient_id, key, due_at FROM nudges WHERE state = 'waiting'"):
        if not row.key.startswith(CLOCKS):
            coming[row.patient_id].append(row.due_at)
    worst: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for row in ask("SELECT patient_id, tier, raised_at FROM alerts WHERE state <> 'closed'"):
        worst[row.patient_id].append((wants.TIERS.index(row.tier), row.raised_at))
    need: dict[int, Any] = {
        number: (min(rank for rank, _ in found), min(at for _, at in found))
        for number, found in worst.items()
    }
    totals = ask("SELECT patient_id, total FROM scores WHERE measure = 'peg' ORDER BY at")
    unread = "SELECT patient_id FROM messages WHERE seen_at IS NULL AND clinician_id IS NULL"
    words = [row.patient_id for row in ask(unread)]
    return {
        "need": [need, {number: at for number, at in seen.items() if number not in need}],
        "pseudonym": [{row.id: row.pseudonym for row in rows}],
        "phase": [{row.id: PHASES.index(row.phase) for row in rows}],
        "joined": [{row.id: row.created_at for row in rows}],
        "seen": [seen],
        "due": [{number: min(found) for number, found in coming.items()}],
        "unread": [{number: -words.count(number) for number in words}],
        "score-peg": [{row.patient_id: row.total for row in totals}],
    }


def _sorted(keys: list[dict[int, Any]], down: bool) -> list[int]:
    """Everybody; those who have nothing come last, whichever way it is sorted."""
    found = [number for part in keys for number in _in_order(part, down)]
    return [*found, *(number for number in range(1, MANY + 1) if number not in found)]


def _in_order(keys: dict[int, Any], down: bool) -> list[int]:
    values = sorted(set(keys.values()), reverse=down)
    return [number for value in values for number in sorted(keys) if keys[number] == value]


def _ask(unit: Unit, query: str) -> list[Any]:
    found = unit.connection.execute(text(query))
    return list(found) if found.returns_rows else []
