"""The audit is only ever added to, and whatever was changed behind its back is found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bot.keys import Vault, new_key
from bot.service import auditing
from bot.service.auditing import Found, Head
from bot.store import audit, chained, engine, people
from bot.store.store import Store
from bot.store.unit import Unit

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
REFUSED = "the audit is only ever added to"
OPENS = {
    "sqlite": ["audit_no_update", "audit_no_delete", "audit_no_replace"],
    "postgresql": ["audit_stays ON audit"],
}
ADD = "INSERT INTO audit (id, at, act, subject, hash) VALUES"
NEW = "'2026-11-22 12:00:00+00:00', 'x', '', 'y')"
CHANGES = (
    "UPDATE audit SET subject = ''",
    "UPDATE audit SET reason = NULL WHERE id = 5",
    "DELETE FROM audit WHERE id = 1",
    "DELETE FROM audit",
    f"{ADD} (2, {NEW} ON CONFLICT (id) DO UPDATE SET act = 'x'",
    "TRUNCATE audit",
)
BEHIND_ITS_BACK = {
    "UPDATE audit SET subject = 'x' WHERE id = 3": 3,
    "UPDATE audit SET at = '2026-11-22 12:00:01+00:00' WHERE id = 1": 1,
    "UPDATE audit SET patient_id = NULL WHERE id = 5": 5,
    "UPDATE audit SET reason = NULL WHERE id = 5": 5,
    "UPDATE audit SET act = 'restore' WHERE id = 5": 5,
    "UPDATE audit SET hash = 'x' WHERE id = 2": 2,
    "UPDATE audit SET id = id + 100 WHERE id = 2": 3,
    "DELETE FROM audit WHERE id = 1": 2,
    "DELETE FROM audit WHERE id IN (2, 3)": 4,
    f"{ADD} (9, {NEW}": 9,
}
"""What an intruder may do, and the first entry that shows it."""


@pytest.fixture
def patient_id(store: Store) -> int:
    """A patient about whom entries are."""
    enrolled = store.write_now(
        people.enrol, lookup="ann", chat="1", release="r", state_json="{}", language="en", at=NOON
    )
    return enrolled.id


def add(unit: Unit, subject: str) -> None:
    """The same inside a transaction."""
    audit.note(unit, at=NOON, clinician_id=None, act="restore", subject=subject)


def note(store: Store, subject: str, **about: object) -> None:
    """Somebody did something."""
    kept = {"at": NOON, "clinician_id": None, "act": "restore", "subject": subject, **about}
    store.write_now(audit.note, **kept)  # type: ignore[arg-type]


def five(store: Store, patient_id: int) -> None:
    """Five entries, one of which gives a reason."""
    for number in range(4):
        note(store, f"entry {number}")
    note(store, "entry 4", act="break-glass", patient_id=patient_id, reason="Covering for Kim")


def found(store: Store, *heads: Head) -> Found:
    """What a look through the whole chain says."""
    return store.read_now(auditing.verify, heads)


def signed(store: Store, at: datetime = NOON) -> Head:
    """The head as it is kept each day."""
    head = store.read_now(auditing.head, at)
    assert head is not None
    return head


@contextmanager
def undone(url: str, vault: Vault, *, with_triggers: bool = False) -> Iterator[Unit]:
    """A transaction of somebody who may do everything with the database; all of it is undone."""
    source = engine.writing(url)
    try:
        with source.connect() as connection:
            yield Unit(connection if with_triggers else opened(connection), vault)
            connection.rollback()
    finally:
        source.dispose()


def as_intruder(url: str, statement: str) -> None:
    """What somebody does who may do everything with the database, triggers first."""
    source = engine.writing(url)
    with source.begin() as connection:
        opened(connection).execute(text(statement))
    source.dispose()


def opened(connection: Connection) -> Connection:
    """The same, where nothing refuses anything any more."""
    for trigger in OPENS[connection.dialect.name]:
        connection.execute(text(f"DROP TRIGGER {trigger}"))
    return connection


def chained_anew(url: str, vault: Vault) -> None:
    """An intruder who knows how the hashes are made works all of them out again."""
    source = engine.writing(url)
    with source.begin() as connection:
        unit, before = Unit(connection, vault), ""
        for row in list(chained._rows(unit)):
            before = chained.hash_of(before, row._asdict())
            values = {"hash": before, "id": row.id}
            connection.execute(text("UPDATE audit SET hash = :hash WHERE id = :id"), values)
    source.dispose()


def test_the_database_itself_refuses_every_change(
    store: Store, url: str, vault: Vault, patient_id: int
) -> None:
    """Not even the program's own connection can change, remove or replace an entry."""
    five(store, patient_id)
    for statement in CHANGES:
        if "TRUNCATE" in statement and url.startswith("sqlite"):
            continue  # there is no such word there
        with (
            pytest.raises(DBAPIError, match=REFUSED),
            undone(url, vault, with_triggers=True) as unit,
        ):
            unit.connection.execute(text(statement))

    assert found(store) == Found(5, store.read_now(chained.head), None)


