"""What must go out goes out in order for each contact, urgent lanes first, and is not forgotten."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, get_args

import pytest
from sqlalchemy import select, text, update

from bot.keys import Vault
from bot.store import outbox, people, prompts
from bot.store.going import HANGS_AFTER, KNOWN_AFTER
from bot.store.outbox import Lane, NewPost, Post, Result, Shape
from bot.store.people import Patient
from bot.store.store import Store
from bot.store.tables import outbox as table
from bot.store.tables import patients
from bot.store.unit import Unit

MINUTE = timedelta(minutes=1)
A_MOMENT = timedelta(milliseconds=1)
Enrol = Callable[..., Patient]


def post(to: Patient, body: str, lane: Lane = "reply", shape: Shape = "bubble") -> NewPost:
    """A post to a patient."""
    assert to.contact_id is not None
    return NewPost(to.contact_id, lane, shape, body, to.created_at, patient_id=to.id, turn=3)


def add(store: Store, *posts: NewPost) -> None:
    """Keep posts."""
    store.write_now(outbox.add, posts)


def prompts_of(unit: Unit, contact: int) -> dict[int, tuple[int, str]]:
    """The messages that the prompts of turns 3 and 4 became, by turn."""
    found = prompts.messages_of(unit, [(contact, 3), (contact, 4)])
    return {turn: prompts.opened(unit, row) for (_, turn), row in found.items()}


def claim(store: Store, at: datetime, limit: int = 9) -> list[Post]:
    """What a sender may send now, to so many people."""
    return store.write_now(outbox.claim, at, limit)


def bodies(posts: list[Post]) -> list[str]:
    """What posts say."""
    return [each.body for each in posts]


def sent(store: Store, at: datetime, *posts: Post, message_id: int = 100) -> None:
    """Telegram took these posts."""
    results = [
        became(each, "sent", at, each.attempts + 1, message_id=message_id + place)
        for place, each in enumerate(posts)
    ]
    store.write_now(outbox.settle, results)


def became(post: Post, state: outbox.State, at: datetime, attempts: int, **more: Any) -> Result:
    """What became of a post in the claim that it was taken in."""
    return Result(post.id, state, at, attempts, claims=post.claims, **more)


def states(store: Store) -> dict[int, str]:
    """The state of each post, in order."""
    query = select(table.c.id, table.c.state).order_by(table.c.id)
    return store.read_now(
        lambda unit: {row.id: row.state for row in unit.connection.execute(query)}
    )


def test_each_contact_gets_its_posts_in_order(store: Store, enrol: Enrol, noon: datetime) -> None:
    """All that waits goes together; what comes meanwhile waits until each of these has arrived."""
    ann, bob = enrol("ann"), enrol("bob")
    add(store, post(ann, "a1"), post(ann, "a2"), post(bob, "b1"), post(ann, "a3"))
    first = claim(store, noon)
    add(store, post(ann, "a4"), post(bob, "b2"))

    seen = [bodies(first), bodies(claim(store, noon))]
    for each in first:
        sent(store, noon, each)
        seen.append(bodies(claim(store, noon)))

    assert seen == [["a1", "a2", "a3", "b1"], [], [], [], ["a4"], ["b2"]]


def test_an_answer_goes_together_and_the_next_one_by_itself(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """No more than one answer is ever told again because a process died."""
    old_buttons = replace(post(patient, "buttons of 1", shape="settle"), turn=1)
    add(
        store,
        *(replace(post(patient, body), turn=2) for body in ("words", "question")),
        old_buttons,
        replace(post(patient, "next question"), turn=3),
    )

    chain = claim(store, noon)
    sent(store, noon, *chain)

    assert bodies(chain) == ["words", "question", "buttons of 1"]
    assert bodies(claim(store, noon)) == ["next question"]


@pytest.mark.parametrize("lane", ["crisis", "alert", "nudge"])
def test_only_replies_go_behind_something_else(
    store: Store, patient: Patient, noon: datetime, lane: Lane
) -> None:
    """Help must not be held by a call that hangs, nor a nudge be lost that was never sent."""
    add(store, post(patient, "first", lane), post(patient, "reply"), post(patient, "last", lane))

    chain = claim(store, noon)
    sent(store, noon, *chain)

    assert (bodies(chain), bodies(claim(store, noon))) == (["first", "reply"], ["last"])


def test_urgent_lanes_go_first_when_not_everything_can(
    store: Store, enrol: Enrol, noon: datetime
) -> None:
    """Crisis and alerts before replies before nudges, and the oldest first among equals."""
    lanes: tuple[Lane, ...] = ("nudge", "reply", "alert", "reply", "crisis", "nudge")
    posts = [post(enrol(f"{n}"), f"{lane} {n}", lane) for n, lane in enumerate(lanes)]
    add(store, *posts)

    seen = [body for _ in range(3) for body in bodies(claim(store, noon, limit=2))]

    assert seen == ["alert 2", "crisis 4", "reply 1", "reply 3", "nudge 0", "nudge 5"]


def test_a_crisis_reply_waits_for_what_was_said_before_it(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """Nothing may appear beneath the crisis reply that was decided before it."""
    add(store, post(patient, "well done"), post(patient, "help", "crisis"))

    first = claim(store, noon)
    sent(store, noon, *first)
    second = claim(store, noon)

    assert (bodies(first), bodies(second)) == (["well done"], ["help"])


def test_a_contact_that_must_wait_is_left_alone(store: Store, enrol: Enrol, noon: datetime) -> None:
    """Telegram said later: neither that post nor those after it, until then."""
    ann, bob = enrol("ann"), enrol("bob")
    add(store, post(ann, "a1"), post(ann, "a2"), post(bob, "b1"))
    first, second, _ = claim(store, noon)
    later = became(first, "pending", noon, first.attempts, not_before=noon + MINUTE)
    unsent = became(second, "pending", noon, second.attempts)
    store.write_now(outbox.settle, [later, unsent])

    assert claim(store, noon + MINUTE / 2) == []
    assert bodies(claim(store, noon + MINUTE)) == ["a1", "a2"]


def test_a_post_comes_back_whole(store: Store, patient: Patient, noon: datetime) -> None:
    """Whatever the sender needs is there, and the body is what was decided."""
    store.write_now(people.meet, lookup="staff", chat="9")
    add(
        store,
        replace(post(patient, "ça va", "nudge", "picture"), turn=8),
        NewPost(2, "alert", "bubble", "for the team", noon),
    )

    alert, nudge = claim(store, noon)

    assert nudge == Post(
        1,
        patient.contact_id or 0,
        patient.id,
        None,
        "nudge",
        "picture",
        8,
        "ça va",
        0,
        noon,
        None,
        1,
    )
    assert (alert.contact_id, alert.patient_id, alert.body) == (2, None, "for the team")


def test_the_prompt_of_a_turn_is_its_last_bubble(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """Its buttons are taken off by editing that message."""
    contact = patient.contact_id or 0
    add(store, post(patient, "hello"), post(patient, "question"), post(patient, "x", shape="toast"))
    for number in (41, 42, 43):
        sent(store, noon, *claim(store, noon), message_id=number)

    assert store.read_now(prompts_of, contact) == {3: (42, "question")}
    found = store.read_now(outbox.by_message, contact, 41)
    assert found is not None
    assert (found.body, found.message_id) == ("hello", 41)
    assert store.read_now(outbox.by_message, contact, 99) is None


def test_an_edit_does_not_hide_the_message_that_it_edited(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """Both carry the number; a reply to it belongs to the first."""
    add(store, post(patient, "question"), post(patient, "edit", shape="settle"))
    for _ in range(2):
        sent(store, noon, *claim(store, noon), message_id=41)

    found = store.read_now(outbox.by_message, patient.contact_id or 0, 41)
    assert found is not None
    assert found.body == "question"


def test_after_a_crash_each_kind_is_treated_by_what_a_repeat_costs(
    store: Store, enrol: Enrol, noon: datetime
) -> None:
    """Nobody knows what arrived: nudges are not repeated, toasts are moot, the rest is."""
    kinds: dict[tuple[Lane, Shape], str] = {
        ("crisis", "bubble"): "pending",
        ("alert", "bubble"): "pending",
        ("reply", "bubble"): "pending",
        ("reply", "settle"): "pending",
        ("reply", "document"): "pending",
        ("reply", "toast"): "dropped",
        ("nudge", "bubble"): "doubtful",
        ("nudge", "toast"): "dropped",
    }
    for place, (lane, shape) in enumerate(kinds):
        add(store, post(enrol(f"{place}"), "body", lane, shape))
    assert len(claim(store, noon)) == len(kinds)

    store.write_now(outbox.recover, noon + MINUTE)

    assert list(states(store).values()) == list(kinds.values())
    assert [each.attempts for each in claim(store, noon + MINUTE)] == [1] * 5


def test_a_crisis_reply_stays_beneath_what_a_restart_sends_again(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """The question before it may go at once: sent later, it would stand beneath the help."""
    add(store, post(patient, "a question"), post(patient, "help", "crisis"))
    claim(store, noon)

    store.write_now(outbox.recover, noon)

    assert bodies(claim(store, noon)) == ["a question"]


def test_what_another_process_is_sending_is_not_recovered(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """A process that starts leaves the others' work alone until their lease is over."""
    add(store, post(patient, "hello"))
    claim(store, noon)

    store.write_now(outbox.recover, noon + MINUTE, 2 * MINUTE)
    assert states(store) == {1: "sending"}
    store.write_now(outbox.recover, noon + 2 * MINUTE, 2 * MINUTE)
    assert states(store) == {1: "pending"}


