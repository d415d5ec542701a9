"""Every story in conversations/ goes as it is written there, at every turn through JSON."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path

import pytest

from flows.program import Release
from tests.flows.transcripts import in_words, play, read_story

FOLDER = Path(__file__).with_name("conversations")
STORIES = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_story_goes_as_written(
    path: Path, release: Release, request: pytest.FixtureRequest
) -> None:
    """Word for word; `--update` writes what the bot says now, for people to read the difference."""
    written = read_story(path)
    played, player = play(written, release)
    if request.config.getoption("--update", default=False):
        path.write_text(in_words(played), encoding="utf-8", newline="\n")
        written = played

    before, after = (in_words(each).splitlines() for each in (written, played))

    assert list(unified_diff(before, after, "written", "played", lineterm="")) == []
    assert player.replayed() == player.state, "the journal leads to the stored state"


def test_there_are_stories() -> None:
    """An empty folder would prove nothing."""
    assert len(STORIES) >= 25
