"""The dead man's check: operators hear once that the ticking stopped, and once that it goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.app.deadman import LOOK_SECONDS, LOOKS, DeadMan, watching
from bot.app.pager import DOUBTS
from bot.keys import Vault
from bot.mail import Courier, Route
from bot.service.post import Bubble, Doubtful, Later, Sent, Verdict
from bot.service.spool import Spool
from bot.store.engine import file_of
from bot.store.inbox import Arrival
from bot.store.same_file import same_file
from bot.store.store import Store
from bot.store.tables import clinicians
from tests.bot.mail.server import HOST, Postmaster, serving
from tests.bot.service.practice import WEDNESDAY, Practice
from tests.flows.starts import real_release

SAM = 8
MINUTE = timedelta(minutes=1)


class Phone:
    """The operator's phone: what it showed, and whether it can be reached."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []
        self.is_off = False
        self.mute = 0
        """So many calls show it, and nobody hears that they did."""

    async def show(self, chat: str, bubble: Bubble) -> Verdict:
        """Show a bubble, if it can be reached."""
        if self.is_off:
            return Later(2, counts=False)
        self.shown.append((chat, bubble.text))
        self.mute -= 1
        return Sent(1) if self.mute < 0 else Doubtful()


@contextmanager
def practising(url: str, vault: Vault) -> Iterator[Practice]:
    """A practice on that database whose operators have a mailbox."""
    store = Store.open(url, vault)
    yield Practice(
        store,
        vault,
        real_release(),
        smtp_url="smtp://127.0.0.1",
        mail_from="bot@example.org",
        operator_mail="sam@example.org",
    )
    store.close()


@pytest.fixture
def practice(usual_url: str, vault: Vault) -> Iterator[Practice]:
    """A practice whose operators have a mailbox."""
    with practising(usual_url, vault) as made:
        yield made


def dead_man(
    practice: Practice,
    phone: Phone,
    courier: Courier | None = None,
    *,
    is_there: Callable[[], bool] = lambda: True,
    sheltered: Callable[[], datetime | None] = lambda: None,
    astray: Callable[[], tuple[str, ...]] = tuple,
) -> DeadMan:
    """The watch of this practice; it takes each of its looks for the next one in time."""
    moments = count(step=LOOK_SECONDS / 2)  # it asks twice at each look
    return DeadMan(
        practice.store,
        practice.site,
        practice.pulse,
        phone.show,
        courier,
        is_there=is_there,
        sheltered=sheltered,
        astray=astray,
        monotonic=lambda: next(moments),
    )


async def looks(watch: DeadMan, times: int = LOOKS + 1) -> None:
    """So many looks, with no tick between them."""
    for _ in range(times):
        await watch.look()
        if watch._probe is not None:
            await asyncio.wait({watch._probe})


async def test_a_standstill_and_its_end_are_told_once_each(practice: Practice) -> None:
    """However long it lasts, in the chat and by e-mail; a second one is told again."""
    await practice.clinician(SAM, "Sam", "operator")
    phone, postmaster = Phone(), Postmaster()
    with serving(postmaster) as port:
        courier = Courier(Route(HOST, port, "local"), "bot@example.org")
        watch = dead_man(practice, phone, courier)
        await practice.tick()
        await looks(watch)
        assert phone.shown == []

        for _ in range(2):
            practice.clock.moment += 3 * MINUTE
            await looks(watch, 20)
            await practice.tick()
            await looks(watch, 20)

    assert [chat for chat, _ in phone.shown] == [str(SAM)] * 4
    stands, goes_on = "The service stands still. For 3 minutes", "It stood still for 3 minutes"
    words = [stands, goes_on] * 2
    assert all(wanted in text for wanted, (_, text) in zip(words, phone.shown, strict=True))
    mailed = [letter.get_content() for letter in postmaster.to("sam@example.org")]
    assert all(wanted in text for wanted, text in zip(words, mailed, strict=True))


