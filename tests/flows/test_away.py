"""Nobody heard the patient for a day: they are told once, and stand where they stood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from flows.away import LEAP
from flows.effects import Send, Toast
from flows.program import Release
from flows.state import State
from flows.turn import Turn
from flows.wording import plain
from tests.flows.player import Player
from tests.flows.starts import STARTS, begin

FIRST = datetime(2026, 3, 2, 14, tzinfo=UTC)
LONG = timedelta(hours=26)
DEPARTED = {"left"}


def at(release: Release, place: str) -> Player:
    return begin(release, place, FIRST, zone="America/Toronto")


def told(turned: Turn) -> list[str]:
    return [plain(each.text, each.values) for each in turned.effects if isinstance(each, Send)]


def open_places(state: State) -> list[tuple[str, str]]:
    return [(frame.flow, frame.step) for frame in state.stack]


@pytest.mark.parametrize("place", [each for each in STARTS if each not in DEPARTED])
def test_from_any_place_the_same_question_is_asked_again(release: Release, place: str) -> None:
    """The words about the gap come first; what was open is open, what was left stays left."""
    player = at(release, place)
    before = player.state

    words = told(player.away(LONG))

    assert "I could not be reached between" in words[0]
    assert "may be lost" in words[0]
    assert open_places(player.state) == open_places(before)
    assert (player.state.asked is None) == (before.asked is None)
    assert player.state.answers == before.answers


def test_whoever_is_in_danger_reads_the_lines_and_no_other_word(release: Release) -> None:
    """No menu, no "send it again": the numbers to call, and the safety question once more."""
    player = at(release, "in-crisis")
    question = player.question()

    turned = player.away(LONG)
    sends = [each for each in turned.effects if isinstance(each, Send)]

    assert sends[0].values["lines"]
    assert {each.lane for each in sends} == {"crisis"}
    assert not [words for words in told(turned) if "send it again" in words]
    assert player.question() == question


def test_whoever_left_is_left_alone(release: Release) -> None:
    """Nothing is waited for from them."""
    assert told(at(release, "left").away(LONG)) == []


def test_a_clinician_who_writes_is_not_broken_into(release: Release) -> None:
    """The patient hears of the gap; the program asks nothing."""
    player = at(release, "in-baseline")
    player.taken_over("Dr Lee")

    assert len(told(player.away(LONG))) == 1
    assert player.state.asked is None
    assert player.state.taken_by == "Dr Lee"


@pytest.mark.parametrize(
    ("long", "since"),
    [(LONG, "%H:%M, Monday"), (timedelta(days=9), "9 days ago")],
    ids=["a day", "nine days"],
)
def test_the_gap_is_told_on_the_patients_own_clock(
    release: Release, long: timedelta, since: str
) -> None:
    """A weekday where it says which; a number of days where it does not."""
    player = at(release, "in-baseline")
    began = player.local()

    words = told(player.away(long))[0]

    assert f"between {began.strftime(since)} and" in words


def test_buttons_from_after_the_backup_are_stale(release: Release) -> None:
    """The turns that the backup does not know are leapt over, so that no number comes twice."""
    player = at(release, "in-baseline")
    lost = player.state.turn + 7

    player.away(LONG, restored=True)
    turned = player.forge(f"{lost}.5")

    assert player.state.turn > lost + LEAP - 10
    assert any(isinstance(each, Toast) for each in turned.effects)
    assert player.state.answers == at(release, "in-baseline").state.answers
    assert "an older copy of our records" in plain(player.sent[-3].text, player.sent[-3].values)


def test_the_journal_leads_to_the_same_place(release: Release) -> None:
    """A gap is an event like any other."""
    player = at(release, "in-baseline")
    player.away(LONG, restored=True)
    player.choose("5")

    assert player.replayed() == player.state
