"""The hint after an answer that fits none names words that do fit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flows import reading
from flows.hearing import FIRM
from flows.program import Release
from flows.steps import Ask
from tests.flows.starts import real_release

QUOTED = re.compile(r"[“\"]([^”\"]+)[”\"]")


def test_every_word_quoted_in_a_hint_is_an_answer() -> None:
    """Whoever types what the hint says is understood, and no command takes the words away."""
    assert list(_unread(real_release())) == []


def _unread(release: Release) -> Iterator[tuple[str, str, str]]:
    for flow in release.flows.values():
        for step in flow.steps:
            if isinstance(step, Ask):
                quoted = QUOTED.findall(step.again or "")
                yield from (
                    (flow.id, step.ask, words)
                    for words in quoted
                    if not _is_read(release, step, words)
                )


def _is_read(release: Release, question: Ask, words: str) -> bool:
    command = reading.read_command(words, release.messages.spoken)
    if command in {"later", "skip", "back", "simpler"}:
        return True
    labels = {label.casefold() for label in question.choices.values()}
    if command in FIRM and words.casefold() not in labels:
        return False
    return reading.read_choice(words, question.choices) is not None
