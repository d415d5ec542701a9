"""The dead man's check: operators hear once that the ticking stopped, and once that it goes on."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.app.deadman import LOOKS, DeadMan, watching
from bot.keys import Vault
from bot.mail import Courier, Route
from bot.service.post import Bubble, Later, Sent, Verdict
from bot.store.store import Store
from tests.bot.mail.server import HOST, Postmaster, serving
from tests.bot.service.practice import Practice
from tests.flows.starts import real_release

SAM = 8
MINUTE = timedelta(minutes=1)


class Phone:
    """The operator's phone: what it showed, and whether it can be reached."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []
        self.is_off = False

    async def show(self, chat: str, bubble: Bubble) -> Verdict:
        """Show a bubble, if it can be reached."""
        if self.is_off:
            return Later(2, counts=False)
        self.shown.append((chat, bubble.text))
        return Sent(1)


@pytest.fixture
def practice(usual_url: str, vault: Vault) -> Iterator[Practice]:
    """A practice whose operators have a mailbox."""
    store = Store.open(usual_url, vault)
    yield Practice(
        store,
        vault,
        real_release(),
        smtp_url="smtp://127.0.0.1",
        mail_from="bot@example.org",
        operator_mail="sam@example.org",
    )
    store.close()


def dead_man(practice: Practice, phone: Phone, courier: Courier | None = None) -> DeadMan:
    """The watch of this practice."""
    return DeadMan(practice.store, practice.site, practice.pulse, phone.show, courier)


async def looks(watch: DeadMan, times: int = LOOKS + 1) -> None:
    """So many looks, with no tick between them."""
    for _ in range(times):
        await watch.look()


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