def test_a_clock_set_back_strands_nothing(store: Store, patient: Patient, noon: datetime) -> None:
    """What was claimed far in the future is recovered too."""
    add(store, post(patient, "hello"))
    claim(store, noon)

    store.write_now(outbox.recover, noon - 3 * MINUTE, 2 * MINUTE)

    assert states(store) == {1: "pending"}


def test_a_clock_a_moment_behind_takes_nothing_out_of_the_air(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """Whoever looked at the clock just before a post was claimed does not have it sent twice."""
    add(store, post(patient, "hello"))
    claim(store, noon)

    store.write_now(outbox.recover, noon - MINUTE / 60, 2 * MINUTE)

    assert states(store) == {1: "sending"}


@pytest.mark.parametrize("state", get_args(outbox.State))
def test_only_pending_posts_are_sent(
    store: Store, patient: Patient, noon: datetime, state: outbox.State
) -> None:
    """Every other state is the end of it, or in somebody's hands."""
    add(store, post(patient, "hello"))
    first = claim(store, noon)[0]
    store.write_now(outbox.settle, [became(first, state, noon, 1, error="Forbidden")])

    assert bodies(claim(store, noon)) == (["hello"] if state == "pending" else [])
    claimed = {"sending": 1} if state == "pending" else {state: 1}
    assert store.read_now(outbox.counts) == ({} if state == "sent" else claimed)


def test_the_oldest_that_waits_is_known(store: Store, enrol: Enrol, noon: datetime) -> None:
    """Its age tells whether the sender keeps up."""
    assert store.read_now(outbox.oldest) is None
    old, new = enrol("ann"), enrol("bob")
    add(store, post(old, "old"), replace(post(new, "new"), created_at=noon + MINUTE))

    assert store.read_now(outbox.oldest) == noon
    sent(store, noon, *claim(store, noon, limit=1))
    assert store.read_now(outbox.oldest) == noon + MINUTE


def test_a_body_that_cannot_be_opened_stops_nobody_else(
    store: Store, enrol: Enrol, noon: datetime
) -> None:
    """It is refused by name, and the others are sent."""
    add(store, post(enrol("ann"), "a1"), post(enrol("bob"), "b1"))
    swap = "UPDATE outbox SET body = (SELECT body FROM outbox WHERE id = 2) WHERE id = 1"
    store.write_now(lambda unit: unit.connection.execute(text(swap)).close())

    assert bodies(claim(store, noon)) == ["b1"]
    assert states(store) == {1: "refused", 2: "sending"}


@pytest.mark.postgres
def test_two_processes_never_send_the_same_post(
    two_processes: tuple[Unit, Unit], noon: datetime
) -> None:
    """Nor anything to somebody to whom the other is sending."""
    one, other = two_processes
    contacts = [people.meet(one, lookup=name, chat=name).id for name in ("ann", "bob", "cem")]
    first_each = [NewPost(to, "reply", "bubble", f"first of {to}", noon) for to in contacts]
    second = NewPost(contacts[0], "reply", "bubble", "second of 1", noon)
    outbox.add(one, [*first_each, second])
    one.connection.commit()

    batches = [outbox.claim(one, noon, 2), outbox.claim(other, noon, 9)]
    for each in (one, other):
        each.finish()
        each.connection.commit()
    batches.append(outbox.claim(other, noon, 9))

    assert [bodies(batch) for batch in batches] == [
        ["first of 1", "second of 1", "first of 2"],
        ["first of 3"],
        [],
    ]


@pytest.mark.postgres
def test_many_processes_send_everything_once_and_in_order(
    postgres_url: str, vault: Vault, noon: datetime
) -> None:
    """Four senders empty one outbox: nothing twice, nothing lost, each contact in order."""
    stores = [Store.open(postgres_url, vault) for _ in range(4)]
    contacts = [stores[0].write_now(people.meet, lookup=f"{n}", chat=f"{n}").id for n in range(7)]
    posts = [NewPost(contacts[n % 7], "reply", "bubble", f"{n}", noon) for n in range(140)]
    stores[0].write_now(outbox.add, posts)
    delivered: list[int] = []

    def send(store: Store) -> None:
        while store.read_now(outbox.oldest) is not None:
            batch = claim(store, noon, limit=3)
            delivered.extend(int(each.body) for each in batch)
            sent(store, noon, *batch)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, stores))
    for store in stores:
        store.close()

    assert sorted(delivered) == list(range(140))
    for contact in range(7):
        own = [number for number in delivered if number % 7 == contact]
        assert own == sorted(own)


