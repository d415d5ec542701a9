"""Links, sessions and the audit, on each kind of database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from bot.store import audit, glasses, members, pages, people, today
from bot.store.store import Store

NOW = datetime(2027, 1, 13, 15, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def member(store: Store, number: int = 1) -> int:
    """The number of somebody who joined the team."""
    joined = store.write_now(
        people.join_clinician,
        lookup=f"lookup-{number}",
        chat=str(number),
        name=f"Dr {number}",
        role="clinician",
        at=NOW,
    )
    return joined.id


def patient(store: Store) -> int:
    """The number of somebody who was enrolled."""
    enrolled = store.write_now(
        people.enrol,
        lookup="patient",
        chat="7",
        release="r",
        state_json="{}",
        language="en",
        at=NOW,
    )
    return enrolled.id


def test_of_many_who_press_at_once_one_gets_in(store: Store) -> None:
    """A link is used up by exactly one of them."""
    lee = member(store)
    store.write_now(
        pages.make_link, digest="d", clinician_id=lee, at=NOW, expires_at=NOW + 5 * MINUTE
    )
    with ThreadPoolExecutor(8) as many:
        presses = [
            many.submit(store.write_now, pages.use_link, ["d"], str(number), NOW)
            for number in range(8)
        ]
    used = [press.result() for press in presses]
    assert sorted(used, key=str) == [lee, *[None] * 7]


def test_a_link_that_is_too_old_or_replaced_is_nobodys(store: Store) -> None:
    """Looking and using say the same."""
    lee = member(store)
    for digest in ("first", "second"):
        store.write_now(
            pages.make_link, digest=digest, clinician_id=lee, at=NOW, expires_at=NOW + 5 * MINUTE
        )
    late = NOW + 5 * MINUTE
    owners = [
        store.read_now(pages.owner_of_link, [digest], at)
        for digest, at in (("first", NOW), ("second", NOW), ("second", late), ("third", NOW))
    ]
    assert owners == [None, lee, None, None]
    assert store.write_now(pages.use_link, ["second"], "b", late) is None


def test_sessions_are_listed_while_they_live_and_ended_once(store: Store) -> None:
    """The last used comes first; one that is idle, old or ended is in no list."""
    lee, main = member(store, 1), member(store, 2)
    for digest, owner, minutes in (("a", lee, 0), ("b", lee, 3), ("c", main, 1)):
        at = NOW + minutes * MINUTE
        store.write_now(pages.begin, digest=digest, clinician_id=owner, agent="x" * 999, at=at)

    def living(at: datetime, owner: int | None = None) -> list[int]:
        found = store.read_now(
            pages.living,
            seen_after=at - 15 * MINUTE,
            made_after=at - timedelta(hours=12),
            clinician_id=owner,
        )
        return [each.id for each in found]

    assert living(NOW + 4 * MINUTE) == [2, 3, 1]
    assert living(NOW + 4 * MINUTE, lee) == [2, 1]
    assert living(NOW + 16 * MINUTE) == [2]
    store.write_now(pages.touch, 1, NOW + 9 * MINUTE)
    store.write_now(pages.touch, 1, NOW)
    assert living(NOW + 16 * MINUTE) == [1, 2]
    assert store.write_now(pages.end, 1, "revoked", NOW)
    assert not store.write_now(pages.end, 1, "revoked", NOW)
    assert store.write_now(pages.end_all, lee, "disabled", NOW) == 1
    ended = store.read_now(pages.find, ["b"])
    assert ended is not None
    assert (ended.end_reason, len(ended.agent)) == ("disabled", 160)


def test_the_audit_keeps_reasons_sealed_and_survives_their_key(store: Store) -> None:
    """A reason is read by whoever holds the keys; of an erased patient only the fact stays."""
    lee, alex = member(store), patient(store)
    for number in range(5):
        store.write_now(
            audit.note,
            at=NOW,
            clinician_id=lee,
            act="break-glass",
            patient_id=alex if number % 2 else None,
            subject="s" * 500,
            reason=f"why {number}" if number % 2 else None,
        )

    found = store.read_now(audit.entries, limit=3)
    assert [each.reason for each in found] == [None, "why 3", None]
    older = store.read_now(audit.entries, limit=3, before=found[-1].id)
    assert [each.reason for each in older] == ["why 1", None]
    about = store.read_now(audit.entries, limit=9, patient_id=alex)
    assert [each.reason for each in about] == ["why 3", "why 1"]
    assert {each.pseudonym for each in about} != {None}

    def forget(unit: object) -> None:
        from sqlalchemy import text

        unit.connection.execute(  # type: ignore[attr-defined]
            text("UPDATE patients SET wrapped_key = :key"), {"key": b"\x01gone"}
        )

    store.write_now(forget)
    about = store.read_now(audit.entries, limit=9, patient_id=alex)
    assert [(each.act, each.reason) for each in about] == [("break-glass", None)] * 2


def test_a_glass_is_open_until_its_moment(store: Store) -> None:
    """The longest of those that were broken counts, and only for that clinician and patient."""
    lee, main, alex = member(store, 1), member(store, 2), patient(store)
    for minutes in (60, 20):
        store.write_now(
            glasses.break_,
            clinician_id=lee,
            patient_id=alex,
            reason="why",
            at=NOW,
            until_at=NOW + minutes * MINUTE,
        )

    assert store.read_now(glasses.open_until, lee, alex, NOW) == NOW + 60 * MINUTE
    assert store.read_now(glasses.open_until, main, alex, NOW) is None
    assert store.read_now(glasses.open_until, lee, alex, NOW + 60 * MINUTE) is None


def test_an_empty_clinic_has_an_empty_day(store: Store) -> None:
    """Nothing open, nothing unread, no calls, nothing in anybody's hands."""
    lee = member(store)

    assert store.read_now(today.open_alerts, 10) == []
    assert store.read_now(today.unread, 10, open_to=None, at=NOW) == []
    assert store.read_now(today.unread, 10, open_to=lee, at=NOW) == []
    assert store.read_now(today.calls_between, NOW, NOW + MINUTE, lee) == []
    assert store.read_now(members.burden, lee, NOW).is_empty
    assert [each.name for each in store.read_now(members.everyone)] == ["Dr 1"]
    assert store.read_now(members.patient_named, "nobody") is None