async def test_a_clock_that_jumps_ahead_is_no_standstill(practice: Practice) -> None:
    """As long as there is a tick between two looks."""
    await practice.clinician(SAM, "Sam", "operator")
    phone = Phone()
    watch = dead_man(practice, phone)
    for _ in range(10):
        await practice.tick()
        practice.clock.moment += timedelta(days=1)
        await watch.look()

    assert phone.shown == []


async def test_where_no_operator_has_joined_the_care_team_is_told(practice: Practice) -> None:
    """Somebody must know that nothing is told on."""
    await practice.clinician(9, "Dr Lee")
    phone = Phone()
    watch = dead_man(practice, phone)
    await watch.look()

    practice.clock.moment += 2 * MINUTE
    await looks(watch)

    assert [chat for chat, _ in phone.shown] == ["9"]


async def test_a_service_that_never_ticked_stands_still(practice: Practice) -> None:
    """Its start counts as the last sign of life."""
    await practice.clinician(SAM, "Sam", "operator")
    phone = Phone()
    watch = dead_man(practice, phone)
    await watch.look()

    practice.clock.moment += 2 * MINUTE
    await looks(watch)

    assert len(phone.shown) == 1


async def test_an_operator_who_cannot_be_reached_is_told_later(practice: Practice) -> None:
    """The network may be what went down."""
    await practice.clinician(SAM, "Sam", "operator")
    phone = Phone()
    watch = dead_man(practice, phone)
    await practice.tick()
    await looks(watch)
    phone.is_off = True
    practice.clock.moment += 2 * MINUTE
    await looks(watch, 10)
    assert phone.shown == []

    phone.is_off = False
    await looks(watch, 10)

    assert len(phone.shown) == 1


async def test_a_page_that_may_not_have_arrived_is_sent_again(practice: Practice) -> None:
    """Calls that time out are the very sign of connections that hang: twice rather than never."""
    await practice.clinician(SAM, "Sam", "operator")
    phone, postmaster = Phone(), Postmaster(dies=2)
    phone.mute = 2
    with serving(postmaster) as port:
        courier = Courier(Route(HOST, port, "local"), "bot@example.org")
        watch = dead_man(practice, phone, courier)
        await practice.tick()
        await looks(watch)
        practice.clock.moment += 2 * MINUTE
        await looks(watch, 10)

    assert len(phone.shown) == 3
    assert len(postmaster.to("sam@example.org")) == 3


async def test_a_page_that_never_surely_arrives_is_not_sent_for_ever(practice: Practice) -> None:
    """Where each answer is lost the operator is told a few times."""
    await practice.clinician(SAM, "Sam", "operator")
    phone = Phone()
    phone.mute = 1000
    watch = dead_man(practice, phone)
    await practice.tick()
    await looks(watch)
    practice.clock.moment += 2 * MINUTE
    await looks(watch, 3 * DOUBTS)

    assert len(phone.shown) == DOUBTS


async def test_a_file_that_is_moved_away_beneath_the_service_is_told(
    sqlite_url: str, vault: Vault
) -> None:
    """What is written into it then would be written into nothing, and no write fails."""
    phone, file = Phone(), file_of(sqlite_url)
    assert file is not None
    with practising(sqlite_url, vault) as practice:
        await practice.clinician(SAM, "Sam", "operator")
        watch = dead_man(practice, phone, is_there=same_file(sqlite_url))
        await looks(watch)
        elsewhere = file.rename(file.with_suffix(".moved"))
        await looks(watch, 20)
        elsewhere.rename(file)
        await looks(watch, 20)

    told = ["The database cannot be written", "The database could not be written"]
    assert [
        words for words, (_, text) in zip(told, phone.shown, strict=True) if words in text
    ] == told


