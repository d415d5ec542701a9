"""What comes in is kept once, handled once, and in order for each sender."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from bot.keys import Vault
from bot.store import inbox
from bot.store.inbox import Arrival
from bot.store.store import Store
from bot.store.tables import inbox as table
from bot.store.unit import Unit
from tests.bot.store.plans import plans


def arrival(number: int, sender: str, at: datetime, digest: str = "d") -> Arrival:
    """An update from Telegram."""
    return Arrival("telegram", str(number), digest, sender, f"update {number}", at)


def bodies(batch: list[inbox.Kept]) -> list[str | None]:
    """What a batch says."""
    return [each.body for each in batch]


def test_an_update_received_twice_is_kept_once(store: Store, noon: datetime) -> None:
    """Telegram repeats what was not acknowledged; in one delivery or in two."""
    first, second, third = (arrival(number, "ann", noon) for number in (1, 2, 3))

    assert store.write_now(inbox.keep, [first, second, first]) == 2
    assert store.write_now(inbox.keep, [second, third]) == 1
    assert store.write_now(inbox.keep, []) == 0
    assert store.read_now(inbox.counts).waiting == 3


def test_a_number_used_again_for_something_else_is_kept(store: Store, noon: datetime) -> None:
    """Telegram's numbers begin anew after a quiet week; other words are another update."""
    again = arrival(1, "ann", noon, digest="other")
    assert store.write_now(inbox.keep, [arrival(1, "ann", noon), again]) == 2


def test_a_batch_holds_the_oldest_of_each_sender(store: Store, noon: datetime) -> None:
    """Different people together, one person's messages one after the other."""
    senders = ["ann", "ann", "bob", "ann", "cem", "bob"]
    arrivals = [arrival(n, sender, noon) for n, sender in enumerate(senders)]
    store.write_now(inbox.keep, arrivals)

    seen = []
    while batch := store.write_now(inbox.next_batch, 10):
        seen.append(bodies(batch))
        store.write_now(inbox.finish, [each.id for each in batch], "done", noon)

    assert seen == [
        ["update 0", "update 2", "update 4"],
        ["update 1", "update 5"],
        ["update 3"],
    ]


def test_a_batch_is_limited_to_the_oldest(store: Store, noon: datetime) -> None:
    """Under load the longest waiting go first."""
    store.write_now(inbox.keep, [arrival(n, f"sender {n}", noon) for n in range(5)])

    assert bodies(store.write_now(inbox.next_batch, 2)) == ["update 0", "update 1"]


def test_what_people_did_goes_before_what_the_clock_brought(store: Store, noon: datetime) -> None:
    """Not even their own nudge, which came sooner, holds up somebody's words."""
    due = [Arrival("clock", f"due {who}", "d", who, f"due {who}", noon) for who in ("ann", "bob")]
    written = [arrival(n, who, noon) for n, who in enumerate(["ann", "cem", "ann"])]
    store.write_now(inbox.keep, [*due, *written])

    seen = []
    while batch := store.write_now(inbox.next_batch, 10):
        seen.append(bodies(batch))
        store.write_now(inbox.finish, [each.id for each in batch], "done", noon)

    assert seen == [["update 0", "update 1"], ["update 2"], ["due ann", "due bob"]]


def test_the_clocks_events_are_a_batch_of_their_own(store: Store, noon: datetime) -> None:
    """Whoever writes next waits for it, so it may be a small one; and it may have its turn."""
    due = [Arrival("clock", f"due {n}", "d", f"sender {n}", f"due {n}", noon) for n in range(5)]
    store.write_now(inbox.keep, [*due, arrival(1, "ann", noon)])

    assert store.read_now(inbox.clocks_waiting, 9) == 5
    assert store.read_now(inbox.clocks_waiting, 3) == 3
    assert bodies(store.write_now(inbox.next_batch, 9, 2)) == ["update 1"]
    clocks_turn = store.write_now(inbox.next_batch, 9, 2, clocks_first=True)
    assert bodies(clocks_turn) == ["due 0", "due 1"]

    [anns] = store.write_now(inbox.next_batch, 1)
    store.write_now(inbox.finish, [anns.id], "done", noon)
    assert [len(store.write_now(inbox.next_batch, 9, clocks)) for clocks in (1, 3, 9)] == [1, 3, 5]


def test_what_waits_is_not_looked_for_among_all_that_ever_came(
    sqlite_url: str, vault: Vault
) -> None:
    """Nudges come for years: whoever looks for the next ones goes through those that wait."""

    def ask(unit: Unit) -> None:
        inbox.clocks_waiting(unit, 9)
        inbox.next_batch(unit, 9)
        inbox.is_waiting(unit)

    store = Store.open(sqlite_url, vault)
    try:
        steps = [step for step in store.read_now(plans, ask) if "inbox" in step or "other" in step]
    finally:
        store.close()

    assert len(steps) == 6
    waiting = ("INDEX ix_inbox_waiting", "INDEX ix_inbox_queue")
    assert [step for step in steps if not any(index in step for index in waiting)] == []


