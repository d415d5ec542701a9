"""Several processes on one PostgreSQL: one leads, and what a deposed one does late is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.clock import Clock
from bot.keys import Vault
from bot.store import engine, marks, outbox, people, replicas
from bot.store.errors import BadDatabase, is_passing
from bot.store.outbox import NewPost, Post, Result
from bot.store.people import Patient
from bot.store.replicas import TERM, Deposed, Replica, hold, holding, join, living, lost
from bot.store.store import Store
from bot.store.unit import Unit

LEASE = timedelta(minutes=2)
ROOT = Path(__file__).parents[3]
Join = Callable[[], Replica]
Enrol = Callable[..., Patient]


@pytest.fixture
def come(postgres_url: str, vault: Vault) -> Iterator[Join]:
    """Lets another process come to the same database."""
    with ExitStack() as stack:

        def joined() -> Replica:
            replica = join(postgres_url, vault, Clock(), "1.0")
            stack.callback(replica.leave)
            return replica

        yield joined


@pytest.fixture
def shared(postgres_url: str, vault: Vault) -> Iterator[Store]:
    """The store of one of them."""
    store = Store.open(postgres_url, vault)
    yield store
    store.close()


def dies(store: Store, replica: Replica) -> None:
    """The process is gone, and so is its session."""
    ends = text(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks"
        " WHERE locktype = 'advisory' AND objid = :number AND objsubid = 2 AND classid = :ours"
    )
    ours = replicas._OURS

    def end(unit: Unit) -> None:
        unit.connection.execute(ends, {"number": replica.number, "ours": ours})

    store.write_now(end)


def does_nothing(unit: Unit) -> str:
    """Some work."""
    return "done"


@pytest.mark.postgres
async def test_one_leads_and_when_it_dies_another_does(shared: Store, come: Join) -> None:
    """Whoever comes first leads; each term has a number of its own."""
    first, second, third = come(), come(), come()
    assert [each.leads for each in (first, second, third)] == [True, False, False]
    assert shared.read_now(living) == 3

    dies(shared, first)
    for each in (second, third, first):
        await each.beat()

    assert [each.leads for each in (first, second, third)] == [False, True, False]
    assert (first.term, second.term) == (0, 2)
    assert shared.read_now(marks.get, TERM) == "2"


@pytest.mark.postgres
async def test_who_leaves_hands_the_lead_over_at_once(
    shared: Store, come: Join, postgres_url: str, vault: Vault
) -> None:
    """An update of the service is no gap."""
    first, second = join(postgres_url, vault, Clock(), "1.0"), come()
    first.leave()
    await second.beat()

    assert second.leads
    assert shared.read_now(lost, {first.number, second.number}) == {first.number}


@pytest.mark.postgres
async def test_what_a_deposed_leader_begins_is_refused(shared: Store, come: Join) -> None:
    """It may not know yet that another one leads."""
    first, second = come(), come()
    assert shared.write_now(holding, first, does_nothing) == "done"

    dies(shared, first)
    await second.beat()

    assert first.leads, "it has not heard of it"
    with pytest.raises(Deposed):
        shared.write_now(holding, first, does_nothing)
    assert shared.write_now(holding, second, does_nothing) == "done"


@pytest.mark.postgres
async def test_what_a_leader_had_in_hand_ends_before_the_next_term(
    shared: Store, come: Join, postgres_url: str, vault: Vault
) -> None:
    """The next one waits for its transaction, and leads when that is over."""
    first, second = come(), come()
    other = Store.open(postgres_url, vault)
    begun, goes_on = Event(), Event()

    def slowly(unit: Unit) -> None:
        hold(unit, first)
        begun.set()
        goes_on.wait(60)
        marks.set(unit, "kept", "yes")

    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(other.write_now, slowly)
        begun.wait(60)
        dies(shared, first)
        await second.beat()
        assert not second.leads
        goes_on.set()
        slow.result()
    await second.beat()

    assert second.leads
    assert shared.read_now(marks.get, "kept") == "yes"
    other.close()


@pytest.mark.postgres
def test_a_transaction_that_stands_still_is_refused_and_holds_up_nobody(
    postgres_url: str, vault: Vault, shared: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a process that was stopped: what it had locked is free, and its commit comes late."""
    monkeypatch.setattr(engine, "ABANDONED_SECONDS", 1)
    stopped = Store.open(postgres_url, vault)
    begun, goes_on = Event(), Event()

    def stands_still(unit: Unit) -> None:
        marks.set(unit, "keys", "theirs")
        begun.set()
        goes_on.wait(60)

    with ThreadPoolExecutor(1) as thread:
        late: Future[None] = thread.submit(stopped.write_now, stands_still)
        begun.wait(60)
        ours = shared.read_now(marks.get, "keys") or ""
        shared.write_now(marks.set, "keys", ours)
        goes_on.set()
        with pytest.raises(DBAPIError) as refused:
            late.result()

    assert is_passing(refused.value)
    assert shared.read_now(marks.get, "keys") == ours
    stopped.close()


