"""What was kept for its time goes at night, nothing goes before, and nobody who needs it does."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from bot.app.keeping import kept_lines
from bot.service import retiring
from bot.service.erasing import LIST, read_list
from bot.settings.retention import FOR_EVER, TABLE, read_lawful_basis, read_retention
from bot.store import gaps, people
from bot.store import retiring as store
from bot.store.tables import metadata
from bot.store.unit import Unit
from tests.bot.service.conftest import OpenPractice
from tests.bot.service.practice import Practice, told_just

DAY = timedelta(days=1)
TICK = timedelta(seconds=1)
MANY = 12
"""More ticks than a night's run has batches here."""


@pytest.fixture
def clinic(open_practice: OpenPractice, tmp_path: Path) -> Practice:
    """A practice that keeps everything for a short time, and records for half a year."""
    times = "record=200d, contact=190d, sent=60d, raw=20d, mail=20d, page=20d"
    return open_practice(retention=times, data_dir=tmp_path, time_zone="America/Toronto")


async def nights(practice: Practice, days: int) -> None:
    """So many days pass at once, and then the night's run is done."""
    await practice.wait(days * DAY)
    await practice.wait(TICK, times=MANY)


def numbers(practice: Practice, query: str) -> list[int]:
    """What the database counts."""
    return [row[0] for row in practice.rows(query)]


def test_every_table_has_a_time_or_a_reason_to_have_none() -> None:
    """Whoever adds a table must say for how long it is kept, and why; none is said twice."""
    timed = [name for keeping in TABLE.values() for name in keeping.tables]

    assert sorted([*timed, *FOR_EVER]) == sorted(metadata.tables)
    assert set(metadata.tables["audit"].columns.keys()) >= {"hash"}, "it is only ever added to"


async def test_each_class_goes_when_its_time_is_over_and_not_a_day_before(clinic: Practice) -> None:
    """Words first, then what is needed for longer; the person goes on as if nothing had been."""
    lee = await clinic.clinician(9, "Dr Lee")
    ann = await clinic.patient(1, "in-lesson-cbt")
    await lee.says("/code")
    await clinic.tick()
    said = "SELECT count(*) FROM outbox WHERE state = 'sent' AND length(body) > 0"
    invites, nudges = "SELECT count(*) FROM invites", "SELECT count(*) FROM nudges"
    whole = numbers(clinic, said)

    await nights(clinic, 19)
    assert numbers(clinic, invites) == [1]
    assert numbers(clinic, said)[0] >= whole[0] > 20

    await nights(clinic, 2)
    assert numbers(clinic, invites) == [0]
    await nights(clinic, 38)
    kept = clinic.rows("SELECT id, message_id FROM outbox ORDER BY id")
    settled = numbers(clinic, nudges)[0]
    await nights(clinic, 3)
    assert numbers(clinic, said)[0] < 20
    assert clinic.rows("SELECT id, message_id FROM outbox ORDER BY id")[: len(kept)] == kept
    assert numbers(clinic, nudges)[0] < settled

    before = ann.state
    await ann.says("/resume")
    assert ann.state.stack == before.stack or ann.state.asked
    assert numbers(clinic, "SELECT count(*) FROM turns")[0] > 20, "the journal is of the record"


async def test_what_came_in_goes_whole_once_nobody_can_ask_for_it_by_name(clinic: Practice) -> None:
    """A second copy is known for thirty days, whatever RETENTION says; toasts go with it then."""
    await clinic.patient(1, "in-lesson-cbt")
    came = "SELECT count(*) FROM inbox WHERE source = 'telegram'"
    passing = "SELECT count(*) FROM outbox WHERE shape IN ('toast', 'settle')"
    shown = "SELECT count(*) FROM outbox WHERE shape = 'bubble'"
    # one that nobody could handle is counted for the operators
    clinic.run(sql("UPDATE inbox SET outcome = 'dead' WHERE id = (SELECT min(id) FROM inbox)"))
    arrived, passed, stays = (numbers(clinic, each)[0] for each in (came, passing, shown))
    assert min(arrived, passed, stays) > 5

    await nights(clinic, 29)
    assert numbers(clinic, came) == [arrived]
    assert numbers(clinic, passing)[0] >= passed

    await nights(clinic, 2)
    assert (numbers(clinic, came), numbers(clinic, passing)[0] < passed) == ([1], True)
    assert numbers(clinic, shown)[0] >= stays


