"""A patient has everything erased: in the chat, in the database, on the disk, and at once."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select

from bot.service.erasing import LIST
from bot.store import clearing
from bot.store.tables import contacts, outbox, patients
from bot.store.unit import Unit
from tests.journeys.processes import until
from tests.journeys.scripts import PLACE, SUITED, WELCOME
from tests.journeys.world import World

BLANK = "·"


def reachable(unit: Unit) -> tuple[int, int]:
    """How many people can be reached, and how many posts are kept for them."""
    count = unit.connection.execute
    people = count(select(func.count()).select_from(contacts)).scalar_one()
    return people, count(select(func.count()).select_from(outbox)).scalar_one()


def names(unit: Unit) -> list[tuple[str, str]]:
    """The pseudonym and phase of everybody who ever was a patient."""
    query = select(patients.c.pseudonym, patients.c.phase).order_by(patients.c.id)
    return [(row.pseudonym, row.phase) for row in unit.connection.execute(query)]


def test_whoever_types_the_word_is_erased_and_the_chat_is_cleared(world: World) -> None:
    """New messages are deleted, older ones of the bot blank; theirs stay, which they are told."""
    her = world.patient()
    her.answers(*WELCOME, *PLACE)
    old = {bubble.number for bubble in her.everything()}
    world.skips(days=3)
    her.sees()
    new = {bubble.number for bubble in her.answers(*SUITED)}
    [(name, _)] = world.read(names)

    asked = her.answers("/erase", "yes, please do")
    nothing = world.read(names)
    her.answers("Yes, go on")
    done = her.answers("erase")

    assert "What goes:" in asked
    assert nothing == [(name, "screening")]
    assert "It is done." in done
    assert world.read(names) == [(name, "withdrawn")]
    assert name in Path(world.bot.settings["DATA_DIR"], LIST).read_text()

    world.skips(minutes=10)
    until(lambda: world.read(clearing.waiting) == 0, "the chat is cleared")
    until(lambda: world.read(reachable) == (0, 0), "the way to it is forgotten")
    left = world._chat(her.number)["messages"]
    ours = {each["message_id"]: each["text"] for each in left if each["from"] == "bot"}
    theirs = [each["text"] for each in left if each["from"] == "user"]
    last = done.with_words("It is done.").text
    assert ours.keys() >= old
    assert not ours.keys() & new
    assert set(ours.values()) == {BLANK, last}
    assert theirs == ["/start", "London"]
    assert not any(each["keyboard_live"] for each in left)

    again = her.answers("/start")
    assert "Let's start" in again[-1].labels
    assert [phase for _, phase in world.read(names)] == ["withdrawn", "consenting"]
