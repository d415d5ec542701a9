"""A backup: consistent, sealed, whole or refused; and what a restored clinic does and does not."""

from __future__ import annotations

import stat
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import pytest
from sqlalchemy import text as sql

from bot.keys import Vault, new_key
from bot.service import auditing, erasing, restoring
from bot.service import backup as backups
from bot.service.auditing import Found
from bot.service.backup import BadBackup, back_up, look
from bot.service.restoring import Restored
from bot.store import backup as tables_of
from bot.store import notes, people
from bot.store.erasing import Stone
from bot.store.errors import BadDatabase
from bot.store.migrate import migrate
from bot.store.store import Store
from bot.store.unit import Unit
from flows.away import LEAP
from tests.bot.service.conftest import OpenPractice
from tests.bot.service.practice import WEDNESDAY, Person, Practice, told_just
from tests.bot.syncs import survives, watch_syncs

if TYPE_CHECKING:
    from tests.conftest import Server

Empty = Callable[[str], str]
PutBack = Callable[..., Restored]
CHANGED = {"audit", "gaps", "inbox", "invites", "mails", "marks", "nudges", "outbox", "patients"}
"""What a restore changes on purpose; everything else comes back to the byte."""
ACROSS = [
    ("sqlite", "sqlite"),
    *(
        pytest.param(*pair, marks=pytest.mark.postgres)
        for pair in (("postgres", "postgres"), ("sqlite", "postgres"), ("postgres", "sqlite"))
    ),
]


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Empty:
    """Gives the address of a database that has never been used, of that kind."""

    def give(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / 'restored' / 'paceful.sqlite3'}"
        server: Server = request.getfixturevalue("postgres")
        return server.create()

    return give


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the backup goes."""
    return tmp_path / "monday.backup"


def backed_up(practice: Practice, url: str, file: Path) -> None:
    """The practice as it is now lies in the file."""
    back_up(url, practice.vault, file, practice.clock.now())


@pytest.fixture
def put_back(file: Path) -> Iterator[PutBack]:
    """Puts the backup into that empty database, where the practice goes on."""
    with ExitStack() as stack:

        def put(practice: Practice, url: str, *stones: Stone) -> Restored:
            practice.store.close()
            done = restoring.restore(url, practice.site, practice.vault, file, stones)
            practice.store = Store.open(url, practice.vault)
            stack.callback(practice.store.close)
            practice.start(practice.site.release)
            return done

        yield put


def everything(url: str, vault: Vault) -> dict[str, list[list[Any]]]:
    """Every row of every table, as a backup would hold it."""
    with tables_of.snapshot(url, vault) as found:
        return {table.name: sorted(found.rows(table), key=str) for table in found.tables}


@pytest.mark.parametrize(("origin", "target"), ACROSS)
async def test_everything_comes_back_on_every_kind_of_database(
    request: pytest.FixtureRequest,
    open_practice: OpenPractice,
    empty: Empty,
    file: Path,
    put_back: PutBack,
    origin: str,
    target: str,
) -> None:
    """Rows to the byte, the audit's chain too, and a patient who reads on where they were."""
    here, there = request.getfixturevalue(f"{origin}_url"), empty(target)
    practice = open_practice(here)
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "at-consent")
    await ann.says("I want to kill myself")
    await lee.says("/alerts")
    before, state = everything(here, practice.vault), ann.state
    backed_up(practice, here, file)

    put_back(practice, there)

    after = everything(there, practice.vault)
    assert before.keys() == after.keys()
    assert {name: rows for name, rows in after.items() if name not in CHANGED} == {
        name: rows for name, rows in before.items() if name not in CHANGED
    }
    assert len(before["alerts"]) == 1
    assert len(before["contacts"]) == 2
    assert practice.store.read_now(auditing.verify) == Found(2, ANY, None)
    assert ann.state == state.model_copy(update={"turn": state.turn + LEAP})


