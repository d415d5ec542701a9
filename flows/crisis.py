"""Crisis words in whatever a patient writes: a wide net that never takes help away.

It misses what is said in other words, so it stands beside direct questions and a lasting way to
help, never in their place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Literal

from flows.phrases import LONG, Found, Pattern, Phrase, Phrasebook, phrasebook
from flows.program import Crisis, Phrases
from flows.spelling import Said, once, read

NEAR = 5
"""So many words before a crisis phrase, or after it, may say that it is not about me and now."""

# after these a new thought begins: "he left me and I want to die" is not about him
_TURNS = frozenset({"and", "but", "so", "because", "now", "et", "mais", "y", "pero", "und", "aber"})
_CONTRASTS = frozenset({"but", "now", "mais", "pero", "aber"})


def screen(crisis: Crisis, text: str) -> Literal["hard", "soft"] | None:
    """How plainly the words speak of a crisis; None if they do not."""
    said = read(text)
    found = tuple(_screen_of(tuple(crisis.phrases.values())).find(said))
    crises = _unexplained(found, said)
    if not crises:
        return None
    return "hard" if _is_hard(crises, _Softeners.of(found, said)) else "soft"


def normalise(text: str) -> str:
    """The text as the screen compares it: plain words, each repeated letter once."""
    return " ".join(read(text).words)


@dataclass(frozen=True, slots=True)
class _Screen:
    """All languages' phrases, and each crisis phrase as it looks without spaces."""

    book: Phrasebook
    whole: Mapping[str, Phrase]

    def find(self, said: Said) -> Iterator[Found]:
        yield from self.book.find(said.words)
        for at in said.spelled:
            for letters, phrase in self.whole.items():
                if letters in said.words[at]:
                    yield Found(phrase.kind, phrase.language, at, at + 1)


@dataclass(frozen=True, slots=True)
class _Softeners:
    """Words that say "not", "someone else" or "long ago", by where they begin and end."""

    said: Said
    by_start: Mapping[int, Sequence[Found]]
    by_end: Mapping[int, Sequence[Found]]

    @classmethod
    def of(cls, found: Iterable[Found], said: Said) -> _Softeners:
        by_start, by_end = defaultdict(list), defaultdict(list)
        for each in found:
            if each.kind in {"negation", "other", "past"}:
                by_start[each.start].append(each)
                by_end[each.end].append(each)
        return cls(said, by_start, by_end)

    def soften(self, crisis: Found) -> bool:
        before = range(crisis.start - NEAR + 1, crisis.start + 1)
        after = range(crisis.end, crisis.end + NEAR)
        return any(
            self._reaches(each, crisis, each.end, crisis.start)
            for at in before
            for each in self.by_end.get(at, ())
        ) or any(
            each.kind == "past" and self._reaches(each, crisis, crisis.end, each.start)
            for at in after
            for each in self.by_start.get(at, ())
        )

    def _reaches(self, softener: Found, crisis: Found, start: int, end: int) -> bool:
        """Whether it is of the same language and thought, with `start` to `end` between them."""
        is_past = softener.kind == "past"
        thoughts = self.said.sentences if is_past else self.said.clauses
        turns = _CONTRASTS if is_past else _TURNS
        return (
            softener.language == crisis.language
            and thoughts[softener.start] == thoughts[crisis.start]
            and turns.isdisjoint(self.said.words[start:end])
        )


def _unexplained(found: Iterable[Found], said: Said) -> tuple[Found, ...]:
    """The crisis phrases, except those that lie within an idiom ("my back is killing me")."""
    reach = [0] * (len(said.words) + 1)
    for idiom in found:
        if idiom.kind == "idiom":
            reach[idiom.start] = max(reach[idiom.start], idiom.end)
    reach = list(accumulate(reach, max))
    crises = (each for each in found if each.kind in {"hard", "soft"})
    return tuple(each for each in crises if reach[each.start] < each.end)


def _is_hard(crises: Sequence[Found], softeners: _Softeners) -> bool:
    """Whether a sure phrase is left that nothing softens, in any of the languages it is in."""
    softened = [softeners.soften(each) for each in crises]
    lowered = {
        at
        for each, is_soft in zip(crises, softened, strict=True)
        if is_soft
        for at in range(each.start, each.end)
    }
    return any(
        each.kind == "hard" and not is_soft and not lowered.issuperset(range(each.start, each.end))
        for each, is_soft in zip(crises, softened, strict=True)
    )


@lru_cache(maxsize=8)
def _screen_of(languages: tuple[Phrases, ...]) -> _Screen:
    phrases = [each for number, one in enumerate(languages) for each in _phrases(number, one)]
    crises = [each for each in phrases if each.kind in {"hard", "soft"}]
    whole = {_whole(each): each for each in crises if not _has_double(each)}
    unspaced = [
        Phrase(each.kind, each.language, (Pattern(letters, each.words[-1].prefix),))
        for letters, each in whole.items()
        if len(each.words) > 1 and len(letters) >= LONG
    ]
    spelled = {letters: each for letters, each in whole.items() if len(letters) > 2}
    return _Screen(phrasebook([*phrases, *unspaced]), spelled)


def _phrases(language: int, phrases: Phrases) -> Iterator[Phrase]:
    lists = {
        "hard": phrases.hard,
        "soft": phrases.soft,
        "idiom": phrases.idioms,
        "negation": phrases.negations,
        "other": phrases.others,
        "past": phrases.past,
    }
    for kind, texts in lists.items():
        for text in texts:
            if words := tuple(_patterns(text)):
                yield Phrase(kind, language, words)


def _patterns(text: str) -> Iterator[Pattern]:
    for part in text.split():
        *words, last = read(part).words or ("",)
        yield from map(Pattern, words)
        if last:
            yield Pattern(last, prefix=part.endswith("*"))


def _whole(phrase: Phrase) -> str:
    return once("".join(pattern.word for pattern in phrase.words))


def _has_double(phrase: Phrase) -> bool:
    # without spaces "off myself" could not be told from "of myself"
    return any(one == two for each in phrase.words for one, two in pairwise(each.word))
