"""New content: whoever began on the old one is as safe as before; broken content never starts."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app.run import site_for
from bot.content.mistakes import ContentError
from bot.content.proofreading import proofread, proofread_to_start
from bot.content.reading import read
from bot.settings import Settings
from tests.bot.service.practice import Practice, told_just
from tests.flows.starts import CONTENT
from tests.life.releases import folder_of

TITLE = "Words that may mean suicide or self-harm were written in the chat."
NEW_TITLE = "Words of need, as the new content puts it."
RENAMED = {
    "escalation.yaml": ("rule: crisis-words", "rule: crisis-phrase"),
    "crisis.yaml": ("hard_rule: crisis-words", "hard_rule: crisis-phrase"),
}


def changed(folder: Path, edits: dict[str, tuple[str, str]]) -> Path:
    """A copy of the real content in which these words, each there once, are others."""
    pack = Path(shutil.copytree(CONTENT, folder / "content"))
    for name, (old, new) in edits.items():
        text = (pack / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} in {name}"
        (pack / name).write_text(text.replace(old, new), encoding="utf-8", newline="\n")
    return pack


@pytest.fixture
def renamed(tmp_path: Path) -> Path:
    """Good content in which the rule of crisis words has another name and other words."""
    pack = changed(tmp_path, RENAMED)
    rules = pack / "escalation.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace(TITLE, NEW_TITLE), encoding="utf-8")
    assert proofread_to_start(pack).errors == ()
    return pack


async def test_whoever_stands_in_the_old_content_gets_help_and_its_alert_keeps_its_words(
    practice: Practice, renamed: Path
) -> None:
    """The rule has another name meanwhile; a newcomer's alert has the new one."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "at-consent")
    lee.news()
    practice.start(read(renamed))

    await ann.says("I want to die")
    assert "9-8-8" in ann.news()[0]
    assert told_just(lee.news(), TITLE)

    bob = practice.person(2)
    await bob.says("I want to die")
    assert "9-8-8" in bob.news()[0]
    assert told_just(lee.news(), NEW_TITLE)
    assert [who.alerts[0].rule for who in (ann, bob)] == ["crisis-words", "crisis-phrase"]


async def test_alerts_of_the_old_content_are_told_listed_handed_over_and_closed(
    practice: Practice, renamed: Path
) -> None:
    """An alert carries its own words and clock, whatever became of its rule."""
    lee = await practice.clinician(9, "Dr Lee")
    ann, bob = await practice.patient(1, "at-consent"), await practice.patient(2, "at-consent")
    await ann.says("I want to die")
    await bob.says("/person")
    await bob.taps("Ask them to write")
    lee.news()
    practice.start(read(renamed))

    await practice.wait(timedelta(minutes=16))
    assert told_just(again := lee.news(), "Nobody has taken this yet. Red: act now")
    assert TITLE in again[0]
    await practice.wait(timedelta(hours=5))
    assert told_just(lee.news(), "Red: act now", "Amber: within one working day")

    await lee.says("/alerts")
    (listed,) = lee.news()
    assert f"1 Red: act now: {TITLE}" in listed
    assert "2 Amber: within one working day: The patient asked for a person." in listed

    kim = await practice.clinician(8, "Kim")
    assert told_just(kim.news(), "Welcome, Kim.", TITLE, "The patient asked for a person.")
    await kim.brings("alert.1.take")
    await kim.taps("Close it")
    await kim.taps("We spoke")
    assert [each.state for each in ann.alerts] == ["closed"]
    assert ann.state.held is None


@pytest.mark.parametrize(
    "edits",
    [
        {"escalation.yaml": RENAMED["escalation.yaml"]},
        {"crisis.yaml": ("soft_reply: safety/unclear-words", "soft_reply: safety/no-such-talk")},
        {"crisis.yaml": ("unanswered_rule: check-unanswered", "unanswered_rule: nobody")},
        {"messages.yaml": ("  c-alert: |", "  c-alarm: |")},
        {"messages.yaml": ("  c-fault-urgent: |", "  c-fault-hasty: |")},
    ],
    ids=lambda edits: " ".join(new for _, new in edits.values()),
)
def test_what_the_checker_refuses_never_starts(
    tmp_path: Path, edits: dict[str, tuple[str, str]]
) -> None:
    """A rule, a reply or a text that is missing would leave someone in need without an answer."""
    pack = changed(tmp_path, edits)

    with pytest.raises(ContentError) as refused:
        site_for(Settings(content_dir=pack))

    assert refused.value.mistakes == proofread(pack).errors


def test_the_real_content_starts() -> None:
    """What is refused is refused for its mistakes."""
    site = site_for(Settings(content_dir=CONTENT))

    assert site.release.hash == read(CONTENT).hash


async def test_what_is_open_is_finished_as_it_was_begun(practice: Practice, tmp_path: Path) -> None:
    """A question that was put into the middle is asked of whoever comes after, and not before."""
    to_pain = ("Yes, 18 or older", "None of these", "Yes")
    asked = "Is it there on most days of a week?"
    ann = await practice.patient(1, "placed")
    practice.start(read(folder_of("longer", tmp_path)))
    bob = await practice.patient(2, "placed")

    for answer in to_pain:
        await ann.says(answer)
        await bob.says(answer)

    assert [any(asked in text for text in who.news()) for who in (ann, bob)] == [False, True]
    assert ann.state.release != bob.state.release
