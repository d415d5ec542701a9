"""That no sentence is too long to take in, blames, promises, or cheers where it must not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from flows.steps import Ask, Consent, Question, Say, Write
from flows.walk.finding import Finding
from flows.walk.graph import Atlas
from flows.walk.names import texts_of

LONGEST = 3500
"""How many characters a bubble may have: Telegram's 4,096 less room for what is filled in."""

FORBIDDEN: Mapping[str, str] = {
    "just relax": "nobody relaxes by being told to",
    "you failed": "nothing here is a failure: say what can be tried next",
    "should have": "it blames: say what can be done now",
    "shouldn't have": "it blames: say what can be done now",
    "commit suicide": "say “end your life” or “die by suicide”",
    "committed suicide": "say “died by suicide”",
    "failed attempt": "say “survived an attempt”",
    "successful suicide": "say “died by suicide”",
    "cure": "the program promises no cure",
    "cures": "the program promises no cure",
    "pain-free": "the program promises no life without pain",
    "no pain no gain": "it harms people in pain",
    "no pain, no gain": "it harms people in pain",
    "all in your head": "it denies the pain",
    "in your mind": "it denies the pain",
    "think positive": "it makes light of the pain",
    "positive thinking": "it makes light of the pain",
    "snap out of it": "it makes light of the pain",
    "toughen up": "it makes light of the pain",
    "mind over matter": "it makes light of the pain",
    "catastrophizing": "it sounds like a reproach: describe the thoughts instead",
    "catastrophising": "it sounds like a reproach: describe the thoughts instead",
    "streak": "counting days without a gap shames those who rest",
    "sufferer": "say “a person with pain”",
    "sufferers": "say “people with pain”",
}
"""Words that are not used anywhere, and why."""

CHEERFUL: Mapping[str, str] = {
    phrase: "no praise and no reassurance while someone may be in danger"
    for phrase in (
        "great",
        "awesome",
        "amazing",
        "well done",
        "good job",
        "congratulations",
        "proud",
        "brave",
        "wonderful",
        "beautiful",
        "you'll be fine",
        "you will be fine",
        "it will be fine",
        "will be okay",
        "will be ok",
        "will be all right",
        "don't worry",
        "do not worry",
        "cheer up",
        "stay positive",
        "look on the bright side",
        "🎉",
        "👍",
        "👏",
        "😀",
        "😊",
        "💪",
    )
}
"""Words that are not used in a safety flow, and why."""


def wording(atlas: Atlas) -> Iterator[Finding]:
    """What is wrong with the words of the flows that were written."""
    for flow in atlas.release.flows.values():
        refused = {**FORBIDDEN, **CHEERFUL} if flow.kind == "safety" else FORBIDDEN
        for step in flow.steps:
            place = flow.id, str(step.id)
            texts = texts_of(step)
            for text in (*texts, *_labels(step)):
                yield from (Finding(*place, found) for found in unkind(text, refused))
            yield from _length(place, texts[0]) if isinstance(step, Say | Question) else ()


def unkind(text: str, refused: Mapping[str, str] = FORBIDDEN) -> Iterator[str]:
    """A sentence for each refused phrase in a text."""
    bare = text.replace("’", "'").replace("*", "").replace("_", "")
    plain = " ".join(bare.casefold().split())
    for phrase, reason in refused.items():
        if re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", plain):
            yield f"“{phrase}” is not used here: {reason}"


def _length(place: tuple[str, str], text: str) -> Iterator[Finding]:
    if len(text) > LONGEST:
        yield Finding(*place, f"the text has {len(text)} characters: at most {LONGEST} fit")


def _labels(step: object) -> tuple[str, ...]:
    return tuple(step.choices.values()) if isinstance(step, Ask | Write | Consent) else ()