@pytest.mark.postgres
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_a_backup_under_writes_is_of_one_moment(
    request: pytest.FixtureRequest, vault: Vault, file: Path, empty: Empty, kind: str
) -> None:
    """Whoever is enrolled meanwhile is in it whole or not at all."""
    url = request.getfixturevalue(f"{kind}_url")
    store, stopping, done = Store.open(url, vault), threading.Event(), list[int]()

    def write() -> None:
        while not stopping.is_set():
            done.append(store.write_now(enrol, len(done)))

    writing = threading.Thread(target=write)
    writing.start()
    try:
        while len(done) < 20:
            stopping.wait(0.01)
        made = back_up(url, vault, file, WEDNESDAY)
        seen = len(done)
        while len(done) < seen + 5:
            stopping.wait(0.01)
    finally:
        stopping.set()
        writing.join()
        store.close()

    found: dict[str, int] = {}
    for piece in backups.pieces(file, vault):
        found[piece.table] = found.get(piece.table, 0) + len(piece.rows)
    assert 20 <= made.about.patients <= seen
    assert found["patients"] == found["contacts"] == made.about.patients


def enrol(unit: Unit, number: int) -> int:
    """A new patient's number."""
    return people.enrol(
        unit, lookup=f"lookup {number}", chat=str(number), release="r", state_json="{}",
        language="en", at=WEDNESDAY,
    ).id  # fmt: skip


def test_nobody_else_may_read_the_file_and_it_names_nobody(
    vault: Vault, sqlite_url: str, file: Path
) -> None:
    """Mode 0600, and neither a pseudonym nor a table's name in clear."""
    store = Store.open(sqlite_url, vault)
    store.write_now(enrol, 1)
    name = store.read_now(people.patients, 1)[0].pseudonym
    store.close()

    back_up(sqlite_url, vault, file, WEDNESDAY)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not [
        word for word in (name, "patients", "pseudonym") if word.encode() in file.read_bytes()
    ]
    assert [each.name for each in file.parent.glob(".*")] == []


def test_a_clinic_of_thousands_does_not_sit_in_memory(
    vault: Vault, sqlite_url: str, file: Path, empty: Empty
) -> None:
    """Twenty megabytes go through fewer, out of the database and back into one."""
    store = Store.open(sqlite_url, vault)
    patient = store.write_now(enrol, 1)
    lee = store.write_now(join)

    def fill(unit: Unit) -> None:
        for _ in range(700):
            notes.add(unit, patient_id=patient, clinician_id=lee, text="x" * 30_000, at=WEDNESDAY)

    store.write_now(fill)
    store.close()

    tracemalloc.start()
    made = back_up(sqlite_url, vault, file, WEDNESDAY)
    tables_of.restore(
        empty("sqlite"),
        vault,
        made.about.revision,
        {},
        backups.pieces(file, vault),
        lambda *_: None,
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert made.bytes > 20_000_000
    assert peak < 15_000_000


def join(unit: Unit) -> int:
    """The number of a new member of the team."""
    return people.join_clinician(
        unit, lookup="lee", chat="9", name="Dr Lee", role="clinician", at=WEDNESDAY
    ).id


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Vault, bytes]:
    """A small backup, and its keys."""
    folder = tmp_path_factory.mktemp("whole")
    url, vault = f"sqlite:///{folder / 'paceful.sqlite3'}", Vault([new_key(), new_key()])
    migrate(url)
    store = Store.open(url, vault)
    for number in range(40):
        store.write_now(enrol, number)
    store.close()
    back_up(url, vault, folder / "whole", WEDNESDAY)
    return vault, (folder / "whole").read_bytes()


def test_every_shorter_file_is_refused(whole: tuple[Vault, bytes], tmp_path: Path) -> None:
    """Wherever it was cut off, between two pieces too."""
    vault, content = whole
    file = tmp_path / "cut"
    for length in [*range(0, 300), *range(300, len(content), 401), len(content) - 1]:
        file.write_bytes(content[:length])
        with pytest.raises(BadBackup, match=r"torn|damaged|no backup of|not the keys"):
            look(file, vault)
    file.write_bytes(content + b"x")
    with pytest.raises(BadBackup, match="damaged"):
        look(file, vault)


def test_every_flipped_bit_is_found(whole: tuple[Vault, bytes], tmp_path: Path) -> None:
    """In the first line, in a length, in a kind, in a sealed body, in the end."""
    vault, content = whole
    file = tmp_path / "flipped"
    for place in [*range(0, 400), *range(400, len(content), 397), len(content) - 1]:
        flipped = bytearray(content)
        flipped[place] ^= 1 << (place % 8)
        file.write_bytes(flipped)
        with pytest.raises(BadBackup):
            look(file, vault)


