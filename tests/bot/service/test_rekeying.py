"""An old key goes: everybody is recognised, everything opens, and nothing is left under it."""

from __future__ import annotations

import asyncio
import gc
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, text

from bot.clock import Clock
from bot.keys import CannotOpen, Seal, Vault, new_key
from bot.service import joining, rekeying
from bot.service.mailing import page_operators
from bot.service.post import Bubble
from bot.service.rekeying import KeyReport
from bot.service.spool import Spool
from bot.store import audit, drafts, groups, key_uses, notes, outbox, people
from bot.store.errors import BadDatabase
from bot.store.inbox import Arrival
from bot.store.outbox import NewPost
from bot.store.rekeying import SEALED
from bot.store.replicas import Replica, join
from bot.store.store import Store
from bot.store.tables import metadata
from bot.store.unit import Unit
from flows.program import Release
from tests.bot.service.practice import WEDNESDAY, Person, Practice
from tests.bot.service.test_groups import Gathering

OLD, NEW = new_key(), new_key()
BEFORE, DURING, AFTER = [OLD], [NEW, OLD], [NEW]
NAMES = {name: Vault([key]).names[0] for name, key in (("old", OLD), ("new", NEW))}
WITHOUT_ROW = {"audit", "drafts", "mails", "messages", "notes", "offers", "outbox"}
"""Tables whose rows have no number yet when they are sealed: patient and writer are bound."""
WITHOUT_PATIENT = {"wrapped_key", "chat"}
"""Another patient's key opens nothing of this one's; a chat is bound to its lookup."""

Keyed = Callable[..., Practice]


@pytest.fixture
def keyed(release: Release) -> Iterator[Keyed]:
    """Opens a practice on that database with these keys."""
    with ExitStack() as stack:

        def opened(url: str, keys: list[str]) -> Practice:
            vault = Vault(keys)
            practice = Practice(
                Store.open(url, vault), vault, release, operator_mail="ops@example.org",
                smtp_url="smtp://127.0.0.1", mail_from="paceful@example.org",
            )  # fmt: skip
            stack.callback(practice.store.close)
            return practice

        yield opened