def test_the_first_entry_that_is_wrong_is_named(
    store: Store, url: str, vault: Vault, patient_id: int
) -> None:
    """Whoever takes the triggers off and changes, removes, moves or adds something is found out."""
    five(store, patient_id)
    for change, wrong in BEHIND_ITS_BACK.items():
        with undone(url, vault) as unit:
            unit.connection.execute(text(change))
            said = auditing.verify(unit).wrong or ""

        assert f"entry {wrong} is not what it was" in said, change


def test_who_works_out_every_hash_anew_is_found_by_the_heads(
    store: Store, url: str, vault: Vault, patient_id: int
) -> None:
    """A chain that fits in itself is still not the one whose head was kept."""
    five(store, patient_id)
    head = signed(store)

    as_intruder(url, "UPDATE audit SET subject = 'x' WHERE id = 2")
    chained_anew(url, vault)

    assert found(store).wrong is None
    assert "what came before was changed" in (found(store, head).wrong or "")


def test_a_tail_that_was_cut_off_is_found_by_the_heads(
    store: Store, url: str, patient_id: int
) -> None:
    """Without a head nobody could know that there was more."""
    five(store, patient_id)
    head = signed(store)
    note(store, "after the head")
    assert found(store, head).wrong is None

    as_intruder(url, "DELETE FROM audit WHERE id >= 5")

    assert found(store).wrong is None
    assert "entry 5" in (found(store, head).wrong or "")
    assert "not there any more" in (found(store, head).wrong or "")


def test_a_head_that_nobody_of_us_signed_is_not_believed(store: Store, patient_id: int) -> None:
    """Neither one of a stranger's key, nor ours with another moment; the newest vouches for all."""
    five(store, patient_id)
    head = signed(store)

    newer, older = (foreign(head, days) for days in (1, -1))
    moved = Head(newer.at, head.id, head.hash, head.signature)

    for wrong in (newer, moved):
        assert "no good signature" in (found(store, head, wrong).wrong or "")
    # a key that signed long ago may have been taken away since
    assert found(store, older, head).wrong is None


def foreign(head: Head, days: int) -> Head:
    """The same head so many days later, signed with keys that are not ours."""
    at = head.at + timedelta(days=days)
    signature = Vault([new_key()]).lookup("audit head", f"{at.isoformat()} {head.id} {head.hash}")
    return Head(at, head.id, head.hash, signature)


def test_many_who_write_at_once_make_one_chain(url: str, vault: Vault) -> None:
    """Two processes with entries in the same moment wait for each other, and nothing forks."""
    stores = [Store.open(url, vault) for _ in range(2)]
    with ThreadPoolExecutor(4) as many:
        list(many.map(lambda number: note(stores[number % 2], f"entry {number}"), range(24)))

    assert found(stores[0]) == Found(24, stores[1].read_now(chained.head), None)
    for each in stores:
        each.close()


def test_what_was_undone_by_itself_is_not_in_the_audit(store: Store) -> None:
    """One of several things fails alone: its entry goes with it, and the others' stay."""

    def undone(unit: Unit) -> None:
        with unit.apart():
            add(unit, "undone")
            raise RuntimeError

    def some(unit: Unit) -> None:
        add(unit, "before")
        with pytest.raises(RuntimeError):
            undone(unit)
        add(unit, "after")

    store.write_now(some)

    entries = store.read_now(audit.entries, limit=9)
    assert [each.subject for each in entries] == ["after", "before"]
    assert found(store).wrong is None


def test_who_saw_a_patient_on_a_list_is_found_by_the_patient(store: Store, patient_id: int) -> None:
    """As well as who looked at them alone; a number that only begins alike is somebody else's."""
    others = [int(f"{patient_id}{digit}") for digit in range(3)]
    for listed in ([*others, patient_id], others, [patient_id]):
        store.write_now(
            audit.note_list, at=NOON, clinician_id=None, act="open-today", patient_ids=listed
        )  # fmt: skip
    note(store, "alone", act="open-patient", patient_id=patient_id)

    found_ = store.read_now(audit.entries, limit=9, patient_id=patient_id)

    assert [each.subject for each in found_] == [
        "alone",
        f"patients {patient_id}",
        f"patients {','.join(map(str, [patient_id, *others]))}",
    ]


def test_a_reason_hangs_on_a_patients_key_alone(store: Store, patient_id: int) -> None:
    """So no secret key must stay for the sake of rows that can't be sealed anew."""
    with pytest.raises(ValueError, match="a reason needs the patient"):
        note(store, "", reason="because")
    note(store, "", act="break-glass", patient_id=patient_id, reason="Covering for Kim")

    assert store.read_now(audit.entries, limit=1)[0].reason == "Covering for Kim"


@pytest.mark.parametrize(
    ("numbers", "subjects"),
    [
        ([], ["patients none"]),
        ([7], ["patients 7"]),
        ([3, 1, 2, 2, 19], ["patients 1,2,3,19"]),
        (range(1, 100, 2), None),
    ],
)
def test_a_list_names_every_patient_who_was_on_it(
    numbers: Iterable[int], subjects: list[str] | None
) -> None:
    """However many they are; no subject is longer than its column."""
    named = audit.listed(numbers)

    assert subjects is None or named == subjects
    assert all(len(each) <= audit.MOST_SUBJECT for each in named)
    assert [number for each in named for number in audit.on_list(each)] == sorted(set(numbers))
