"""Every answer of a mail server becomes a verdict, and nothing leaves this machine in the clear."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.mail import Courier, Route, route_of
from bot.service.post import Doubtful, Later, Refused, Sent
from bot.store.mails import Mail
from tests.bot.mail.server import HOST, PASSWORD, USER, Postmaster, serving, throw_away

SENDER, READER = "bot@example.org", "lee@example.org"
MAIL = Mail(
    id=7,
    kind="alert",
    alert_id=3,
    clinician_id=None,
    address=READER,
    subject="Alert 3 needs someone – now",
    body="Patient: brave-otter-11\nNobody has taken it yet.",
    attempts=0,
    created_at=datetime(2027, 1, 13, 15, 0, tzinfo=UTC),
)
QUICKLY = 2.0


def courier(port: int) -> Courier:
    """The way to a server on this machine."""
    return Courier(Route(HOST, port, "local"), SENDER, seconds=QUICKLY)


async def test_an_e_mail_arrives_as_it_was_written() -> None:
    """Its head says that a program wrote it, and each try of it would have the same number."""
    postmaster = Postmaster()
    with serving(postmaster) as port:
        assert await courier(port).send(MAIL) == Sent()
        assert await courier(port).send(MAIL) == Sent()

    letter, again = postmaster.letters
    assert (letter["From"], letter["To"], letter["Subject"]) == (SENDER, READER, MAIL.subject)
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime == MAIL.created_at
    assert letter["Message-ID"] == again["Message-ID"]
    assert letter.get_content().splitlines() == MAIL.body.splitlines()


# (what the server says to the recipient, to the message, the verdict)
ANSWERS = [
    ("550 5.1.1 no such mailbox", "250 OK", Refused("SMTPRecipientRefused 550")),
    ("450 4.2.1 come back later", "250 OK", Later(5)),
    ("", "554 5.6.0 this looks like spam", Refused("SMTPDataError 554")),
    ("", "451 4.3.0 the disk is full", Later(5)),
]


@pytest.mark.parametrize(("to_reader", "to_message", "verdict"), ANSWERS)
async def test_each_answer_has_its_verdict(
    to_reader: str, to_message: str, verdict: Refused | Later
) -> None:
    """A code that begins with 5 is for ever, one that begins with 4 is for now."""
    postmaster = Postmaster(says=to_message)
    if to_reader:
        postmaster.refused[READER] = to_reader
    with serving(postmaster) as port:
        assert await courier(port).send(MAIL) == verdict
    assert postmaster.letters == []


async def test_a_server_that_dies_before_it_answers_leaves_us_in_doubt() -> None:
    """It has the message, and nobody here can know."""
    postmaster = Postmaster(dies=1)
    with serving(postmaster) as port:
        assert await courier(port).send(MAIL) == Doubtful()
    assert len(postmaster.letters) == 1


async def test_where_nobody_listens_it_is_tried_again() -> None:
    """The server is down."""
    with serving(Postmaster()) as port:
        pass
    assert await courier(port).send(MAIL) == Later(5)


async def test_the_line_is_guarded_before_the_password_is_said(tmp_path: Path) -> None:
    """STARTTLS first, then the sign-in, then the message."""
    postmaster, certificate = Postmaster(), throw_away(tmp_path)
    with serving(postmaster, tls=certificate, auth=True) as port:
        route = Route(HOST, port, "starttls", USER, PASSWORD)
        sent = await Courier(route, SENDER, trust=certificate.trusted()).send(MAIL)

    assert sent == Sent()
    assert postmaster.subjects == [MAIL.subject]


async def test_a_server_that_nobody_vouches_for_hears_nothing(tmp_path: Path) -> None:
    """Its certificate is not trusted, so neither password nor message is said."""
    postmaster = Postmaster()
    with serving(postmaster, tls=throw_away(tmp_path), auth=True) as port:
        route = Route(HOST, port, "starttls", USER, PASSWORD)
        assert await Courier(route, SENDER).send(MAIL) == Later(5)
    assert postmaster.tried == 0


async def test_a_server_that_offers_no_guard_hears_nothing() -> None:
    """Somebody in between may have taken the offer out."""
    postmaster = Postmaster()
    with serving(postmaster) as port:
        assert await Courier(Route(HOST, port, "starttls"), SENDER).send(MAIL) == Later(5)
    assert postmaster.tried == 0


async def test_a_wrong_password_is_mended_by_an_operator(tmp_path: Path) -> None:
    """So the message waits for that."""
    postmaster, certificate = Postmaster(), throw_away(tmp_path)
    with serving(postmaster, tls=certificate, auth=True) as port:
        route = Route(HOST, port, "starttls", USER, "another")
        assert await Courier(route, SENDER, trust=certificate.trusted()).send(MAIL) == Later(5)
    assert postmaster.tried == 0


async def test_the_local_server_of_a_machine_needs_no_certificate(tmp_path: Path) -> None:
    """It shows one that it made itself, as they do, and what is said does not leave the machine."""
    postmaster = Postmaster()
    with serving(postmaster, tls=throw_away(tmp_path)) as port:
        assert await courier(port).send(MAIL) == Sent()


# (SMTP_URL, the route that it names)
ROUTES = [
    ("smtp://mail.example.org", Route("mail.example.org", 587, "starttls")),
    ("smtp://mail.example.org:25", Route("mail.example.org", 25, "starttls")),
    ("smtps://mail.example.org", Route("mail.example.org", 465, "tls")),
    ("smtp://127.0.0.1", Route("127.0.0.1", 25, "local")),
    ("smtp://localhost:1025", Route("localhost", 1025, "local")),
    (
        "smtp://paceful%40example.org:p%40ss%3Aword%2F1@mail.example.org",
        Route("mail.example.org", 587, "starttls", "paceful@example.org", PASSWORD),
    ),
]


@pytest.mark.parametrize(("url", "route"), ROUTES)
def test_each_address_names_a_route(url: str, route: Route) -> None:
    """Only this machine itself may be spoken to in the clear; the password is never shown."""
    assert route_of(url) == route
    assert PASSWORD not in repr(route_of(url))