def test_nobody_waits_for_a_lane_in_which_there_is_nothing(store: Store, noon: datetime) -> None:
    """Though it is the clock's turn, those who wrote are served."""
    store.write_now(inbox.keep, [arrival(1, "ann", noon)])

    assert bodies(store.write_now(inbox.next_batch, 9, 2, clocks_first=True)) == ["update 1"]


def test_what_arrived_comes_back_whole(store: Store, noon: datetime) -> None:
    """Source, number, sender, body and moment are as they were kept."""
    store.write_now(inbox.keep, [Arrival("clock", "nudge-7", "d", "ann", "{}", noon)])

    kept = store.write_now(inbox.next_batch, 1)[0]

    assert (kept.source, kept.external_id, kept.sender) == ("clock", "nudge-7", "ann")
    assert (kept.body, kept.received_at, kept.attempts) == ("{}", noon, 0)


@pytest.mark.parametrize(
    ("outcome", "body_left"), [("done", False), ("ignored", False), ("dead", True)]
)
def test_only_what_was_given_up_keeps_its_body(
    store: Store, noon: datetime, outcome: inbox.Outcome, body_left: bool
) -> None:
    """Patients' words live in the journal; what nobody could handle is kept for the operator."""
    store.write_now(inbox.keep, [arrival(1, "ann", noon)])
    kept = store.write_now(inbox.next_batch, 1)[0]
    store.write_now(inbox.finish, [kept.id], outcome, noon)

    body = store.read_now(lambda unit: unit.connection.execute(select(table.c.body)).scalar_one())

    assert (body is not None) is body_left
    assert store.write_now(inbox.next_batch, 1) == []


def test_failures_are_counted_and_hold_up_only_their_sender(store: Store, noon: datetime) -> None:
    """A poisonous message waits for its next attempt, and its sender's later ones wait behind."""
    store.write_now(inbox.keep, [arrival(n, who, noon) for n, who in enumerate(["ann", "bob"])])
    store.write_now(inbox.keep, [arrival(9, "ann", noon + timedelta(hours=1))])
    poison, fine = store.write_now(inbox.next_batch, 9)
    store.write_now(inbox.fail, poison.id, "KeyError", noon)
    store.write_now(inbox.finish, [fine.id], "done", noon)

    waiting = store.write_now(inbox.next_batch, 9)
    assert [(each.body, each.attempts) for each in waiting] == [("update 0", 1)]
    assert store.read_now(inbox.counts) == inbox.Counts(2, 1, 0, noon)

    store.write_now(inbox.finish, [poison.id], "dead", noon)
    assert bodies(store.write_now(inbox.next_batch, 9)) == ["update 9"]
    assert store.read_now(inbox.counts) == inbox.Counts(1, 0, 1, noon + timedelta(hours=1))


def test_a_body_that_cannot_be_opened_stops_nobody_else(store: Store, noon: datetime) -> None:
    """The broken one is given without a body; the others are given as ever."""
    store.write_now(inbox.keep, [arrival(1, "ann", noon), arrival(2, "bob", noon)])
    swap = "UPDATE inbox SET body = (SELECT body FROM inbox WHERE id = 2) WHERE id = 1"
    store.write_now(lambda unit: unit.connection.execute(text(swap)).rowcount)

    assert bodies(store.write_now(inbox.next_batch, 9)) == [None, "update 2"]


@pytest.mark.postgres
def test_two_processes_never_get_the_same_message(
    two_processes: tuple[Unit, Unit], noon: datetime
) -> None:
    """What one process is handling the other leaves alone, and so its sender's later ones."""
    one, other = two_processes
    inbox.keep(one, [arrival(n, who, noon) for n, who in enumerate(["ann", "ann", "bob", "cem"])])
    one.connection.commit()

    first = inbox.next_batch(one, 2)
    second = inbox.next_batch(other, 9)
    assert (bodies(first), bodies(second)) == (["update 0", "update 2"], ["update 3"])

    inbox.finish(one, [each.id for each in first], "done", noon)
    assert bodies(inbox.next_batch(other, 9)) == ["update 3"]
    one.connection.commit()
    assert bodies(inbox.next_batch(other, 9)) == ["update 1", "update 3"]


@pytest.mark.postgres
def test_many_processes_handle_everything_once_and_in_order(
    postgres_url: str, vault: Vault, noon: datetime
) -> None:
    """Four processes empty one inbox: nothing twice, nothing lost, each sender in order."""
    stores = [Store.open(postgres_url, vault) for _ in range(4)]
    arrivals = [arrival(n, f"sender {n % 7}", noon) for n in range(140)]
    stores[0].write_now(inbox.keep, arrivals)
    handled: list[int] = []

    def handle(unit: Unit) -> int:
        batch = inbox.next_batch(unit, 3)
        # in the transaction: the next of a sender can only be seen after its commit
        handled.extend(int(each.external_id) for each in batch)
        inbox.finish(unit, [each.id for each in batch], "done", noon)
        return inbox.counts(unit).waiting

    def empty(store: Store) -> None:
        while store.write_now(handle):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(empty, stores))
    for store in stores:
        store.close()

    assert sorted(handled) == list(range(140))
    for sender in range(7):
        own = [number for number in handled if number % 7 == sender]
        assert own == sorted(own)