def test_two_pieces_that_changed_places_are_found(
    whole: tuple[Vault, bytes], tmp_path: Path
) -> None:
    """Each piece is whole by itself; that is not enough."""
    vault, content = whole
    head, frames = split(content)
    file = tmp_path / "swapped"
    file.write_bytes(head + b"".join([frames[0], frames[2], frames[1], *frames[3:]]))

    with pytest.raises(BadBackup, match="damaged"):
        look(file, vault)
    file.write_bytes(head + b"".join([*frames[:2], *frames[3:]]))
    with pytest.raises(BadBackup, match="damaged"):
        look(file, vault)


def split(content: bytes) -> tuple[bytes, list[bytes]]:
    """A backup's first line, and its frames."""
    head, _, rest = content.partition(b"\n")
    frames = []
    while rest:
        size = 5 + int.from_bytes(rest[1:5])
        frames.append(rest[:size])
        rest = rest[size:]
    return head + b"\n", frames


def test_other_keys_and_newer_forms_are_told_apart(
    whole: tuple[Vault, bytes], tmp_path: Path
) -> None:
    """What is wrong is said, so that nobody throws a good backup away."""
    vault, content = whole
    file = tmp_path / "there"
    file.write_bytes(content)
    with pytest.raises(BadBackup, match="SECRET_KEYS are not the keys of this backup"):
        look(file, Vault([new_key()]))
    file.write_bytes(content.replace(b'"form":1', b'"form":2', 1))
    with pytest.raises(BadBackup, match="newer Paceful"):
        look(file, vault)
    file.write_bytes(b"SQLite format 3\x00")
    with pytest.raises(BadBackup, match="no backup of Paceful"):
        look(file, vault)
    with pytest.raises(BadBackup, match="cannot be read"):
        look(tmp_path / "nowhere", vault)


def test_a_key_in_front_opens_what_an_older_one_sealed(
    vault: Vault, sqlite_url: str, file: Path
) -> None:
    """Keys are changed by putting a new one first; yesterday's backup stays good."""
    old, new = new_key(), new_key()
    migrate(sqlite_url)
    Store.open(sqlite_url, Vault([old])).close()
    back_up(sqlite_url, Vault([old]), file, WEDNESDAY)

    assert look(file, Vault([new, old])).about.patients == 0
    with pytest.raises(BadBackup, match="not the keys"):
        look(file, Vault([new]))


def test_a_database_with_data_is_never_written_over(
    whole: tuple[Vault, bytes], url: str, file: Path
) -> None:
    """The sentence says how to get to an empty one, and the data is untouched."""
    vault, content = whole
    file.write_bytes(content)
    store = Store.open(url, vault)
    store.write_now(enrol, 7)
    before = everything(url, vault)
    made = look(file, vault).about

    with pytest.raises(BadDatabase, match=r"not empty.*move it away"):
        tables_of.restore(
            url, vault, made.revision, made.numbers, backups.pieces(file, vault), lambda *_: None
        )

    assert everything(url, vault) == before
    store.close()


def test_a_restore_that_breaks_off_leaves_nothing_and_can_be_done_again(
    whole: tuple[Vault, bytes], url: str, file: Path
) -> None:
    """A migrated database that nobody used counts as empty, before and after."""
    vault, content = whole
    file.write_bytes(content)
    made = look(file, vault).about

    def breaks_off() -> Iterator[tables_of.Piece]:
        for piece in backups.pieces(file, vault):
            yield piece
            if piece.table == "patients":
                raise BadBackup(backups.TORN)

    with pytest.raises(BadBackup):
        tables_of.restore(url, vault, made.revision, {}, breaks_off(), lambda *_: None)
    whole_again = backups.pieces(file, vault)
    count = tables_of.restore(
        url, vault, made.revision, {}, whole_again, lambda unit, _: len(people.patients(unit, 99))
    )

    assert count == 40


def test_a_revision_that_this_version_does_not_know_is_refused(
    whole: tuple[Vault, bytes], empty: Empty
) -> None:
    """Nothing is written; the sentence says which way out there is."""
    vault, _ = whole
    with pytest.raises(BadDatabase, match="newer Paceful"):
        tables_of.restore(empty("sqlite"), vault, "9999", {}, iter(()), lambda *_: None)


