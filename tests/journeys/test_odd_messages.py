"""Whatever arrives, it is kept, answered or left in peace, and the next message is as usual."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.journeys.people import Person
from tests.journeys.scripts import WELCOME
from tests.journeys.world import Json, World

ODD_WORDS = [
    "/",
    "//",
    "/start@paceful_sandbox_bot",
    "/start " + "j" * 64,
    "/nosuchcommand",
    "\u200b\u200d",
    "\x00 and then \x07",
    "\u202egnp.exe",
    "a" + "\u0301" * 3000,
    "👍🏽👩‍👩‍👧‍👧🇳🇱",
    "x" * 4096,
    "{goal} %s {{7*7}} **b** </b> <script> =HYPERLINK('x')",
    "'; DROP TABLE patients; --",
    "NaN",
    "7" + "0" * 400,
]
ATTACHED = ["photo", "voice", "video", "sticker", "document", "location", "contact", "poll", "dice"]


@pytest.fixture(scope="module")
def newcomer(shared_world: World) -> Person:
    """Somebody who is asked for their country just now."""
    person = shared_world.patient()
    person.answers(*WELCOME)
    return person


@pytest.fixture
def patient(world: World, newcomer: Person) -> Person:
    """The newcomer, who takes a breath first, so that all stories together are no flood."""
    world.lets_pass(timedelta(seconds=10))
    return newcomer


@pytest.mark.parametrize("words", ODD_WORDS, ids=lambda words: ascii(words[:16]))
def test_odd_words_are_kept_and_answered(world: World, patient: Person, words: str) -> None:
    """As plain text: nothing in them is a format, a command to the database, or a crash."""
    patient.says(words)
    answer = patient.sees()

    assert answer
    assert len(world.kept(patient).journal) == patient.acts


@pytest.mark.parametrize("kind", ATTACHED)
def test_what_cannot_be_read_is_said_to_be_so(world: World, patient: Person, kind: str) -> None:
    """Pictures, voices, places and dice: kindly, once."""
    patient.sends(kind)

    assert "I can't see pictures or hear voice notes" in patient.sees()


def test_what_is_nobodys_message_is_left_in_peace(world: World, patient: Person) -> None:
    """Groups, channels, other bots and shapes that nobody knows are kept, and not answered."""
    user = {"id": patient.number, "is_bot": False, "first_name": "x"}
    group = {"id": -100, "type": "group", "title": "x"}
    updates: list[Json] = [
        {"message": {"message_id": 9, "date": 1, "from": user, "chat": group, "text": "hello"}},
        {"message": {"message_id": 9, "date": 1, "from": {**user, "is_bot": True}, "text": "hi"}},
        {"channel_post": {"message_id": 9, "date": 1, "chat": group, "text": "news"}},
        {"message": "no object"},
        {"message": {"from": {"id": "no number"}, "text": 7}},
        {"something_of_next_year": {"from": {"is_bot": True}}},
        {},
    ]
    before, handled = len(world.kept(patient).journal), _dead(world)

    for update in updates:
        world.do("raw", update=update)

    assert not patient.sees()
    assert len(world.kept(patient).journal) == before
    assert _dead(world) == handled == 0
    assert patient.answers("/help")


def test_a_tap_on_what_is_long_gone_is_answered_with_a_notice(world: World) -> None:
    """Twice on the same button, or on a keyboard of yesterday: no second answer is kept."""
    patient = world.patient()
    patient.answers("/start")
    prompt = patient.everything()[-1]
    patient.taps_on(prompt, "Let's start")
    patient.taps_on(prompt, "Let's start")
    patient.sees()
    patient.answers("I agree")
    patient.taps_on(prompt, "Let's start")
    patient.sees()

    answers = [each.key for each in world.kept(patient).records.answers]
    assert answers.count("welcome-go") == 1
    assert "That question has moved on." in patient.toasts()


def _dead(world: World) -> Any:
    return world.bot.health()["dead"]
