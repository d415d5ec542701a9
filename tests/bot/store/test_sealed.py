"""Whoever copies the database's files reads no words, no names and no Telegram ids."""

import gc
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.keys import Vault, new_key
from bot.store import cards, inbox, invites, outbox, people, records, releases, thread
from bot.store.inbox import Arrival
from bot.store.outbox import NewPost
from bot.store.people import Patient
from bot.store.records import Answer
from bot.store.store import Store
from bot.store.unit import Unit
from flows.state import Kept

if TYPE_CHECKING:
    from tests.conftest import Server

WORDS = "my marmot hurts at night"
NAME = "Wilhelmina Quist"
CHAT = "8675309421"
IN_CLEAR = "a release is no secret"


def save(unit: Unit, patient: Patient, at: datetime) -> None:
    """Keep the patient's state at turn 1."""
    people.save_state(
        unit, patient.id, state_json=WORDS, phase="learning", turn=1, release="r", zone=None,
        country=None, last_seen_at=at, reachable=True,
    )  # fmt: skip


def keep_everything(unit: Unit, at: datetime) -> None:
    """Pass the words, the name and the chat through every function that seals."""
    lookup = unit.vault.lookup("chat", CHAT)
    patient = people.enrol(
        unit, lookup=lookup, chat=CHAT, release="r", state_json=WORDS, language="en", at=at
    )
    save(unit, patient, at)
    people.journal(unit, patient.id, 1, WORDS, None, "r", at)
    other = unit.vault.lookup("chat", CHAT + "0")
    people.join_clinician(unit, lookup=other, chat=CHAT, name=NAME, role="lead", at=at)
    people.meet(unit, lookup=unit.vault.lookup("chat", CHAT + "1"), chat=CHAT)
    invites.make(unit, "clinician", NAME, "lead", unit.vault.lookup("invite", CHAT), at, at)
    inbox.keep(unit, [Arrival("telegram", "1", "digest", lookup, f"{CHAT} {WORDS}", at)])
    records.answer(unit, patient.id, Answer(1, "flow", "step", "goal", WORDS, at))
    card = Kept(number=1, card="k", flow="f", title="t", at=at, text=WORDS, words={"goal": WORDS})
    cards.file(unit, patient.id, card, turn=1, replaces=None)
    thread.add(unit, patient_id=patient.id, text=WORDS, at=at)
    to_patient = NewPost(1, "reply", "bubble", WORDS, at, patient_id=patient.id)
    outbox.add(unit, [to_patient, NewPost(2, "alert", "bubble", NAME, at)])
    releases.keep(unit, "r", IN_CLEAR, at)


def files_of(url: str) -> bytes:
    """Everything that SQLite has written."""
    file = Path(url.removeprefix("sqlite:///"))
    return b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))


@pytest.mark.postgres
def test_a_dump_of_the_database_shows_nothing(
    postgres: "Server", postgres_url: str, noon: datetime
) -> None:
    """Neither as it is read, nor in the hexadecimal digits that a dump writes bytes in."""
    store = Store.open(postgres_url, Vault([new_key()]))
    store.write_now(keep_everything, noon)
    store.close()

    dump = [str(postgres.programs / "pg_dump"), "--dbname", postgres_url]
    done = subprocess.run(dump, capture_output=True, check=True)

    assert IN_CLEAR.encode() in done.stdout
    for canary in (WORDS, "marmot", NAME, "Quist", CHAT):
        for form in (canary.encode(), canary.encode().hex().encode()):
            assert form not in done.stdout


@pytest.mark.parametrize("canary", [WORDS, "marmot", NAME, "Quist", CHAT])
def test_nothing_sealed_can_be_found_in_the_files(
    sqlite_url: str, noon: datetime, canary: str
) -> None:
    """While the service runs, with the write-ahead log, and after it has stopped."""
    store = Store.open(sqlite_url, Vault([new_key()]))
    store.write_now(keep_everything, noon)
    running = files_of(sqlite_url)
    store.close()
    gc.collect()
    stopped = files_of(sqlite_url)

    for content in (running, stopped):
        # what is not sealed is found, so the search would find the rest
        assert IN_CLEAR.encode() in content
        assert canary.encode() not in content
        assert canary.encode("utf-16-le") not in content


def test_an_error_of_the_database_tells_nothing_either(
    store: Store, enrol: Callable[..., Patient], noon: datetime
) -> None:
    """An error may end up in a log, and its parameters with it."""
    patient = enrol()
    store.write_now(people.journal, patient.id, 1, WORDS, None, "r", noon)

    with pytest.raises(Exception, match=r"(?i)unique") as caught:
        store.write_now(people.journal, patient.id, 1, WORDS, None, "secret release", noon)

    assert "secret release" not in str(caught.value)
    assert "hide_parameters" in str(caught.value)
