"""While the database is away: help from memory, words on the disk, all of it once in the end."""

from __future__ import annotations

import asyncio
import resource
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from bot.keys import Vault, new_key
from bot.service import shelter as shelter_module
from bot.service import unaided as unaided_module
from bot.service.post import Doubtful, Gone, Later, Verdict
from bot.service.shelter import Shelter
from bot.service.spool import Spool
from bot.service.unaided import Unaided
from bot.store.errors import is_passing
from bot.store.same_file import same_file
from bot.store.store import Store
from bot.telegram.intake import Intake
from tests.bot.service.conftest import OpenPractice
from tests.bot.service.messenger import Call
from tests.bot.service.practice import Person, Practice, until
from tests.flows.starts import real_release
from tests.thorough import examples

HELP = "please contact one of these now:"
CANADA, BRITAIN = "9-8-8 Suicide Crisis Helpline", "Samaritans"
PAGED = "while our records cannot be used"
NEED = "I want to die"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is decided after seconds is decided at once here."""
    monkeypatch.setattr(shelter_module, "DECIDES_SECONDS", 0.3)
    monkeypatch.setattr(shelter_module, "READ_SECONDS", 0.3)
    monkeypatch.setattr(shelter_module, "WAITS_SECONDS", 0.1)
    monkeypatch.setattr(unaided_module, "LONGEST_PAUSE", 0.01)


class Refuge:
    """A practice whose intake keeps things on the disk where it must."""

    def __init__(
        self, practice: Practice, folder: Path, url: str = "", *, works: bool = False
    ) -> None:
        self.practice = practice
        self.spool = Spool(folder / "spool", practice.vault)
        self.unaided = Unaided(practice.site, practice.messenger)
        is_there = same_file(url) if url else lambda: True
        self.shelter = Shelter(
            practice.store,
            practice.site,
            self.spool,
            self.unaided,
            commit=practice.workers.take_in if works else None,
            is_there=is_there,
        )
        self.intake = Intake(
            practice.store, practice.vault, practice.clock, lambda: None, self.shelter.keep
        )

    async def gets(self, *updates: dict[str, Any]) -> None:
        """These updates come in together; whatever is said because of them is said after this."""
        await self.intake.keep(updates)
        await self.rest()

    async def rest(self) -> None:
        """Wait until nothing is on its way any more."""
        while self.shelter._later:
            await asyncio.wait(self.shelter._later)
        await self.unaided.rest()

    def told(self, person: Person) -> list[str]:
        """All that was shown to this person without the database."""
        return [call.text for call in self.practice.messenger.taken_by(person.number)]

    def handled(self) -> list[tuple[str, str | None]]:
        """What is in the inbox, in order, and what became of it."""
        rows = self.practice.rows("SELECT external_id, outcome FROM inbox ORDER BY id")
        return [(str(name), outcome) for name, outcome in rows]


@asynccontextmanager
async def refuge(
    practice: Practice, folder: Path, url: str = "", *, works: bool = False
) -> AsyncIterator[Refuge]:
    """A refuge that has begun; where somebody works, that one keeps what comes in."""
    made = Refuge(practice, folder, url, works=works)
    await made.shelter.begin()
    yield made
    await made.shelter.close()


def away(practice: Practice, is_so: bool = True) -> None:
    """From now on the database takes no change, or takes them again."""
    # beneath the transactions: none can begin in the meantime
    with closing(practice.store._writing.raw_connection()) as raw:
        state = "ON" if is_so else "OFF"
        is_file = practice.store._writing.dialect.name == "sqlite"
        setting = "PRAGMA query_only=" if is_file else "SET default_transaction_read_only = "
        raw.cursor().execute(setting + state)
        raw.commit()


async def in_britain(practice: Practice) -> Person:
    """A patient who told where they live, though the practice is in Canada."""
    ann = await practice.patient(1, "at-consent")
    practice.run(sql("UPDATE patients SET country = 'gb'"))
    ann.news()
    return ann


@pytest.mark.parametrize(
    ("what", "helps"),
    [
        (lambda ann: ann.wrote("I want to die"), True),
        (lambda ann: ann.wrote("/now"), True),
        (lambda ann: ann.wrote("help me"), True),
        (lambda ann: ann.wrote("/start suicidal"), True),
        (lambda ann: ann.tapped(".now"), True),
        (lambda ann: ann.sent({"photo": [], "caption": "I want to die"}), True),
        (lambda ann: ann.sent({"text": "I want to die"}, edited=True), True),
        (lambda ann: ann.wrote("hello"), False),
        (lambda ann: ann.wrote("/nowhere"), False),
        (lambda ann: ann.tapped("3.later"), False),
        (lambda ann: ann.sent({"sticker": {}}), False),
        (lambda ann: {**ann.sent({}), "message": "junk"}, False),
    ],
    ids=[
        *("words", "command", "typed", "start", "button", "caption", "edited"),
        *("hello", "other command", "other button", "sticker", "junk"),
    ],
)
async def test_whoever_needs_help_gets_it_from_memory(
    practice: Practice, tmp_path: Path, what: Callable[[Any], dict[str, Any]], helps: bool
) -> None:
    """Words of need in any form, and asking for it; the lines are those of their own country."""
    ann = await in_britain(practice)
    async with refuge(practice, tmp_path) as there:
        away(practice)
        before = len(there.told(ann))
        await there.gets(what(ann))

    cards = [words for words in there.told(ann)[before:] if HELP in words]
    assert [BRITAIN in card for card in cards] == [True] * helps


async def test_a_stranger_gets_the_lines_of_the_place(practice: Practice, tmp_path: Path) -> None:
    """Nobody knows them: they get the lines of where the practice is."""
    ann = practice.person(1)
    async with refuge(practice, tmp_path) as there:
        away(practice)
        await there.gets(ann.wrote(NEED))

    assert CANADA in there.told(ann)[0]


async def test_help_comes_once_however_often_telegram_brings_the_words(
    practice: Practice, tmp_path: Path
) -> None:
    """And the team hears once of one person, by pseudonym, without a word of what was said."""
    lee, sam = await practice.clinician(9, "Dr Lee"), await practice.clinician(8, "Sam", "operator")
    ann = await in_britain(practice)
    async with refuge(practice, tmp_path) as there:
        away(practice)
        shown = {who: len(there.told(who)) for who in (lee, sam, ann)}
        update = ann.wrote(NEED)
        for _ in range(20):
            await there.gets(update)
        await there.gets(ann.wrote(f"{NEED} now"))

    assert sum(HELP in words for words in there.told(ann)) == 2
    for who in (lee, sam):
        (page,) = there.told(who)[shown[who] :]
        assert PAGED in page
        assert ann.pseudonym in page
        assert "die" not in page


async def test_the_teams_own_words_are_nobodys_need(practice: Practice, tmp_path: Path) -> None:
    """A clinician is told that what they send waits, and shown no help card."""
    lee = await practice.clinician(9, "Dr Lee")
    async with refuge(practice, tmp_path) as there:
        away(practice)
        before = len(there.told(lee))
        await there.gets(lee.wrote("he wrote: I want to die"))

    (told,) = there.told(lee)[before:]
    assert "Our records cannot be used right now." in told


async def test_whoever_writes_in_an_outage_hears_once_that_their_words_wait(
    practice: Practice, tmp_path: Path
) -> None:
    """Nobody is left in silence, and in the next outage they hear it again."""
    ann = await in_britain(practice)
    async with refuge(practice, tmp_path) as there:
        before = len(there.told(ann))
        for _ in range(2):
            away(practice)
            await there.gets(ann.wrote("hello"))
            await there.gets(ann.wrote("hello?"))
            away(practice, is_so=False)
            await there.shelter.look()

    told = there.told(ann)[before:]
    assert len(told) == 2
    assert all("Your words are kept" in words for words in told)


@pytest.mark.parametrize(
    ("verdicts", "tried"),
    [
        ([Later(1), Later(1, counts=False)], 3),
        ([Doubtful()], 2),
        ([Gone("blocked by the user")], 1),
    ],
    ids=["not taken", "nobody knows", "gone"],
)
async def test_help_is_tried_until_telegram_takes_it(
    practice: Practice, tmp_path: Path, verdicts: list[Verdict], tried: int
) -> None:
    """Help twice is better than none; who has blocked the bot cannot be helped by it."""
    ann, left = practice.person(1), iter(verdicts)

    def fault(call: Call) -> Verdict | None:
        return next(left, None) if HELP in call.text else None

    async with refuge(practice, tmp_path) as there:
        away(practice)
        practice.messenger.fault = fault
        practice.messenger.tried.clear()
        # not the words that wait: these come later, and from elsewhere
        await there.intake.keep([ann.wrote(NEED)])
        await there.unaided.rest()

    assert sum(HELP in call.text for call in practice.messenger.tried) == tried


async def test_words_come_out_of_the_disk_before_newer_ones_and_are_handled_once(
    practice: Practice, tmp_path: Path
) -> None:
    """Another process finds them, and what arrives before it has brought them back waits behind."""
    ann = await in_britain(practice)
    before = len(practice.rows("SELECT id FROM inbox"))
    async with refuge(practice, tmp_path) as first:
        away(practice)
        await first.gets(ann.wrote("one"))
        away(practice, is_so=False)
        await first.gets(ann.wrote("two"))

    async with refuge(practice, tmp_path) as second:
        await second.gets(ann.wrote("three"))
        assert second.spool.lines == 3
        await second.shelter.look()
        await second.gets(ann.wrote("four"))
    await practice.work()

    new = second.handled()[before:]
    assert [outcome for _, outcome in new] == ["done"] * 4
    assert sorted(new) == new
    assert not second.spool.holds_any


async def test_a_database_that_hangs_is_away_and_a_late_write_changes_nothing(
    practice: Practice, tmp_path: Path
) -> None:
    """Help comes although nothing fails; when it goes on, the message is there once."""
    ann, hold = practice.person(1), threading.Event()
    async with refuge(practice, tmp_path) as there:
        hanging = asyncio.create_task(practice.store.write(lambda _: hold.wait() and None))
        await asyncio.sleep(0)
        await there.gets(ann.wrote(NEED))
        assert CANADA in there.told(ann)[0]
        assert there.spool.lines == 1

        hold.set()
        await hanging
        await there.shelter.look()
    await practice.work()

    assert [outcome for _, outcome in there.handled()] == ["done"]
    assert [each.rule for each in ann.alerts] == ["crisis-words"]


async def test_words_that_are_kept_and_not_answered_get_help_all_the_same(
    practice: Practice, tmp_path: Path
) -> None:
    """The turn cannot be made for a while; whoever was answered in time hears nothing twice."""
    ann, bea = practice.person(1), practice.person(2)
    async with refuge(practice, tmp_path) as there:
        await there.gets(ann.wrote(NEED))
        assert [HELP in words for words in there.told(ann)] == [True]

        await there.intake.keep([bea.wrote(NEED)])
        await practice.work()
        shown = there.told(bea)
        await there.rest()

    assert there.told(bea) == shown
    assert [outcome for _, outcome in there.handled()] == ["done", "done"]


@pytest.mark.parametrize("failing", ["", "INSERT ON outbox"])
async def test_only_what_was_not_handled_as_it_was_kept_is_looked_after(
    practice: Practice, tmp_path: Path, failing: str
) -> None:
    """Words of need that are handled have their answer; where that fails they get help."""
    ann = await in_britain(practice)
    await practice.workers._handle()
    practice.messenger.taken.clear()
    if failing:
        practice.fail(failing)
    async with refuge(practice, tmp_path, works=True) as found:
        bringing = asyncio.create_task(found.intake.keep([ann.wrote(NEED)]))
        await until(lambda: not practice.workers._intray.is_empty)
        await practice.workers._handle()
        await bringing
        assert bool(found.shelter._later) == bool(failing)
        await found.rest()
        await practice.delivery.land()

        [first, *_] = found.told(ann)
        assert (HELP in first) == bool(failing)


async def test_where_not_even_the_disk_takes_it_help_is_shown_and_telegram_keeps_the_words(
    practice: Practice, tmp_path: Path
) -> None:
    """Nothing is acknowledged, so that it comes again; and again is not help again."""
    (tmp_path / "spool").write_text("in the way")
    ann = practice.person(1)
    async with refuge(practice, tmp_path) as there:
        away(practice)
        update = ann.wrote(NEED)
        for _ in range(3):
            with pytest.raises(OSError, match=r".+"):
                await there.intake.keep([update])
        await there.rest()
        assert sum(HELP in words for words in there.told(ann)) == 1

        away(practice, is_so=False)
        await there.gets(update)

    assert [outcome for _, outcome in there.handled()] == [None]


async def test_a_line_that_the_database_always_refuses_holds_up_nobody(
    practice: Practice, tmp_path: Path
) -> None:
    """It is put aside for the operator after a few tries; those before and behind it are kept."""
    ann, bea = practice.person(1), practice.person(2)
    async with refuge(practice, tmp_path) as there:
        away(practice)
        await there.gets(ann.wrote("one"), bea.wrote("poison"), ann.wrote("two"))
        away(practice, is_so=False)
        practice.fail("INSERT ON inbox WHEN new.external_id = '2'")
        for _ in range(shelter_module.STRIKES - 1):
            with pytest.raises(Exception, match="the disk is full"):
                await there.shelter.look()
        await there.shelter.look()
        await there.shelter.look()
        told = await there.shelter.health(_well)

    assert [name for name, _ in there.handled()] == ["1", "3"]
    assert told["reasons"] == ["spool_aside"]
    assert (told["spool"], told["spool_aside"], told["ok"]) == (0, 1, False)


async def _well() -> dict[str, Any]:
    return {"ok": True, "reasons": []}


async def _broken() -> dict[str, Any]:
    raise OSError


async def test_the_health_page_says_what_waits_and_answers_without_the_database(
    practice: Practice, tmp_path: Path
) -> None:
    """How many lines, since when, and that it is not well."""
    ann = practice.person(1)
    async with refuge(practice, tmp_path) as there:
        assert (await there.shelter.health(_well))["ok"]
        away(practice)
        await there.gets(ann.wrote("one"), ann.wrote("two"))
        practice.clock.moment += timedelta(seconds=70)
        told = await there.shelter.health(_broken)

    assert told == {
        **{"ok": False, "reasons": ["database", "spool"]},
        **{"spool": 2, "spool_age": 70.0, "spool_aside": 0},
    }


async def test_what_goes_into_the_database_while_one_asks_is_not_overlooked(
    practice: Practice, tmp_path: Path
) -> None:
    """It is told where it was, or where it is, or in both places."""
    ann = practice.person(1)
    async with refuge(practice, tmp_path) as there:
        away(practice)
        await there.gets(ann.wrote("one"))
        away(practice, is_so=False)

        async def told_just_before() -> dict[str, Any]:
            waiting = practice.health()["inbox"]
            await there.shelter.look()
            return {"ok": True, "reasons": [], "inbox": waiting}

        told = await there.shelter.health(told_just_before)

    assert (told["inbox"], told["spool"]) == (0, 1)


async def test_a_database_file_that_was_taken_away_is_not_written_into(
    open_practice: OpenPractice, sqlite_url: str, tmp_path: Path
) -> None:
    """SQLite would go on writing into a file that no name leads to any more."""
    practice = open_practice(sqlite_url)
    file, ann = Path(sqlite_url.removeprefix("sqlite:///")), practice.person(1)
    async with refuge(practice, tmp_path / "data", sqlite_url) as there:
        moved = await asyncio.to_thread(file.rename, tmp_path / "elsewhere")
        await there.gets(ann.wrote(NEED))
        assert CANADA in there.told(ann)[0]
        assert (await there.shelter.health(_well))["reasons"] == ["spool", "database_file"]
        with pytest.raises(FileNotFoundError):
            await there.shelter.look()

        await asyncio.to_thread(moved.rename, file)
        await there.shelter.look()

    assert [outcome for _, outcome in there.handled()] == [None]


ACTS = st.lists(
    st.sampled_from(["new", "new", "again", "away", "back", "full", "room", "look", "restart"]),
    max_size=25,
)


@settings(max_examples=examples(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(acts=ACTS)
def test_however_the_database_and_the_disk_fail_and_heal_each_update_is_kept_once(
    acts: list[str], migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What was taken is in the inbox in the order in which it was taken, each exactly once."""
    folder = tmp_path_factory.mktemp("life")
    url = f"sqlite:///{shutil.copy(migrated_file, folder / 'paceful.sqlite3')}"
    vault = Vault([new_key()])
    store = Store.open(url, vault)
    try:
        asyncio.run(_lives(acts, Practice(store, vault, real_release()), folder))
    finally:
        fill_disk(is_full=False)
        store.close()