async def test_a_role_that_was_changed_without_a_key_is_told(practice: Practice) -> None:
    """To those who are still of the team; a new code brings the other one back, and ends it."""
    lee, _ = await practice.clinician(9, "Dr Lee"), await practice.clinician(SAM, "Sam", "operator")
    phone = Phone()
    watch = dead_man(practice, phone)
    await looks(watch)
    practice.run(update(clinicians).where(clinicians.c.id == 1).values(role="operator"))
    await looks(watch, 20)
    await lee.says(f"/start {practice.code()}")
    await looks(watch, 20)

    words = ["the role of a member of the team", "was changed without our key"]
    assert [chat for chat, _ in phone.shown] == [str(SAM)] * 2
    assert all(wanted in text for wanted, (_, text) in zip(words, phone.shown, strict=True))


async def test_words_that_cannot_leave_the_disk_are_told(
    practice: Practice, vault: Vault, tmp_path: Path
) -> None:
    """The database seems well, and they lie there for minutes all the same."""
    await practice.clinician(SAM, "Sam", "operator")
    phone, spool = Phone(), Spool(tmp_path / "spool", vault)
    watch = dead_man(practice, phone, sheltered=lambda: spool.oldest)
    spool.add([Arrival("telegram", "1", "digest", "somebody", "words", practice.clock.moment)])
    await practice.tick()
    await looks(watch, 30)
    assert phone.shown == []

    practice.clock.moment += 2 * MINUTE
    await practice.tick()
    await looks(watch, 20)
    for segment in spool.waiting():
        spool.done(segment)
    await looks(watch, 20)

    told = ["Messages of patients wait to be handled for", "Messages of patients waited"]
    assert [
        words for words, (_, text) in zip(told, phone.shown, strict=True) if words in text
    ] == told


async def test_each_file_of_words_that_nothing_opens_is_told_once_by_its_name(
    practice: Practice, vault: Vault, tmp_path: Path
) -> None:
    """A key is missing: sealed words lie aside, a second file joins them; then they are gone."""
    await practice.clinician(SAM, "Sam", "operator")
    phone, spool = Phone(), Spool(tmp_path / "spool", vault)
    watch = dead_man(practice, phone, astray=lambda: spool.astray)
    for number in range(2):
        spool.add([Arrival("telegram", str(number), "digest", "somebody", "hush", WEDNESDAY)])
        for segment in spool.waiting():
            spool.done(segment, segment.lines)
        spool.look()
        await practice.tick()
        await looks(watch, 5)
    for path in spool.folder.iterdir():
        path.unlink()
    spool.look()
    await practice.tick()
    await looks(watch, 20)

    told = ["00000001.aside", "00000002.aside", "could not be brought in"]
    assert [
        words for words, (_, text) in zip(told, phone.shown, strict=True) if words in text
    ] == told
    assert "00000001" not in phone.shown[1][1]
    assert not any("hush" in text for _, text in phone.shown)


async def test_a_database_that_answers_nothing_does_not_hide_who_to_tell(
    practice: Practice,
) -> None:
    """Those who were known before it went down are told."""
    await practice.clinician(SAM, "Sam", "operator")
    phone = Phone()
    watch = dead_man(practice, phone)
    await practice.tick()
    await watch.look()

    practice.store.close()
    practice.clock.moment += 2 * MINUTE
    await looks(watch)

    assert len(phone.shown) == 1


async def test_the_watch_looks_on_while_the_service_itself_hangs(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event loop is blocked for good, and the watch in its own thread tells it."""
    monkeypatch.setattr("bot.app.deadman.LOOK_SECONDS", 0.01)
    await practice.clinician(SAM, "Sam", "operator")
    await practice.tick()
    phone, watched = Phone(), list[DeadMan]()

    @asynccontextmanager
    async def watch() -> AsyncIterator[DeadMan]:
        man = dead_man(practice, phone)
        # it has learnt who the operators are
        await man.look()
        watched.append(man)
        yield man

    with watching(watch):
        hang_until(lambda: bool(watched))
        practice.clock.moment += 2 * MINUTE
        hang_until(lambda: bool(phone.shown))

    assert [chat for chat, _ in phone.shown] == [str(SAM)]


def hang_until(holds: Callable[[], bool]) -> None:
    """Block this thread, and with it the event loop, until it holds."""
    given_up = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < given_up, "it never came to hold"
        time.sleep(0.01)
