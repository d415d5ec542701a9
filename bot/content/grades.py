"""How hard the texts are to read: the school grade of Flesch and Kincaid, for every bubble."""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import median

from bot.content.syllables import syllables
from flows.placeholders import PLACEHOLDER
from flows.program import Release
from flows.steps import Flow
from flows.walk.finding import Finding, warning
from flows.walk.names import texts_of

HARDEST = 8
"""The highest grade that a bubble may have."""

HARDEST_MEDIAN = 6
"""The highest grade that the middle one of a flow's bubbles may have."""

SHORTEST = 8
"""How many words a text needs to be graded: fewer say too little."""

_HINT = "write shorter sentences and shorter words"
_TEAM = "c-"
"""How the names of the texts for the care team begin."""

_WORD = re.compile(r"[a-z]+(?:['’-][a-z]+)*", re.IGNORECASE)
_ADDRESS = re.compile(r"\S*(?:\d|\w/\w|\w\.\w)\S*|(?<!\S)/\w+")
_STOP = re.compile(r"[.!?…]+(?=\W*(?:\s|$))|\n+(?=\W*[A-Z]|\s*[•–-])|\n\s*\n")


def grade(text: str) -> float | None:
    """The grade of an English text by Kincaid 1975 (10.21236/ADA006655); None if it is short.

    Placeholders, numbers, addresses and commands are left out.
    """
    plain = _ADDRESS.sub(_ending, PLACEHOLDER.sub("", text).replace("*", "").replace("_", ""))
    sentences = [found for part in _STOP.split(plain) if (found := _WORD.findall(part))]
    words = [word for sentence in sentences for word in sentence]
    if len(words) < SHORTEST:
        return None
    heard = sum(map(_syllables, words))
    return 0.39 * len(words) / len(sentences) + 11.8 * heard / len(words) - 15.59


def too_hard(release: Release) -> Iterator[Finding]:
    """Each text of a release that is too hard to read, and each flow whose texts mostly are."""
    if release.program.language != "en":
        text = f"reading grades are known for English only: {release.program.language} has none"
        yield warning("program", "language", text)
        return
    for flow in release.flows.values():
        yield from _of_flow(flow)
    for thing, place, text in _others(release):
        found = grade(text)
        if found is not None and found > HARDEST:
            yield Finding(thing, place, _said(found))


def _ending(found: re.Match[str]) -> str:
    """What stays of a number or an address: the end of its sentence."""
    return "." if found[0].endswith((".", "!", "?")) else ""


def _syllables(word: str) -> int:
    return sum(map(syllables, word.split("-")))


def _of_flow(flow: Flow) -> Iterator[Finding]:
    graded = [
        (str(step.id), found)
        for step in flow.steps
        for text in texts_of(step)
        if (found := grade(text)) is not None
    ]
    for step, found in graded:
        if found > HARDEST:
            yield Finding(flow.id, step, _said(found))
    middle = median(found for _, found in graded) if graded else 0.0
    if middle > HARDEST_MEDIAN:
        text = f"its middle bubble has reading grade {middle:.1f}"
        yield Finding(flow.id, "", f"{text}, at most {HARDEST_MEDIAN} is easy: {_HINT}")


def _said(found: float) -> str:
    return f"reading grade {found:.1f}, at most {HARDEST} can be followed: {_HINT}"


def _others(release: Release) -> Iterator[tuple[str, str, str]]:
    """What else patients read: fixed texts, suggestions, and the words of bands."""
    for name, text in release.messages.texts.items():
        if not name.startswith(_TEAM):
            yield "messages", f"texts.{name}", text
    for number, suggestion in enumerate(release.program.suggestions, 1):
        yield "program", f"suggestions.{number}", suggestion.text
    for each in release.feedback:
        yield "feedback", each.feedback, each.text
    for name, measure in release.measures.items():
        for number, band in enumerate(measure.bands, 1):
            yield f"measure/{name}", f"bands.{number}", band.patient