async def _lives(acts: list[str], practice: Practice, folder: Path) -> None:
    life = Life(practice, folder)
    await life.there.shelter.begin()
    for act in (*acts, "back", "room"):
        await life.does(act)
    for update in life.refused:
        await life.brings(update)
    await life.does("look")

    assert [name for name, _ in life.there.handled()] == life.taken
    assert life.there.spool.lines == 0
    await life.there.shelter.close()


class Life:
    """A process that is started again and again on one disk, and what Telegram was told."""

    def __init__(self, practice: Practice, folder: Path) -> None:
        self.practice, self.folder = practice, folder
        self.there, self.person = Refuge(practice, folder), practice.person(1)
        self.taken, self.updates = list[str](), list[dict[str, Any]]()
        self.refused = list[dict[str, Any]]()

    async def does(self, act: str) -> None:
        """One thing happens."""
        match act:
            case "new":
                self.updates.append(self.person.wrote("hello"))
                await self.brings(self.updates[-1])
            case "again" if self.updates:
                await self.brings(self.updates[-1])
            case "away" | "back":
                away(self.practice, is_so=act == "away")
            case "full" | "room":
                fill_disk(is_full=act == "full")
            case "look":
                await self._look()
            case "restart":
                await self.there.shelter.close()
                self.there = Refuge(self.practice, self.folder)
                await self.there.shelter.begin()
            case _:
                pass

    async def brings(self, update: dict[str, Any]) -> None:
        """Telegram brings it; what was not taken it will bring again."""
        name = str(update["update_id"])
        try:
            await self.there.intake.keep([update])
        except OSError:
            self.refused.append(update)
        else:
            self.taken += [name] if name not in self.taken else []

    async def _look(self) -> None:
        try:
            await self.there.shelter.look()
        except DBAPIError as error:
            if not is_passing(error):
                raise


def fill_disk(*, is_full: bool) -> None:
    """No file of this process grows beyond a few bytes, be it the database's or the spool's."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 if is_full else most, most))
