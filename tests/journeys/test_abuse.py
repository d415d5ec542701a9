"""A shared phone, a flood and a strange group, with the real bot and a real Bot API server."""

from __future__ import annotations

from tests.journeys.processes import until
from tests.journeys.scripts import PLACE, SUITED, WELCOME
from tests.journeys.team import Room
from tests.journeys.world import World

PIN = "471108"


def test_on_a_shared_phone_no_pin_stays_and_nothing_shows_on_the_lock_screen(world: World) -> None:
    """The message with the digits is gone from the chat; notes and reminders are hidden."""
    her = world.patient()
    her.answers(*WELCOME, *PLACE, *SUITED)

    assert "Your PIN is set" in her.answers("/pin", PIN, PIN)
    assert "No notes yet." in her.answers("/cards")
    her.answers("/settings", "PIN, discreet mode", "Discreet mode", "Turn it on", "/cards")
    world.skips(days=3)

    assert PIN not in {told.text for told in her.everything()}
    deleted = [call["params"]["message_ids"] for call in world.calls("deleteMessages", her)]
    assert len(deleted) == 2
    sent = [call["params"] for call in world.calls("sendMessage", her)]
    notes = [each.get("protect_content", False) for each in sent if "No notes" in each["text"]]
    assert notes == [False, True]
    reminder = next(each for each in sent if each["text"].startswith("Something is here"))
    hidden = reminder["entities"][0]
    assert (hidden["type"], hidden["offset"] + hidden["length"]) == (
        "spoiler",
        len(reminder["text"]),
    )
    assert PIN not in world.bot.log.read_text()


def test_a_strange_group_is_left_and_hears_nothing(world: World) -> None:
    """Telegram shows who put it there; the bot writes no word."""
    room = Room(world, "Chess club", world.patient())

    world.until_quiet()
    world.skips(minutes=2)
    until(lambda: world.see(f"group/{-room.number}")["kicked"], "the bot has left")

    assert world.see(f"group/{-room.number}")["messages"] == []


def test_a_flood_leaves_others_their_answers_and_the_writer_help(world: World) -> None:
    """Two hundred messages at once: few answers, one word about it, and the crisis is seen."""
    him, her = world.patient(), world.patient()
    for each in (him, her):
        each.answers(*WELCOME)
    him.rushes(*(f"are you there {number}" for number in range(150)), "I want to die")
    him.rushes(*(f"hello hello {number}" for number in range(49)))

    assert "What would you like to do?" in her.answers("/menu")
    world.until_quiet()
    told = him.sees()

    assert "You can talk to a person here" in told
    assert sum("a lot at once" in bubble.text for bubble in told) == 1
    assert len(told) < 60
    assert [rule for rule, *_ in world.kept(him).alerted] == ["crisis-words"]
