"""E-mail about alerts that nobody took: whom it reaches, what it says, and broken servers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text as sql

from bot.mail import Courier, Route
from bot.sandbox.supervise import free_port
from bot.service import erasing, mail_delivery, mailing
from bot.service.post import Verdict
from bot.store import people, tries
from bot.store.mails import Mail
from bot.store.tries import Try
from bot.store.unit import Unit
from tests.bot.mail.server import HOST, Postmaster, serving
from tests.bot.service.conftest import OpenPractice
from tests.bot.service.practice import Person, Practice

TEAM, OWN, SAM = "team@example.org", "lee@example.org", "sam@example.org"
MINUTE = timedelta(minutes=1)
MAIL: dict[str, Any] = {
    "smtp_url": "smtp://127.0.0.1",
    "mail_from": "bot@example.org",
    "alert_mail": TEAM,
    "operator_mail": SAM,
}


@pytest.fixture
def postmaster() -> Postmaster:
    """What a mail server took."""
    return Postmaster()


@pytest.fixture
def port() -> int:
    """Where the mail server is, when it is there."""
    return free_port()


@pytest.fixture
def server(postmaster: Postmaster, port: int) -> Iterator[None]:
    """The mail server, running."""
    with serving(postmaster, port=port):
        yield


@pytest.fixture
def courier(port: int) -> Courier:
    """The way to that server."""
    return Courier(Route(HOST, port, "local"), "bot@example.org")


@pytest.fixture
def practice(open_practice: OpenPractice, courier: Courier) -> Practice:
    """A practice that sends its e-mail there."""
    return open_practice(courier=courier, **MAIL)


async def red_alert(practice: Practice) -> Person:
    """A patient about whom there is a red alert, that a clinician with a mailbox was told of."""
    lee = await practice.clinician(9, "Dr Lee")
    practice.store.write_now(has_mailbox)
    ann = await practice.patient(1, "at-consent")
    await ann.says("I want to die")
    lee.news()
    return ann


def has_mailbox(unit: Unit) -> None:
    """The one clinician there is says where e-mail reaches them."""
    (clinician,) = people.clinicians(unit)
    people.set_own(unit, clinician.id, email=OWN)


def mailed(practice: Practice, patient: Person) -> list[tuple[str, str | None]]:
    """What became of the tries by e-mail about this patient's alert."""
    found: list[Try] = practice.store.read_now(tries.of_alert, patient.alerts[0].id)
    return [(each.state, each.error) for each in found if each.channel == "mail"]


def states(practice: Practice) -> list[tuple[Any, ...]]:
    """How many e-mails are in each state."""
    return practice.rows("SELECT state, count(*) FROM mails GROUP BY state ORDER BY state")


@pytest.mark.usefixtures("server")
async def test_an_alert_that_nobody_takes_goes_out_by_e_mail(
    practice: Practice, postmaster: Postmaster
) -> None:
    """To the team's mailbox and each clinician's own, with what is needed, no patient's words."""
    ann = await red_alert(practice)
    assert postmaster.letters == []

    await practice.wait(16 * MINUTE)

    assert sorted(str(letter["To"]) for letter in postmaster.letters) == [OWN, TEAM]
    (letter,) = postmaster.to(TEAM)
    text = letter.get_content()
    assert "Red: act now" in text
    assert f"/clinic/patients/{ann.pseudonym}" in text
    assert "want to die" not in text
    assert ann.pseudonym not in letter["Subject"]
    assert mailed(practice, ann) == [("sent", None), ("sent", None)]


async def test_a_server_that_is_down_fails_the_try_and_gets_it_later(
    practice: Practice, postmaster: Postmaster, port: int
) -> None:
    """The chain does not wait for it; when it is back, what is newest goes out, once."""
    ann = await red_alert(practice)
    await practice.wait(16 * MINUTE)
    assert {state for state, _ in mailed(practice, ann)} == {"failed"}
    assert "mail_age" not in practice.health()["reasons"]

    await practice.wait(20 * MINUTE, times=3)
    assert "mail_age" in practice.health()["reasons"]
    assert postmaster.letters == []
    with serving(postmaster, port=port):
        await practice.wait(16 * MINUTE)

    assert len(postmaster.to(TEAM)) == 1
    assert len(postmaster.to(OWN)) == 1
    assert mailed(practice, ann)[-1] == ("sent", None)
    assert practice.health()["mails"] == 0


@pytest.mark.usefixtures("server")
async def test_a_wrong_address_is_never_tried_again(
    practice: Practice, postmaster: Postmaster
) -> None:
    """It is recorded with the server's code, and the other address gets its own."""
    postmaster.refused[OWN] = "550 5.1.1 no such mailbox"
    ann = await red_alert(practice)

    await practice.wait(16 * MINUTE)
    tried = postmaster.tried
    await practice.wait(MINUTE, times=10)

    assert postmaster.tried == tried == 2
    assert sorted(mailed(practice, ann)) == [
        ("failed", "SMTPRecipientRefused 550"),
        ("sent", None),
    ]
    assert practice.health()["mails_refused"] == 1


@pytest.mark.usefixtures("server")
async def test_a_server_that_dies_after_it_took_a_message_gets_it_again(
    practice: Practice, postmaster: Postmaster
) -> None:
    """At least once, under the same number, so that the reader's program can tell."""
    postmaster.dies = 2
    ann = await red_alert(practice)
    await practice.wait(15 * MINUTE)
    await practice.wait(MINUTE)

    first, again = postmaster.to(TEAM)
    assert first["Message-ID"] == again["Message-ID"]
    assert {state for state, _ in mailed(practice, ann)} == {"sent"}


