"""Saved people: an author plays a flow as somebody, and no patient's release knows of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.content.mistakes import ContentError
from bot.content.personas import read_personas
from bot.content.proofreading import proofread_for_release
from bot.content.reading import read
from flows.events import Joined
from flows.state import Frame
from flows.turn import turn
from tests.content.packs import TINY, Edit, copy_with

SHIPPED = Path(__file__).parents[2] / "content"
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LEARNING = "learning_days: 20"
ANN = """\
persona: ann
title: Ann, in the middle
learning_days: 20
answers: {goal: Swim again, boom-bust: often}
scores:
  - {measure: mood, items: [1, 1], days_ago: 3}
  - {measure: mood, items: [2, 3], days_ago: 20}
done: {lesson/pacing: 9}
"""


def ann(tmp_path: Path, old: str = "", new: str = "") -> Path:
    """A copy of the tiny pack in which Ann is saved, with these words of hers changed."""
    return copy_with(Edit("personas/ann.yaml", "", ANN.replace(old, new)), tmp_path)


def test_a_saved_person_stands_where_the_file_says(tmp_path: Path) -> None:
    """Answers in words, scores counted, everything so many days ago."""
    pack = ann(tmp_path)
    release = read(pack)

    state = read_personas(pack, release)["ann"].state(release, NOW)

    assert (state.words["goal"], state.answers["boom-bust"]) == ("Swim again", "often")
    assert state.words["boom-bust"] != "often"  # the words on the button
    assert [(s.total, s.at) for s in state.scores] == [
        (5, NOW - timedelta(days=20)),
        (2, NOW - timedelta(days=3)),
    ]
    assert state.finished("lesson/pacing") == NOW - timedelta(days=9)
    assert state.learning_at == NOW - timedelta(days=20)


def test_saved_people_are_no_part_of_the_release(tmp_path: Path) -> None:
    """Patients stay on the release they have when an author saves somebody."""
    assert read(ann(tmp_path)).hash == read(TINY).hash


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "bust: often",
            "bast: often",
            "4: there is no question boom-bast: did you mean boom-bust?",
        ),
        ("bust: often", "bust: daily", "4: nobody can answer boom-bust with daily"),
        ("items: [1, 1]", "items: [1]", "6: mood has 2 items, and here are 1"),
        ("items: [1, 1]", "items: [1, 4]", "6: item 2 goes from 0 to 3: 4 is outside"),
        ("mood, items: [1", "moot, items: [1", "6: there is no measure moot: did you mean mood?"),
        ("pacing: 9", "pace: 9", "8: there is no flow lesson/pace: did you mean lesson/pacing?"),
        ("title: Ann, in the middle\n", "", "1: `title` is missing"),
        (LEARNING, "phase: lerning", "3: there is no phase lerning: did you mean learning?"),
        (LEARNING, "addons: [slep]", "3: there is no add-on slep: write it, or name another one"),
        (LEARNING, "learning_days: -1", "3: learning_days: the number is out of range"),
    ],
)
def test_a_person_who_cannot_be_is_said_with_the_line(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    """The checker finds what no patient could have answered or finished."""
    proof = proofread_for_release(ann(tmp_path, old, new), NOW.date())

    assert [str(mistake) for mistake in proof.errors] == [f"personas/ann.yaml:{said}"]


def test_two_people_have_two_names(tmp_path: Path) -> None:
    """A name leads to one person."""
    pack = ann(tmp_path)
    (pack / "personas" / "zoe.yaml").write_text(ANN, encoding="utf-8")

    with pytest.raises(ContentError, match=r"zoe\.yaml:1: another file has this name already"):
        read_personas(pack, read(pack))


def test_whoever_is_shipped_can_begin_every_flow() -> None:
    """At least five people, and each meets a first bubble wherever an author sends them."""
    release = read(SHIPPED)
    people = read_personas(SHIPPED, release)

    assert len(people) >= 5
    for person in people.values():
        state = person.state(release, NOW)
        for name, flow in release.flows.items():
            first = (Frame(flow=name, step=flow.names[0]),)
            after = turn(release, state.model_copy(update={"stack": first}), Joined(at=NOW))
            assert after.state.stack or after.effects, f"{person.persona} in {name}"
