"""What the last check found is taken up for what did not change, and for nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.content import checked as checking
from bot.content import proofreading
from bot.content.cache import Cache
from bot.content.checked import Checked
from bot.content.proofreading import Proof, proofread_for_release
from bot.keys import Seal
from flows.walk import Walked, walk_again
from tests.content.packs import TINY, Edit

TODAY = date(2026, 3, 1)
LESSON = "lessons/pacing.yaml"
Harm = Callable[[Path], object]

SETTING_UP = {"flow/consent", "flow/setup"}
LATER = {"flow/ending", "flow/weekly", "lesson/pacing", "nudge/plan"}
EVERYTHING = {*SETTING_UP, *LATER, "safety/crisis"}

UNKNOWN_WORD = Edit(LESSON, "Then make it smaller.", "Then do it less {boom-bust}.")
"""Whoever skips the question has not said how often."""


class Desk:
    """An author's pack, and the folder where checks keep what they found."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pack = Path(shutil.copytree(TINY, folder / "content"))
        self.cache = Cache(folder / "cache", Seal([bytes(32)]))
        self.played: set[str] = set()
        monkeypatch.setattr(proofreading, "walk_again", self._walk)

    def edit(self, edit: Edit) -> None:
        """Make that change in the pack."""
        file = self.pack / edit.file
        text = file.read_text(encoding="utf-8") if edit.old else ""
        assert text.count(edit.old) == 1 or not edit.old
        file.write_text(text.replace(edit.old, edit.new), encoding="utf-8", newline="\n")

    def check(self, *, afresh: bool = False) -> Proof:
        """The proof of the pack, by what was found before if not afresh."""
        return proofread_for_release(self.pack, TODAY, checked=Checked(self.cache, afresh=afresh))

    def whole(self) -> Proof:
        """The proof of the pack by somebody who keeps nothing."""
        return proofread_for_release(self.pack, TODAY)

    def _walk(self, *args: Any) -> Walked:
        walked = walk_again(*args)
        self.played = set(walked.anew)
        return walked


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The desk of an author who has checked the tiny pack once."""
    desk = Desk(tmp_path, monkeypatch)
    assert desk.check() == Proof((), ())
    assert desk.played == EVERYTHING
    return desk


def test_what_did_not_change_is_not_played_and_says_the_same(desk: Desk) -> None:
    """Not one flow is played twice, and each sentence is there again, word for word."""
    desk.edit(UNKNOWN_WORD)
    whole = desk.whole()

    first = desk.check()
    assert desk.played == {"lesson/pacing"}
    again = desk.check()
    assert desk.played == set()

    assert [mistake.text for mistake in first.errors] == [
        "{boom-bust} is not known on the way boom-bust skipped: "
        "give it words for that, {boom-bust|…}"
    ]
    assert again == first == whole


@pytest.mark.parametrize(
    ("edit", "played"),
    [
        (Edit(LESSON, "title: Finding your pace", "title: Your own pace"), {"lesson/pacing"}),
        (Edit("exercises/breathing.yaml", "title: ", "title: Slow "), {"lesson/pacing"}),
        (Edit("flows/weekly.yaml", "title: ", "title: Our "), {"flow/weekly"}),
        (Edit("measures/mood.yaml", "about: ", "about: Low "), EVERYTHING),
        (Edit("messages.yaml", "texts:\n", "texts:\n  "), EVERYTHING),
    ],
    ids=["a lesson", "an exercise inside it", "a flow by itself", "a measure", "a message"],
)
def test_what_rests_on_a_change_is_played_again(desk: Desk, edit: Edit, played: set[str]) -> None:
    """A flow, and whatever opens it; all of them where something changed that all share."""
    desk.edit(edit)
    whole = desk.whole()

    assert desk.check() == whole
    assert desk.played == played


@pytest.mark.parametrize(
    "harm",
    [
        lambda file: file.unlink(),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:-20]),
        lambda file: file.write_bytes(file.read_bytes()[:-1] + b"\0"),
        lambda file: Cache(file.parent, Seal([b"\1" * 32])).keep("checked", "", b"{}"),
    ],
    ids=["gone", "empty", "torn", "changed", "another's key"],
)
def test_what_was_kept_and_harmed_is_found_anew(desk: Desk, harm: Harm) -> None:
    """Nothing is believed that this installation did not seal whole."""
    desk.edit(UNKNOWN_WORD)
    found = desk.check()
    harm(desk.cache.folder / "checked.sealed")

    assert desk.check() == found
    assert desk.played == EVERYTHING


def test_what_other_code_found_is_found_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer checker may find more, and a newer engine may say something else."""
    monkeypatch.setattr(checking, "made_by", lambda *_: "newer code")

    desk.check()

    assert desk.played == EVERYTHING


def test_whoever_asks_for_a_fresh_check_gets_one(desk: Desk) -> None:
    """All is played, and what was found is there for the next check."""
    desk.check(afresh=True)
    assert desk.played == EVERYTHING

    desk.check()
    assert desk.played == set()