@pytest.mark.usefixtures("server")
async def test_what_was_on_its_way_when_the_process_died_is_sent_by_the_next_one(
    practice: Practice, postmaster: Postmaster
) -> None:
    """Nobody knows whether it arrived; where others work, it is theirs until its lease is over."""

    say(practice)
    practice.store.write_now(mail_delivery.claim, practice.site, 1)
    assert states(practice) == [("sending", 1)]

    practice.start(practice.site.release)
    practice.clock.moment += mail_delivery.LEASE
    practice.store.write_now(mail_delivery.take_back, practice.site)
    await practice.work()

    assert len(postmaster.to(SAM)) == 1
    assert states(practice) == [("sent", 1)]


@pytest.mark.usefixtures("server")
async def test_a_mail_whose_result_could_not_be_kept_goes_again_after_its_lease(
    practice: Practice, courier: Courier, postmaster: Postmaster
) -> None:
    """Better twice than lost, and the process need not die for it."""

    class Fails:
        async def send(self, mail: Mail) -> Verdict:
            """Send it, and by then the disk is full."""
            verdict = await courier.send(mail)
            practice.fail("UPDATE ON mails")
            return verdict

    practice.courier = Fails()
    practice.start(practice.site.release)
    say(practice)
    await practice.mail.send_waiting()
    practice.mend()
    assert states(practice) == [("sending", 1)]
    practice.mail._courier = courier
    await practice.wait(mail_delivery.LEASE)

    assert len(postmaster.to(SAM)) == 2
    assert states(practice) == [("sent", 1)]


@pytest.mark.usefixtures("server")
async def test_a_courier_that_breaks_loses_nothing(
    practice: Practice, courier: Courier, postmaster: Postmaster
) -> None:
    """Our own fault is no end of it."""
    broken = [RuntimeError("our own mistake")]

    class Stumbles:
        async def send(self, mail: Mail) -> Verdict:
            """Break once."""
            if broken:
                raise broken.pop()
            return await courier.send(mail)

    practice.courier = Stumbles()
    practice.start(practice.site.release)
    say(practice)
    await practice.tick()
    await practice.wait(MINUTE)

    assert len(postmaster.to(SAM)) == 1


async def test_the_chain_hears_of_a_server_that_is_down_although_the_first_try_died(
    practice: Practice,
) -> None:
    """The process died while it was sending: the next failure is the first that anybody knows."""
    ann = await red_alert(practice)
    practice.courier = None
    practice.start(practice.site.release)
    await practice.wait(16 * MINUTE)
    assert {state for state, _ in mailed(practice, ann)} == {"waiting"}
    practice.run(sql("UPDATE mails SET attempts = 1 WHERE kind = 'alert'"))

    practice.courier = Courier(Route(HOST, free_port(), "local"), "bot@example.org")
    practice.start(practice.site.release)
    await practice.tick()

    assert {state for state, _ in mailed(practice, ann)} == {"failed"}


async def test_the_same_trouble_waits_only_once_for_a_server_that_is_down(
    practice: Practice,
) -> None:
    """Operators are not greeted by a hundred copies when it is back."""
    for _ in range(5):
        say(practice)
        await practice.wait(MINUTE)

    assert states(practice) == [("pending", 1)]


async def test_operators_are_told_in_their_chats_too(practice: Practice) -> None:
    """And where no operator has joined, the care team is."""
    lee = await practice.clinician(9, "Dr Lee")
    lee.news()
    say(practice)
    await practice.tick()
    assert len(lee.news()) == 1

    sam = await practice.clinician(8, "Sam", "operator")
    sam.news()
    say(practice)
    await practice.tick()
    assert (len(sam.news()), len(lee.news())) == (1, 0)


async def test_without_a_server_no_e_mail_is_made(open_practice: OpenPractice) -> None:
    """The chain ends with the team."""
    practice = open_practice()
    ann = await red_alert(practice)
    say(practice)
    await practice.wait(20 * MINUTE, times=3)

    assert states(practice) == []
    assert mailed(practice, ann) == []


def say(practice: Practice) -> None:
    """Something is wrong with the service."""
    values, now = {"row": "7", "error": "KeyError"}, practice.clock.now()
    practice.store.write_now(mailing.page_operators, practice.site, "c-fault", values, now)


async def test_no_e_mail_about_an_erased_patient_is_kept_or_sent(
    practice: Practice, postmaster: Postmaster, port: int
) -> None:
    """Those that were sent, and those that wait for the server; the other patient's go out."""
    with serving(postmaster, port=port):
        ann = await red_alert(practice)
        await practice.wait(16 * MINUTE)
    bea = await practice.patient(2, "at-consent")
    await bea.says("I want to die")
    await practice.wait(20 * MINUTE, times=3)
    sent, name = len(postmaster.letters), ann.pseudonym
    assert {"pending", "sent"} <= {state for state, _ in states(practice)}
    before = mails_of(practice)
    assert before[ann.alerts[0].id] > sent > 0

    at = practice.clock.now()
    practice.store.write_now(erasing.erase, practice.site, name, "asked", at=at)
    other = bea.alerts[0].id
    assert mails_of(practice) == {other: before[other]}
    with serving(postmaster, port=port):
        await practice.wait(16 * MINUTE)

    later = [letter.get_content() for letter in postmaster.letters[sent:]]
    assert later
    assert all(bea.pseudonym in text and name not in text for text in later)


def mails_of(practice: Practice) -> dict[int, int]:
    """How many e-mails are kept about each alert."""
    return dict(practice.rows("SELECT alert_id, count(*) FROM mails GROUP BY alert_id"))