async def test_however_much_there_is_a_look_takes_a_stretch_of_it(
    clinic: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one goes on from there, and in the end nothing is left."""
    await clinic.patient(1, "in-lesson-cbt")
    await clinic.tick()
    clinic.clock.moment += 62 * DAY
    monkeypatch.setattr(retiring, "SPAN", 40)
    looks = 0
    while (batch := clinic.store.read_now(retiring.next_batch, clinic.site)) is not None:
        clinic.store.write_now(retiring.retire, clinic.site, batch)
        looks += 1

    run = clinic.store.read_now(retiring.last_run)
    assert looks > 10
    assert run.running["sent"] > 100
    assert run.running["raw"] > 20
    clinic.store.write_now(retiring.finish, clinic.site)
    clinic.clock.moment += DAY
    monkeypatch.undo()
    assert clinic.store.read_now(retiring.next_batch, clinic.site) is None


async def test_whom_a_gap_was_told_to_is_known_until_all_were_told(clinic: Practice) -> None:
    """It stands among the arrivals: nobody is told twice, however long the others take."""
    await clinic.patient(1, "resting")
    arrived = numbers(clinic, "SELECT count(*) FROM inbox")[0]
    name = gaps.name_of(clinic.store.write_now(_gap, clinic.clock.now()), 1)
    told = f"SELECT count(*) FROM inbox WHERE external_id = '{name}'"  # noqa: S608
    due = partial(store.due, name="arrivals", limit=999, among=range(10**6))
    await clinic.tick()
    assert numbers(clinic, told) == [1]

    later = clinic.clock.now() + 40 * DAY
    clinic.run(sql("UPDATE gaps SET told_at = NULL"))
    assert clinic.store.read_now(due, before=later) == []
    clinic.run(sql("UPDATE gaps SET told_at = found_at"))
    assert len(clinic.store.read_now(due, before=later)) >= arrived


def _gap(unit: Unit, at: datetime) -> int:
    return gaps.find(unit, "silence", at - DAY, at, at).id


async def test_whoever_was_not_seen_for_the_time_of_a_record_is_erased(clinic: Practice) -> None:
    """First the way to them is forgotten, then all; an open alert keeps both until it is closed."""
    lee = await clinic.clinician(9, "Dr Lee")
    ann, bob = await clinic.patient(1, "resting"), await clinic.patient(2, "resting")
    await bob.says("I want to die")
    name, number = ann.pseudonym, ann.patient_id
    hers = f"SELECT count(*) FROM turns WHERE patient_id = {number}"  # noqa: S608
    reached = f"SELECT count(*) FROM contacts WHERE patient_id = {number}"  # noqa: S608
    lookup = numbers(clinic, f"SELECT lookup FROM contacts WHERE patient_id = {number}")[0]  # noqa: S608
    wrote = f"SELECT count(*) FROM inbox WHERE sender = '{lookup}'"  # noqa: S608
    await nights(clinic, 189)
    assert numbers(clinic, reached) == [1]
    assert numbers(clinic, wrote)[0] > 0
    lee.news()

    await nights(clinic, 2)
    assert (numbers(clinic, reached), numbers(clinic, hers)[0] > 20) == ([0], True)
    assert numbers(clinic, wrote) == [0]
    await nights(clinic, 10)

    assert numbers(clinic, hers) == [0]
    assert [stone.pseudonym for stone in read_list(clinic.site.settings.data_dir / LIST)] == [name]
    assert not [text for text in lee.news() if "erased" in text], "nobody need do anything"
    assert bob.alerts[0].state != "closed"
    assert bob.state.held is not None
    lines, is_well = clinic.store.read_now(kept_lines, clinic.site)
    assert is_well, lines
    assert told_just([line for line in lines if line.startswith("record: kept 200")], "1 removed")


async def test_a_run_begins_at_night_and_a_missed_one_at_once(clinic: Practice) -> None:
    """By the clinic's own clocks; one run a day, which is kept with what it removed."""

    def finished() -> object:
        return clinic.store.read_now(retiring.last_run).finished_at

    await clinic.tick()
    first = finished()
    # ten in the morning there; the next day begins at midnight, and the run three hours later
    await clinic.wait(timedelta(hours=16))
    assert finished() == first
    await clinic.wait(timedelta(hours=2))
    assert finished() != first
    second = finished()
    await clinic.wait(timedelta(hours=9))
    assert finished() == second
    await clinic.wait(timedelta(hours=46))
    assert finished() != second, "a night was missed"


async def test_one_who_writes_while_they_are_looked_for_stays(clinic: Practice) -> None:
    """What was found by a look is looked at again in the transaction that removes it."""
    ann = await clinic.patient(1, "resting")
    clinic.clock.moment += 201 * DAY
    site = clinic.site
    found = retiring.Batch("record", pseudonym=ann.pseudonym)
    assert clinic.store.read_now(retiring.next_batch, site) is not None
    await ann.says("hello")

    assert clinic.store.write_now(retiring.retire, site, found) == 0
    assert clinic.store.read_now(people.load, [ann.patient_id])


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("forever", "must look like record=10y"),
        ("diary=10y", "must look like record=10y"),
        ("record=ten years", "must give record a number of days"),
        ("raw=0d", "must give raw a number of days"),
        ("raw=1d", "must keep raw for at least 2 days"),
        ("record=3m", "must keep record for at least 180 days"),
        ("record=5y", "must not keep contact for longer than record"),
        ("record=300y", "must keep record for 100 years at the most"),
        ("mail=5d, mail=6d", "names mail twice"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused(words: str, wrong: str) -> None:
    """The sentence says what to write."""
    with pytest.raises(ValueError, match=wrong):
        read_retention(words)


def test_a_basis_may_hold_commas_and_times_have_words() -> None:
    """Laws are cited with commas."""
    basis = read_lawful_basis("record=public task, Art. 9(2)(h), raw=security")
    kept = read_retention("record=8y, contact=1y, sent=1m")

    assert (basis["record"], basis["raw"]) == ("public task, Art. 9(2)(h)", "security")
    assert basis["mail"] == TABLE["mail"].basis
    assert (kept.record_words, kept["sent"], kept["raw"]) == ("8 years", 30 * DAY, 30 * DAY)
