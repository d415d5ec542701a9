"""A patient is erased: nothing of them is left, nobody else loses anything, and the team knows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import LargeBinary

from bot.keys import CannotOpen
from bot.service import erasing
from bot.service.erasing import LIST, Nobody, NotNow, note_in, read_list, stay_erased
from bot.service.reasons import reason_of
from bot.service.spool import FOLDER, Spool
from bot.store import alerts as alert_store
from bot.store import people
from bot.store.erasing import PLAN, Stone
from bot.store.inbox import Arrival
from bot.store.tables import alerts, contacts, metadata, patients
from tests.bot.service.conftest import OpenPractice
from tests.bot.service.practice import WEDNESDAY, Person, Practice
from tests.bot.syncs import survives, watch_syncs
from tests.bot.test_spool import small_disk

HUNG_ON = (patients, contacts, alerts)
ENGINES = [
    ("sqlite_url", "in-core-cbt"),
    pytest.param("postgres_url", "in-baseline", marks=pytest.mark.postgres),
]


def sealed(practice: Practice) -> set[bytes]:
    """Every sealed value in the whole database."""
    columns = [
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    ]
    return {
        bytes(value)
        for table, column in columns
        for (value,) in practice.rows(f"SELECT {column} FROM {table}")  # noqa: S608
        if value
    }


def counts(practice: Practice, *, but: str = "") -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: practice.rows(f"SELECT count(*) FROM {table.name}")[0][0]  # noqa: S608
        for table in metadata.sorted_tables
        if table.name != but
    }


def rows_of(practice: Practice, person: Person) -> list[tuple[Any, ...]]:
    """Everything that hangs on this patient, but for what says when it was read."""
    number = person.patient_id
    return [
        row
        for table in metadata.sorted_tables
        if "patient_id" in table.columns
        for row in practice.rows(
            f"SELECT * FROM {table.name} WHERE patient_id = {number} ORDER BY 1"  # noqa: S608
        )
    ]


def erase(practice: Practice, pseudonym: str) -> erasing.Erased:
    """That patient is erased now."""
    at = practice.clock.now()
    return practice.store.write_now(erasing.erase, practice.site, pseudonym, "asked", at=at)


def test_every_table_that_hangs_on_a_patient_has_its_fate_in_the_plan() -> None:
    """Whoever adds a table must say what becomes of it; the inbox hangs on them by a lookup."""
    hanging = {
        table.name
        for table in metadata.sorted_tables
        if any(key.column.table in HUNG_ON for key in table.foreign_keys)
    }

    assert set(PLAN) == hanging | {"patients", "inbox"}


@pytest.mark.parametrize(("engine", "place"), ENGINES)
async def test_not_a_word_or_a_score_is_left(
    request: pytest.FixtureRequest, open_practice: OpenPractice, engine: str, place: str
) -> None:
    """No value that their key sealed stands anywhere, and that key is nowhere either."""
    practice = open_practice(request.getfixturevalue(engine))
    lee = await practice.clinician(9, "Dr Lee")
    before = sealed(practice)
    ann = await practice.patient(1, place)
    await ann.says("I want to kill myself")
    name, number, key = ann.pseudonym, ann.patient_id, key_of(practice, ann)
    theirs = sealed(practice) - before
    lee.news()

    done = erase(practice, name)
    # until the chat is cleared, and the way to it forgotten
    await practice.wait(timedelta(minutes=10), times=2)

    assert len(theirs) > 20
    assert theirs & sealed(practice) == set()
    assert key not in sealed(practice)
    for table, fate in PLAN.items():
        if fate == "removed" and "patient_id" in metadata.tables[table].columns:
            query = f"SELECT * FROM {table} WHERE patient_id = {number}"  # noqa: S608
            assert practice.rows(query) == [], table
    assert done.alerts == 1
    assert [name in text and "erased" in text for text in lee.news()] == [True]


def key_of(practice: Practice, person: Person) -> bytes:
    """The patient's key, wrapped."""
    query = f"SELECT wrapped_key FROM patients WHERE id = {person.patient_id}"  # noqa: S608
    return bytes(practice.rows(query)[0][0])