def test_a_second_process_on_a_file_is_refused_until_the_first_is_gone(
    sqlite_url: str, vault: Vault
) -> None:
    """With the way out; a process that was killed locks nothing."""
    first = join(sqlite_url, vault, Clock(), "1.0")
    with pytest.raises(BadDatabase, match="Several at once need PostgreSQL"):
        join(sqlite_url, vault, Clock(), "1.0")
    first.leave()

    dying = (
        "import sys, os; from bot.keys import Vault; from bot.clock import Clock\n"
        "from bot.store.replicas import join\n"
        "join(sys.argv[1], Vault(['x' * 43]), Clock(), '1'); os.kill(os.getpid(), 9)"
    )
    run = [sys.executable, "-c", dying, sqlite_url]
    assert subprocess.run(run, cwd=ROOT, check=False).returncode == -9
    second = join(sqlite_url, vault, Clock(), "1.0")

    assert second.leads
    assert second.number > first.number
    second.leave()


async def test_what_was_claimed_again_is_settled_by_the_last_claim_only(
    store: Store, enrol: Enrol, noon: datetime
) -> None:
    """A process that was stopped for longer than its lease says too late what became of it."""
    ann = enrol("ann")
    store.write_now(outbox.add, [NewPost(ann.contact_id or 0, "reply", "bubble", "hello", noon)])
    (stale,) = store.write_now(outbox.claim, noon, 9, by=1)
    later = noon + LEASE
    store.write_now(outbox.recover, later, LEASE)
    (fresh,) = store.write_now(outbox.claim, later, 9, by=2)

    assert settles(store, stale, "refused", later) == set()
    assert settles(store, fresh, "sent", later) == {fresh.id}
    assert settles(store, stale, "pending", later) == set()
    assert store.read_now(outbox.counts) == {}


async def test_what_was_freed_but_not_claimed_again_may_turn_out_to_have_arrived(
    store: Store, enrol: Enrol, noon: datetime
) -> None:
    """Then it need not be sent twice."""
    ann = enrol("ann")
    store.write_now(outbox.add, [NewPost(ann.contact_id or 0, "reply", "bubble", "hello", noon)])
    (post,) = store.write_now(outbox.claim, noon, 9, by=1)
    store.write_now(outbox.recover, noon + LEASE, LEASE)

    assert settles(store, post, "sent", noon + LEASE) == {post.id}
    assert store.write_now(outbox.claim, noon + LEASE, 9) == []


@pytest.mark.postgres
async def test_what_a_dead_process_was_sending_is_freed_before_its_lease(
    shared: Store, come: Join, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once if it is dead, and not at all while it lives."""
    monkeypatch.setattr(replicas, "GRACE_SECONDS", 0.0)
    leader, sender = come(), come()
    ann = shared.write_now(people.meet, lookup="ann", chat="9")
    shared.write_now(outbox.add, [NewPost(ann.id, "reply", "bubble", "hello", noon)])
    shared.write_now(outbox.claim, noon, 9, by=sender.number)

    shared.write_now(outbox.recover, noon, LEASE, leader)
    assert shared.write_now(outbox.claim, noon, 9, by=leader.number) == []
    dies(shared, sender)
    shared.write_now(outbox.recover, noon, LEASE, leader)

    assert len(shared.write_now(outbox.claim, noon, 9, by=leader.number)) == 1


def settles(store: Store, post: Post, state: outbox.State, at: datetime) -> set[int]:
    """Whether that claim may still say what became of the post."""
    result = Result(post.id, state, at, post.attempts + 1, claims=post.claims)
    return store.write_now(outbox.settle, [result])