def test_a_backup_of_older_tables_is_brought_up_to_date(
    vault: Vault, empty: Empty, file: Path, tmp_path: Path
) -> None:
    """It goes into the tables it was made of, and these are then migrated."""
    old, there = f"sqlite:///{tmp_path / 'old.sqlite3'}", empty("sqlite")
    migrate(old)
    store = Store.open(old, vault)
    store.write_now(enrol, 1)
    store.close()
    downgrade(old, "0003")
    made = back_up(old, vault, file, WEDNESDAY)
    assert made.about.revision == "0003"

    tables_of.restore(
        there, vault, "0003", made.about.numbers, backups.pieces(file, vault), lambda *_: None
    )

    assert everything(there, vault)["gaps"] == []
    assert len(everything(there, vault)["patients"]) == 1


def downgrade(url: str, revision: str) -> None:
    """The tables are those of an older version."""
    from alembic import command

    from bot.store import engine
    from bot.store.migrate import config

    source = engine.writing(url)
    with source.begin() as connection:
        command.downgrade(config(connection), revision)
    source.dispose()


def test_a_backup_never_takes_another_ones_place(
    vault: Vault, sqlite_url: str, file: Path, tmp_path: Path
) -> None:
    """A name that is taken, a folder that is not there, keys of another database: no file."""
    Store.open(sqlite_url, vault).close()
    file.write_bytes(b"yesterday's")
    with pytest.raises(BadBackup, match="is there already"):
        back_up(sqlite_url, vault, file, WEDNESDAY)
    with pytest.raises(BadBackup, match="cannot be written: No such file"):
        back_up(sqlite_url, vault, tmp_path / "nowhere" / "it", WEDNESDAY)
    with pytest.raises(BadDatabase, match="SECRET_KEYS are not the keys of this database"):
        back_up(sqlite_url, Vault([new_key()]), tmp_path / "other", WEDNESDAY)
    with pytest.raises(BadDatabase, match="nothing to back up"):
        back_up(f"sqlite:///{tmp_path / 'none.sqlite3'}", vault, tmp_path / "other", WEDNESDAY)

    assert file.read_bytes() == b"yesterday's"
    assert not (tmp_path / "other").exists()
    assert list(tmp_path.glob(".*.part")) == []


async def restored_practice(
    practice: Practice, url: str, empty: Empty, file: Path, put_back: PutBack, *, after: timedelta
) -> tuple[Person, Restored]:
    """A patient whose reminder was due, and the clinic put back so long after its backup."""
    ann = await practice.patient(1, "in-core-cbt")
    backed_up(practice, url, file)
    practice.clock.moment += after
    done = put_back(practice, empty("sqlite"))
    ann.news()
    return ann, done


async def test_a_reminder_that_came_due_meanwhile_is_not_sent_and_the_next_one_is(
    practice: Practice, usual_url: str, empty: Empty, file: Path, put_back: PutBack
) -> None:
    """It may have been sent before the disaster; tomorrow's comes as ever."""
    ann, done = await restored_practice(
        practice, usual_url, empty, file, put_back, after=timedelta(hours=26)
    )
    skipped = [each for each in ann.nudges if each.reason == "restored"]
    assert len(skipped) == done.skipped == 1

    await practice.tick()
    told = ann.news()
    await practice.live(timedelta(days=2))

    assert "older copy of our records" in told[0]
    assert "sent" in [each.state for each in ann.nudges]
    assert all(each.due_at > skipped[0].due_at for each in ann.nudges if each.state == "sent")


async def test_a_button_newer_than_the_backup_is_stale_and_an_older_one_works(
    practice: Practice, usual_url: str, empty: Empty, file: Path, put_back: PutBack
) -> None:
    """A tap on what the restored bot never asked does not answer what it asks now."""
    ann = await practice.patient(1, "at-consent")
    asked = ann.state.asked
    backed_up(practice, usual_url, file)
    for _ in range(3):
        await ann.says("something")
    newer = ann.state.turn
    put_back(practice, empty("sqlite"))
    before = ann.state
    ann.news()

    await ann.brings(f"{newer}.yes")
    assert ann.state.answers == before.answers
    assert ann.state.phase == before.phase

    assert ann.state.turn > LEAP
    assert asked is not None