async def test_alerts_and_audit_keep_the_pseudonym_and_nothing_else(practice: Practice) -> None:
    """An open alert is closed as such, with a move; its facts and notes are gone."""
    await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "at-consent")
    await ann.says("I want to kill myself")
    name, alert = ann.pseudonym, ann.alerts[-1]

    erase(practice, name)

    closed = practice.rows("SELECT state, outcome, note FROM alerts")
    assert closed == [("closed", "erased", None)]
    assert practice.rows("SELECT move, clinician_id, outcome FROM alert_moves")[-1] == (
        "close",
        None,
        "erased",
    )
    kept = practice.store.read_now(people.patients, 9)[0]
    assert (kept.pseudonym, kept.phase, kept.last_seen_at) == (name, "withdrawn", None)
    left = practice.store.read_now(alert_store.get, alert.id)
    assert left is not None
    assert reason_of(left).facts == ()
    assert practice.rows("SELECT act, reason FROM audit")[-1] == ("erase", None)


async def test_nobody_else_loses_anything(practice: Practice) -> None:
    """What hangs on others is the same to the byte, and they go on."""
    ann, bea = await practice.patient(1, "at-consent"), await practice.patient(2, "at-consent")
    before, state = rows_of(practice, bea), bea.state

    erase(practice, ann.pseudonym)

    assert rows_of(practice, bea) == before
    assert bea.state == state
    await bea.says("hello")
    assert bea.news()


async def test_who_was_erased_and_writes_again_begins_anew(practice: Practice) -> None:
    """They are a stranger: asked for their consent, under another pseudonym."""
    ann = await practice.patient(1, "at-consent")
    name = ann.pseudonym
    await practice.intake.keep([ann.wrote("my last words")])

    erase(practice, name)
    await practice.work()
    ann.news()
    await ann.says("hello")

    assert ann.pseudonym != name
    assert ann.state.phase == "consenting"
    assert ann.state.turn < 3


async def test_the_clocks_and_the_page_live_on_with_somebody_erased(practice: Practice) -> None:
    """A week passes; nothing fails over who is no longer there."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "in-baseline")
    erase(practice, ann.pseudonym)

    await practice.live(timedelta(days=8))
    await lee.says("/patients")
    await lee.says("/alerts")

    assert practice.health()["dead"] == 0
    assert practice.health()["failing"] == 0


@pytest.mark.parametrize("change", ["{}%", "%", "*", "{} ", " {}", "", "{}x"])
async def test_a_wildcard_a_typo_or_half_a_name_erases_nobody(
    practice: Practice, change: str
) -> None:
    """Exactly the pseudonym, or a sentence; nothing changes."""
    ann = await practice.patient(1, "at-consent")
    before = counts(practice)

    with pytest.raises(Nobody, match="nobody was erased"):
        erase(practice, change.format(ann.pseudonym))
    with pytest.raises(Nobody, match="nobody was erased"):
        erase(practice, ann.pseudonym.upper())

    assert counts(practice) == before


async def test_nobody_is_erased_twice(practice: Practice) -> None:
    """The second time says when it was."""
    ann = await practice.patient(1, "at-consent")
    name = ann.pseudonym
    erase(practice, name)

    with pytest.raises(Nobody, match=r"was erased already, on 2027-01-13"):
        erase(practice, name)


async def test_somebody_new_under_an_old_name_is_not_erased_by_the_list(
    practice: Practice,
) -> None:
    """Pseudonyms are drawn: a restored database may give one out again."""
    before = practice.clock.now() - timedelta(days=1)
    ann = await practice.patient(1, "at-consent")

    again = practice.store.write_now(
        erasing.erase_again, [Stone(ann.pseudonym, before, "asked")], at=practice.clock.now()
    )

    assert again == []
    assert ann.state.turn


async def test_the_key_of_whoever_was_erased_opens_nothing_that_was_copied(
    practice: Practice,
) -> None:
    """A copy of their words from before is noise to the database of after."""
    ann = await practice.patient(1, "at-consent")
    number = ann.patient_id
    turn, event = practice.rows("SELECT turn, event FROM turns")[0]
    erase(practice, ann.pseudonym)

    def open_copy(unit: Any) -> str:
        return str(unit.seal_of(number).open(bytes(event), "turns", "event", number, turn))

    with pytest.raises(CannotOpen):
        practice.store.read_now(open_copy)


async def test_the_list_is_kept_on_and_looked_at_at_every_start(
    open_practice: OpenPractice, tmp_path: Path
) -> None:
    """Whatever copy of the database was put back: who stands on the list is erased again."""
    practice = open_practice(data_dir=tmp_path)
    ann = await practice.patient(1, "at-consent")
    later = practice.clock.now() + timedelta(minutes=1)
    note_in(tmp_path / LIST, Stone("quiet-otter", later, "first"))
    with (tmp_path / LIST).open("ab") as file:
        file.write(b'{"pseudonym": "torn')
    note_in(tmp_path / LIST, Stone(ann.pseudonym, later, "second"))

    assert [each.reason for each in read_list(tmp_path / LIST)] == ["first", "second"]
    name = ann.pseudonym
    assert practice.store.write_now(stay_erased, practice.site) == [name]
    assert practice.store.write_now(stay_erased, practice.site) == []
    assert len(practice.rows("SELECT * FROM tombstones")) == 2


async def test_a_list_that_cannot_be_read_stops_nobody_from_being_answered(
    open_practice: OpenPractice, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said in the log, by the number of the line and not by its words."""
    practice = open_practice(data_dir=tmp_path)
    (tmp_path / LIST).write_bytes(b'"quiet-otter"\n')

    assert practice.store.write_now(stay_erased, practice.site) == []

    assert "line 1 is not one that" in caplog.text
    assert "otter" not in caplog.text


