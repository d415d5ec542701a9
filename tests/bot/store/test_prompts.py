"""The prompts of many people are found at once, each by the index."""

from datetime import datetime

from bot.keys import Vault
from bot.store import prompts
from bot.store.outbox import NewPost, Result, add, claim, settle
from bot.store.store import Store
from bot.store.unit import Unit
from tests.bot.store.conftest import Enrol
from tests.bot.store.plans import plans

CHATS = 20


def test_each_gets_the_last_bubble_of_the_turn_that_was_asked_for(
    store: Store, enrol: Enrol, noon: datetime
) -> None:
    """Whoever asks for many people's prompts gets everybody their own."""
    contacts = [enrol(f"person {n}").contact_id or 0 for n in range(CHATS)]
    said = ((1, "before"), (2, "first"), (2, "last"), (3, "after"))
    for turn, words in said:
        post = [
            NewPost(who, "reply", "bubble", f"{words} {who}", noon, turn=turn) for who in contacts
        ]
        store.write_now(add, post)
        store.write_now(sent, noon, turn)

    def look(unit: Unit) -> dict[int, tuple[int, str]]:
        found = prompts.messages_of(unit, [*((who, 2) for who in contacts), (contacts[0], 9)])
        return {who: prompts.opened(unit, row) for (who, _), row in found.items()}

    found = store.read_now(look)

    assert {who: words for who, (_, words) in found.items()} == {n: f"last {n}" for n in contacts}
    assert {number for number, _ in found.values()} == {2}


def test_no_prompt_is_looked_for_in_the_whole_history(sqlite_url: str, vault: Vault) -> None:
    """SQLite goes by the index for every pair; by a list of pairs it would not."""

    def ask(unit: Unit) -> None:
        prompts.messages_of(unit, [(1, 2), (3, 4)])

    store = Store.open(sqlite_url, vault)
    try:
        steps = store.read_now(plans, ask)
    finally:
        store.close()

    assert any("ix_outbox_contact_id_turn" in step for step in steps)
    assert not [step for step in steps if step.startswith("SCAN")]


def sent(unit: Unit, at: datetime, number: int) -> None:
    """Everything that may go is sent, and becomes the message of that number."""
    for post in claim(unit, at, 64):
        settle(unit, [Result(post.id, "sent", at, 1, message_id=number, claims=post.claims)])