async def test_numbers_given_out_since_the_backup_are_not_given_out_again(
    practice: Practice, usual_url: str, empty: Empty, file: Path, put_back: PutBack
) -> None:
    """An alert's button in a clinician's chat must never mean another patient's alert."""
    await practice.clinician(9, "Dr Lee")
    backed_up(practice, usual_url, file)
    ann = await practice.patient(1, "at-consent")
    await ann.says("I want to kill myself")
    lost = ann.alerts[-1].id
    put_back(practice, empty("sqlite"))

    bea = await practice.patient(2, "at-consent")
    await bea.says("I want to kill myself")

    assert bea.alerts[-1].id > lost + 9_000


async def test_answers_that_waited_are_not_sent_but_alerts_and_help_lines_are(
    practice: Practice, usual_url: str, empty: Empty, file: Path, put_back: PutBack
) -> None:
    """They are out of date; help and an alert are better sent twice than not at all."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "at-consent")
    bea = await practice.patient(2, "at-consent")
    for person, words in ((ann, "I want to kill myself"), (bea, "hello")):
        await practice.intake.keep([person.wrote(words)])
    await practice.workers._handle()
    backed_up(practice, usual_url, file)
    waited = dict(
        practice.rows("SELECT lane, count(*) FROM outbox WHERE state != 'sent' GROUP BY lane")
    )

    done = put_back(practice, empty("sqlite"))

    left = dict(
        practice.rows("SELECT lane, count(*) FROM outbox WHERE state = 'pending' GROUP BY lane")
    )
    assert done.unsent == waited["reply"] > 0
    assert "reply" not in left
    assert left["crisis"] == waited["crisis"]
    assert left["alert"] > waited["alert"], "the news of the restore came on top"
    lee.news(), ann.news()
    await practice.work()
    assert any("A backup was put back" in text for text in lee.news())
    assert ann.news()


async def test_nobody_is_signed_in_and_no_code_opens_anything(
    practice: Practice, usual_url: str, empty: Empty, file: Path, put_back: PutBack
) -> None:
    """A code that was used, or a session that was ended, since the backup stays so."""
    code = practice.code()
    await practice.clinician(9, "Dr Lee")
    await practice.person(9).says("/page")
    backed_up(practice, usual_url, file)
    put_back(practice, empty("sqlite"))

    kim = practice.person(8)
    await kim.says(f"/start {code}")

    assert practice.rows("SELECT count(*) FROM clinicians") == [(1,)]
    assert practice.rows("SELECT count(*) FROM page_links WHERE used_at IS NULL") == [(0,)]
    assert practice.rows("SELECT count(*) FROM page_sessions WHERE ended_at IS NULL") == [(0,)]


async def test_who_was_erased_since_the_backup_is_erased_again(
    practice: Practice, usual_url: str, empty: Empty, file: Path, put_back: PutBack
) -> None:
    """By the list beside the database; nobody of the team is told a second time."""
    lee = await practice.clinician(9, "Dr Lee")
    ann, bea = await practice.patient(1, "at-consent"), await practice.patient(2, "at-consent")
    name, bea_name = ann.pseudonym, bea.pseudonym
    backed_up(practice, usual_url, file)
    later = practice.clock.now() + timedelta(hours=1)
    lee.news()

    done = put_back(practice, empty("sqlite"), Stone(name, later, "asked for it"))

    assert done.erased == [name]
    assert practice.rows("SELECT DISTINCT patient_id FROM turns") == [(bea.patient_id,)]
    assert practice.rows("SELECT pseudonym FROM tombstones") == [(name,)]
    await practice.work()
    assert told_just(lee.news(), "A backup was put back")
    assert bea.pseudonym == bea_name
    # the list is looked at whenever the service starts, so a copied file brings nobody back
    practice.run(sql("DELETE FROM tombstones"))
    assert practice.store.write_now(erasing.erase_again, [Stone(name, later, "x")], at=later)


def test_a_backup_is_on_the_disk_before_it_has_its_name(
    practice: Practice, usual_url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut may follow at once: all of it, and then the folder that names it."""
    syncs = watch_syncs(monkeypatch)
    backed_up(practice, usual_url, file)

    assert survives(syncs, file)
    assert next(each.path for each in syncs if each.inode == file.stat().st_ino) != file
