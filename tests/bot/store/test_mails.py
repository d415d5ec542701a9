"""E-mails wait, go out once unless somebody dies, and can be read by nobody without the keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text as sql

from bot.store import mails
from bot.store.mails import Mail, MailResult, NewMail
from bot.store.store import Store
from bot.store.unit import Unit

NOW = datetime(2027, 1, 13, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEW = NewMail("operator", "sam@example.org", "The service needs you", "It stands still.", NOW)


def claimed(store: Store, at: datetime) -> list[Mail]:
    """What goes out at that moment."""
    return store.write_now(mails.claim, at, 10)


def test_an_e_mail_goes_out_once_and_is_opened_on_the_way(store: Store) -> None:
    """While it is being sent, nobody else takes it."""
    number = store.write_now(mails.add, NEW)

    (mail,) = claimed(store, NOW)
    assert claimed(store, NOW + MINUTE) == []
    store.write_now(mails.settle, [MailResult(number, "sent", NOW, 1, claims=mail.claims)])

    assert (mail.id, mail.address, mail.subject, mail.body) == (
        number,
        NEW.address,
        NEW.subject,
        NEW.body,
    )
    assert claimed(store, NOW + MINUTE) == []
    assert store.read_now(mails.counts) == {}


def test_one_that_was_put_off_waits_for_its_moment(store: Store) -> None:
    """A clock that was set back holds up only what was put off."""
    number = store.write_now(mails.add, NEW)
    (mail,) = claimed(store, NOW - MINUTE)
    later = MailResult(number, "pending", NOW, 1, error="no answer", not_before=NOW + MINUTE)
    store.write_now(mails.settle, [replace(later, claims=mail.claims)])

    assert claimed(store, NOW) == []
    (mail,) = claimed(store, NOW + MINUTE)
    assert mail.attempts == 1


def test_what_was_being_sent_when_a_process_died_is_sent_again(store: Store) -> None:
    """At least once: better twice than never."""
    store.write_now(mails.add, NEW)
    (mail,) = claimed(store, NOW)
    store.write_now(mails.recover, NOW, MINUTE)
    assert claimed(store, NOW) == []

    store.write_now(mails.recover, NOW + MINUTE, MINUTE)

    assert claimed(store, NOW + MINUTE) == [replace(mail, attempts=1, claims=2)]


def test_nothing_of_an_e_mail_can_be_read_in_the_database(store: Store) -> None:
    """Neither the address nor the words."""
    store.write_now(mails.add, NEW)

    def raw(unit: Unit) -> bytes:
        row = unit.connection.execute(sql("SELECT address, subject, body FROM mails")).one()
        return b"".join(bytes(cell) for cell in row)

    kept = store.read_now(raw)
    assert not [w for w in (NEW.address, NEW.subject, NEW.body) if w.encode() in kept]


def test_one_that_cannot_be_opened_holds_up_nobody(store: Store) -> None:
    """It is refused, and the next one goes."""
    broken = store.write_now(mails.add, NEW)
    whole = store.write_now(mails.add, replace(NEW, address="kim@example.org"))

    def spoil(unit: Unit) -> None:
        spoiled = sql("UPDATE mails SET body = address WHERE id = :broken")
        unit.connection.execute(spoiled, {"broken": broken})

    store.write_now(spoil)

    assert [mail.id for mail in claimed(store, NOW)] == [whole]
    assert store.read_now(mails.counts) == {"refused": 1, "sending": 1}