async def live(practice: Practice) -> None:
    """Something of everything that a key seals or looks up."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "in-baseline")
    await practice.patient(2, "at-consent")
    await ann.says("I want to kill myself")
    await Gathering(practice, -100).hears(lee, f"/start {group_code(practice)}")
    practice.store.write_now(keep_words, practice, ann.patient_id)
    await Person(practice, 8).says("/start wrong-code-of-a-stranger")
    await practice.intake.keep([Person(practice, 3).wrote("/start"), ann.wrote("/now")])


def keep_words(unit: Unit, practice: Practice, patient_id: int) -> None:
    """What a clinician has in hand, and an e-mail and a post that are about nobody."""
    at = WEDNESDAY
    people.set_own(unit, 1, email="lee@example.org", replies="Well done")
    for text_ in ("one", "two"):
        drafts.keep(unit, clinician_id=1, patient_id=None, text=text_, at=at)
        notes.add(unit, patient_id=patient_id, clinician_id=1, text=text_, at=at)
    page_operators(unit, practice.site, "c-fault", {"row": "1", "error": "E"}, at)
    contact = people.known_as(unit, "9")
    number = people.contact(unit, contact)
    assert number is not None
    outbox.add(
        unit, [NewPost(number.id, "alert", "bubble", Bubble(text="x").model_dump_json(), at)]
    )
    audit.note(
        unit, at=at, clinician_id=1, act="open", patient_id=patient_id, reason="they asked me to"
    )


def group_code(practice: Practice) -> str:
    """A new code for a group."""
    now = practice.clock.now()
    return practice.store.write_now(joining.invite, "group", "Pain team", "group", at=now)


def rotate(practice: Practice, url: str, folder: Path, told: list[str] | None = None) -> KeyReport:
    """What is under which key after a rotation."""
    said = told if told is not None else []
    now = practice.clock.now()
    return rekeying.rotate(
        practice.store, url, folder, now, lambda table, rows: said.append(f"{table} {rows}")
    )


def everything(unit: Unit) -> dict[str, object]:
    """All that can be opened, opened."""
    found = people.load(unit, range(1, 10), lock=False)
    contacts = unit.connection.execute(text("SELECT id FROM contacts ORDER BY id")).scalars()
    return {
        "states": [each.state_json for each in found.values()],
        "journals": [people.journal_of(unit, number) for number in found],
        "chats": people.chat_of(unit, contacts),
        "team": people.clinicians(unit),
        "groups": groups.current(unit),
        "drafts": [each.text for each in drafts.waiting_for(unit, 1, None)],
        "audit": [each.reason for each in audit.entries(unit, limit=99)],
    }


async def test_an_old_key_goes_while_people_write(keyed: Keyed, url: str, tmp_path: Path) -> None:
    """Nobody becomes a stranger, what waits is handled, and the database starts without it."""
    before = keyed(url, BEFORE)
    await live(before)
    kept = before.store.read_now(everything)
    during = keyed(url, DURING)
    told = list[str]()

    report = rotate(during, url, tmp_path, told)

    assert {line.split()[0] for line in told} >= {"patients", "contacts", "inbox", "mails"}
    assert report.old == []
    assert (report.uses.unreadable, report.uses.invitations) == (0, 0)
    # whoever is still running with both finds everybody, whatever comes first
    assert before_again(keyed, url).store.read_now(everything) == kept
    rotate(during, url, tmp_path)
    after = keyed(url, AFTER)
    assert after.store.read_now(everything) == kept
    await after.work()
    assert after.rows("SELECT count(*) FROM inbox WHERE handled_at IS NULL OR attempts > 0") == [
        (0,)
    ]
    assert after.rows("SELECT count(*) FROM patients") == [(3,)]
    assert after.rows("SELECT count(*) FROM mails WHERE state = 'refused'") == [(0,)]


def before_again(keyed: Keyed, url: str) -> Practice:
    """Somebody starts with both keys in the old order."""
    return keyed(url, [OLD, NEW])


async def test_nothing_under_the_old_key_is_left_in_the_file(
    keyed: Keyed, sqlite_url: str, tmp_path: Path
) -> None:
    """Not in freed pages, and not in the log beside it: whoever has the old key opens nothing."""
    practice = keyed(sqlite_url, BEFORE)
    await live(practice)
    practice.store.close()
    old = Vault(BEFORE)
    purposes = ("contacts", "clinicians", "groups", "inbox", "mails", "outbox", "drafts", "invites")
    heads = {old.wrapping.heads[0], *(old.site(purpose).heads[0] for purpose in purposes)}
    lookups = {old.lookup("telegram", chat).encode() for chat in ("1", "2", "3", "8", "9", "-100")}
    before = written(sqlite_url)
    found = {each for each in heads | lookups if each in before}

    during = keyed(sqlite_url, DURING)
    # who waits and is no contact yet is known by either key until then
    await during.work()
    assert rotate(during, sqlite_url, tmp_path).old == []
    during.store.close()

    assert found >= lookups - {old.lookup("telegram", "8").encode()}
    assert len(found & heads) == len(heads)
    left = written(sqlite_url)
    assert {each for each in heads | lookups if each in left} == set()


def written(url: str) -> bytes:
    """Everything that SQLite has written."""
    gc.collect()
    file = Path(url.removeprefix("sqlite:///"))
    return b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))


async def test_a_rotation_that_is_killed_goes_on_where_it_was(
    keyed: Keyed, usual_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After any batch; both keys open everything meanwhile, and neither alone."""
    before = keyed(usual_url, BEFORE)
    await live(before)
    kept, during = before.store.read_now(everything), keyed(usual_url, DURING)
    monkeypatch.setattr("bot.store.rekeying.AT_ONCE", 1)

    for killed_after in range(1, 40, 6):
        batches = iter(range(killed_after))

        def dies(_table: str, _rows: int, batches: Iterator[int] = batches) -> None:
            if next(batches, None) is None:
                raise KeyboardInterrupt

        try:
            rekeying.rotate(during.store, usual_url, tmp_path, during.clock.now(), dies)
        except KeyboardInterrupt:
            assert during.store.read_now(everything) == kept
            for alone in (BEFORE, AFTER):
                with pytest.raises(BadDatabase, match="is missing from SECRET_KEYS"):
                    keyed(usual_url, alone)
    assert rotate(during, usual_url, tmp_path).old == []
    assert keyed(usual_url, AFTER).store.read_now(everything) == kept


async def test_what_waits_on_the_disk_needs_its_key(
    keyed: Keyed, usual_url: str, tmp_path: Path
) -> None:
    """The report names it, and the database does not start without the key."""
    keyed(usual_url, BEFORE)
    spool = Spool(tmp_path / "spool", Vault(BEFORE))
    spool.begin()
    spool.add([Arrival("telegram", "1", "digest", "somebody", "hush", WEDNESDAY)])
    spool.close()

    report = rotate(keyed(usual_url, DURING), usual_url, tmp_path / "spool")

    assert report.left(NAMES["old"]) == {"spool": 1}
    with pytest.raises(BadDatabase, match=NAMES["old"]):
        keyed(usual_url, AFTER)


async def test_a_code_made_with_the_old_key_opens_until_the_key_goes(
    keyed: Keyed, usual_url: str, tmp_path: Path
) -> None:
    """The report says how many codes end then, and when the last one ends by itself."""
    code = keyed(usual_url, BEFORE).code()
    during = keyed(usual_url, DURING)

    report = rotate(during, usual_url, tmp_path)
    await during.person(9).says(f"/start {code}")

    assert report.old == []
    assert report.uses.invitations == 1
    assert report.uses.invitations_until == WEDNESDAY + joining.VALID
    assert [each.name for each in during.store.read_now(people.clinicians)] == ["Dr Lee"]