async def test_a_commit_that_fails_erases_nothing(practice: Practice) -> None:
    """All or nothing: half erased is not erased, and not whole either."""
    ann = await practice.patient(1, "at-consent")
    before = counts(practice)
    practice.fail("INSERT ON tombstones")

    with pytest.raises(Exception, match="full"):
        erase(practice, ann.pseudonym)

    assert counts(practice) == before
    assert ann.state.turn


def test_who_is_erased_is_on_the_disk_before_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut may follow each line: the file and the folder that names it."""
    for name in ("quiet-otter", "calm-heron"):
        with monkeypatch.context() as patch:
            syncs = watch_syncs(patch)
            note_in(tmp_path / LIST, Stone(name, WEDNESDAY, "asked"))
        assert survives(syncs, tmp_path / LIST)


def test_a_line_that_the_disk_takes_in_part_erases_nobody(tmp_path: Path) -> None:
    """It is said, and neither those before it nor those behind it are lost."""
    note_in(tmp_path / LIST, Stone("quiet-otter", WEDNESDAY, "asked"))
    most = (tmp_path / LIST).stat().st_size + 20
    with small_disk(most), pytest.raises(OSError, match=r".+"):
        note_in(tmp_path / LIST, Stone("calm-heron", WEDNESDAY, "asked"))
    note_in(tmp_path / LIST, Stone("wise-finch", WEDNESDAY, "asked"))

    listed = [stone.pseudonym for stone in read_list(tmp_path / LIST)]
    assert listed == ["quiet-otter", "wise-finch"]


def wrote(practice: Practice, number: int, person: Person) -> Arrival:
    """What that person wrote, as the intake hands it to the disk."""
    sender = practice.vault.lookup("telegram", str(person.number))
    return Arrival("telegram", str(number), "digest", sender, "hush", practice.clock.now())


async def test_their_words_on_the_disk_go_too_and_nobody_elses(
    open_practice: OpenPractice, tmp_path: Path
) -> None:
    """What lies aside, and what a dead process left; once they are erased nothing comes back."""
    practice = open_practice(data_dir=tmp_path)
    ann, bea = await practice.patient(1, "at-consent"), await practice.patient(2, "at-consent")
    dead = Spool(tmp_path / FOLDER, practice.vault)
    for numbers in ((1, 2), (3, 4)):
        dead.add([wrote(practice, n, who) for n, who in zip(numbers, (ann, bea), strict=True)])
        dead.waiting()
    dead.add([wrote(practice, 5, ann)])
    first, *_ = dead.waiting()
    dead.done(first, first.lines)
    dead.close()

    erase(practice, ann.pseudonym)

    left = Spool(tmp_path / FOLDER, practice.vault)
    left.begin()
    lines = [line.arrival for segment in left.waiting() for line in segment.lines]
    assert [each and each.external_id for each in lines] == ["2", "4"]


async def test_words_that_are_on_their_way_from_the_disk_put_the_erasing_off(
    open_practice: OpenPractice, tmp_path: Path
) -> None:
    """A moment later they are in the database, and go with everything else."""
    practice = open_practice(data_dir=tmp_path)
    ann = await practice.patient(1, "at-consent")
    living = Spool(tmp_path / FOLDER, practice.vault)
    living.add([wrote(practice, 1, ann)])

    with pytest.raises(NotNow, match="try again in a minute"):
        erase(practice, ann.pseudonym)
    assert ann.state.phase == "consenting"

    living.close()
    erase(practice, ann.pseudonym)
    assert practice.rows("SELECT phase FROM patients") == [("withdrawn",)]