def test_a_clock_set_back_holds_up_nothing(store: Store, patient: Patient, noon: datetime) -> None:
    """What was never put off is sent, even if it seems to come from the future."""
    add(store, post(patient, "help", "crisis"))

    assert bodies(claim(store, noon - 60 * MINUTE)) == ["help"]


def test_what_was_put_off_does_not_wait_for_a_clock_set_back(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """Help that was to be tried again in two seconds would else wait for a day."""
    add(store, post(patient, "help", "crisis"))
    for _ in range(2):
        (help_,) = claim(store, noon)
        later = became(help_, "pending", noon, 1, not_before=noon + MINUTE)
        store.write_now(outbox.settle, [later])
        assert claim(store, noon) == []
        noon -= 1440 * MINUTE


def test_help_does_not_wait_for_a_picture_that_failed(
    store: Store, patient: Patient, noon: datetime
) -> None:
    """A crisis reply keeps its place behind what is new, but not behind what is tried again."""
    add(store, post(patient, "picture"), post(patient, "help", "crisis"))
    (picture,) = claim(store, noon)
    failed = became(picture, "pending", noon, picture.attempts + 1, not_before=noon + MINUTE)
    store.write_now(outbox.settle, [failed])

    assert bodies(claim(store, noon)) == ["help"]


def test_a_patient_whose_key_is_gone_holds_up_nobody(
    store: Store, enrol: Enrol, noon: datetime
) -> None:
    """What cannot be opened is refused, and the others get theirs."""
    ann, bob = enrol("ann"), enrol("bob")
    add(store, post(ann, "a1"), post(bob, "b1"))
    lose_key(store, ann)

    assert bodies(claim(store, noon)) == ["b1"]
    assert store.read_now(outbox.counts)["refused"] == 1


def lose_key(store: Store, who: Patient) -> None:
    """Make the patient's data key unusable, as erasing will."""
    gone = update(patients).where(patients.c.id == who.id).values(wrapped_key=b"gone")

    def lose(unit: Unit) -> None:
        unit.connection.execute(gone)

    store.write_now(lose)


def test_help_overtakes_a_call_that_hangs(store: Store, patient: Patient, noon: datetime) -> None:
    """A card that waits for a picture that never arrives is no help."""
    add(store, post(patient, "picture"), post(patient, "words"), post(patient, "help", "crisis"))
    assert bodies(claim(store, noon)) == ["picture", "words"]

    assert claim(store, noon + HANGS_AFTER / 2) == []
    assert bodies(claim(store, noon + HANGS_AFTER)) == ["help"]
    assert claim(store, noon + 2 * HANGS_AFTER) == []


@pytest.mark.parametrize(("began", "waits"), [(-1, KNOWN_AFTER), (1, 3 * KNOWN_AFTER)])
def test_help_waits_longer_for_a_call_of_a_process_that_may_be_dead(
    store: Store, patient: Patient, noon: datetime, began: int, waits: timedelta
) -> None:
    """What it was sending waits again as soon as it is known to be gone, and comes first then."""
    since = noon + began * 2 * KNOWN_AFTER
    add(store, post(patient, "first", "crisis"), post(patient, "then", "crisis"))
    assert bodies(claim(store, noon)) == ["first"]

    def claimed_by_another(at: datetime) -> list[str]:
        return bodies(store.write_now(partial(outbox.claim, by=2, began=since), at, 9))

    assert claimed_by_another(noon + waits - A_MOMENT) == []
    assert claimed_by_another(noon + waits + A_MOMENT) == ["then"]