@pytest.mark.postgres
async def test_two_orders_of_the_keys_at_once_are_one_service(
    keyed: Keyed, postgres_url: str, tmp_path: Path
) -> None:
    """While processes are restarted one by one, each person is one patient, heard in order.

    Meanwhile an old key goes again and again, and what one process seals the other opens.
    """
    one, other = keyed(postgres_url, [OLD, NEW]), keyed(postgres_url, DURING)
    strangers, words = [Person(one, number) for number in range(1, 9)], ("/start", "Let's start")
    for place, said in enumerate((*words, "I agree", "hello", "/now", "what now")):
        await (one, other)[place % 2].intake.keep([each.wrote(said) for each in strangers])
        if place % 2:
            handling = asyncio.gather(one.workers._handle(), other.workers._handle())
            await asyncio.gather(handling, asyncio.to_thread(rotate, other, postgres_url, tmp_path))
    while any(await asyncio.gather(one.workers._handle(), other.workers._handle())):
        pass

    assert one.rows("SELECT count(*), max(attempts) FROM inbox") == [(48, 0)]
    assert one.rows("SELECT count(*) FROM patients") == [(8,)]
    late = "SELECT count(*) FROM turns a JOIN turns b USING (patient_id)"
    assert one.rows(f"{late} WHERE a.turn < b.turn AND a.cause > b.cause") == [(0,)]
    assert one.rows("SELECT DISTINCT count(*) FROM turns GROUP BY patient_id") == [(6,)]


@pytest.mark.postgres
def test_a_process_does_not_seal_with_what_another_cannot_open(postgres_url: str) -> None:
    """Neither starts alone with a new key, nor is a key taken away that somebody seals with."""
    with ExitStack() as stack:

        def joins(keys: list[str]) -> Replica:
            return join(postgres_url, Vault(keys), Clock(), "1")

        first = joins(BEFORE)
        with pytest.raises(BadDatabase, match=f"{first.number} .* lacks the key {NAMES['new']}"):
            joins(DURING)
        both = joins([OLD, NEW])
        first.leave()
        for each in (both, joins(DURING)):
            stack.callback(each.leave)
        store = Store.open(postgres_url, Vault(DURING))
        stack.callback(store.close)
        elsewhere = store.read_now(key_uses.sealing_elsewhere, postgres_url)
        assert elsewhere == {both.number: [NAMES["old"], NAMES["new"]]}


async def test_no_sealed_value_opens_anywhere_else(
    keyed: Keyed, usual_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is bound to its table, its column, its patient and its row, or to who wrote it when."""
    places, sealing = dict[bytes, tuple[Seal, tuple[str, ...]]](), Seal.seal_bytes

    def watched(seal: Seal, content: bytes, *place: object) -> bytes:
        blob = sealing(seal, content, *place)
        places[blob] = seal, tuple(map(str, place))
        return blob

    monkeypatch.setattr(Seal, "seal_bytes", watched)
    practice = keyed(usual_url, BEFORE)
    await live(practice)
    await practice.work()

    seen = dict[tuple[str, ...], bytes]()
    for table, column, patient, blob in sealed_values(practice):
        seal, place = places[blob]
        assert place[:2] == (table, column)
        assert patient is None or column in WITHOUT_PATIENT or str(patient) in place[2:]
        assert place not in seen or table in WITHOUT_ROW, place
        for elsewhere in seen:
            if elsewhere != place:
                with pytest.raises(CannotOpen):
                    seal.open_bytes(blob, *elsewhere)
        if column != "wrapped_key":
            seen[place] = blob
    assert len({place[:2] for place in seen}) >= 14


def sealed_values(practice: Practice) -> Iterator[tuple[str, str, int | None, bytes]]:
    """The table, the column, the patient and the value of whatever is sealed."""
    for table in metadata.sorted_tables:
        owner = {"patients": "id"}.get(table.name, "patient_id")
        whose = owner if owner in table.columns else "NULL"
        for column in table.columns:
            if isinstance(column.type, LargeBinary):
                query = f"SELECT {whose}, {column.name} FROM {table.name}"  # noqa: S608
                for patient, blob in practice.rows(query):
                    if blob:
                        yield table.name, column.name, patient, bytes(blob)


def test_whatever_a_seal_of_the_site_seals_is_put_under_the_new_key() -> None:
    """A new use of such a seal must be in the list, or an old key could never go."""
    sources = "\n".join(
        file.read_text() for file in sorted(Path(outbox.__file__).parent.glob("*.py"))
    )
    used = set(re.findall(r'vault\.site\("([a-z_]+)"\)|seal_for\([^\n]*, "([a-z_]+)"\)', sources))

    assert {a or b for a, b in used} == {each.table.name for each in SEALED} | {
        "contacts",
        "invites",
    }
