"""When the network or Telegram misbehaves: nothing is lost, and nothing overtakes."""

from __future__ import annotations

import pytest

from tests.journeys.people import Seen
from tests.journeys.scripts import PLACE, SUITED, WELCOME
from tests.journeys.world import World

READY = (*WELCOME, *PLACE)
CHECKED = ("8 or older", "any of these signs", "three months", "Has a doctor", "four small parts")


def test_a_minute_without_network_loses_nothing_and_keeps_the_order(world: World) -> None:
    """What patients write meanwhile waits at Telegram; what we send waits in the outbox."""
    patients = [world.patient() for _ in range(3)]
    for patient in patients:
        patient.rushes(*READY)
    for patient in patients:
        patient.sees()

    world.do("network", down_for=3)
    for patient in patients:
        patient.rushes(*SUITED)
    heard = [patient.sees() for patient in patients]

    for seen in heard:
        assert in_order(seen, CHECKED[1:])
    assert all(world.kept(p).state.phase == "baseline" for p in patients)


@pytest.mark.parametrize(
    ("fault", "may_repeat"),
    [
        ({"kind": "429", "retry_after": 1, "times": 2}, False),
        ({"kind": "500", "times": 2}, True),
        ({"kind": "reset", "times": 2}, True),
        ({"kind": "drop_before", "times": 1}, True),
        ({"kind": "accept_then_hang", "seconds": 1, "times": 1}, True),
        ({"kind": "accept_then_drop", "times": 1}, True),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_a_bubble_that_failed_is_sent_again_before_the_next(
    world: World, fault: dict[str, object], may_repeat: bool
) -> None:
    """In order, complete, and repeated only where nobody can know whether it had arrived."""
    calm, stormy = world.patient(), world.patient()
    calm.rushes(*READY)
    stormy.rushes(*READY[:-1])
    stormy.sees()
    calm.sees()

    world.do("faults", method="sendMessage", chat=stormy.number, after=1, **fault)
    stormy.rushes(READY[-1], *SUITED)
    calm.rushes(*SUITED)
    stormy.sees()
    calm.sees()

    texts = [bubble.text for bubble in stormy.everything()]
    assert without_repeats(texts) == [bubble.text for bubble in calm.everything()]
    assert len(texts) == len(set(texts)) or may_repeat


def test_a_reminder_is_rather_lost_than_sent_twice(world: World) -> None:
    """If Telegram took it and then fell silent, it counts as sent."""
    patient = world.patient()
    patient.rushes(*READY)
    patient.sees()

    world.do("faults", kind="accept_then_drop", method="sendMessage", chat=patient.number)
    world.skips(days=1)
    reminders = patient.sees()

    assert ["I kept your place" in bubble.text for bubble in reminders] == [True]


def test_a_patient_who_blocks_the_bot_is_left_alone_and_the_care_team_knows(world: World) -> None:
    """No reminder is tried; an open alert says that the chat is closed; coming back works."""
    lee = world.clinician("Dr Lee")
    patient = world.patient()
    patient.rushes(*READY)
    patient.answers("/person", "Ask them to write")
    lee.sees()

    patient.blocks()
    alert = lee.sees().with_words("can no longer be reached")
    tried = len(world.calls("sendMessage", patient))
    world.skips(days=1)
    lee.says("Are you there?", reply_to=alert)
    lee.sees()
    lee.taps("Send")

    assert len(world.calls("sendMessage", patient)) == tried
    assert "can't be reached by the bot now" in lee.sees()
    assert ("unreachable", "amber") in [each[:2] for each in world.kept(patient).alerted]
    patient.unblocks()
    assert "Your place is kept" in patient.sees()
    assert world.kept(patient).state.nudge is not None


def test_a_chat_that_refuses_our_words_is_as_good_as_blocked(world: World) -> None:
    """Telegram may tell of a block only when we try to write; that is believed."""
    patient = world.patient()
    patient.rushes(*READY)
    patient.sees()

    world.do("faults", kind="403", method="sendMessage", chat=patient.number)
    patient.says("/help")
    world.until_quiet()

    assert world.kept(patient).state.reachable is False
    assert world.kept(patient).state.nudge is None


def in_order(seen: Seen, words: tuple[str, ...]) -> bool:
    """Whether bubbles say these words one after the other."""
    bubbles = iter(seen)
    return all(any(each in bubble.text for bubble in bubbles) for each in words)


def without_repeats(texts: list[str]) -> list[str]:
    """The texts without those that only repeat the one before."""
    return [text for place, text in enumerate(texts) if texts[:place][-1:] != [text]]
