"""Lists of phrases, found in a text word by word: whole words, prefixes, slips of one letter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from rapidfuzz.distance import OSA

LONG = 6
"""From this many letters on, a word is known with one letter wrong or with a space in it."""


class Pattern(NamedTuple):
    """A word of a phrase, or the beginning of one."""

    word: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow one another, and the list that they are from."""

    kind: str
    language: int
    words: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase found in the words from `start` up to `end`."""

    kind: str
    language: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """Phrases by their first word, and their words arranged for looking up.

    `slips` has the long words by all their forms with one letter less: two words that differ by
    one letter share such a form, so a slip is found without trying every word. `stems` has the
    beginnings of words by their first letters, as many as the `shortest` has; `begins` says how
    long the beginning of a word may be that is nearly a stem.
    """

    phrases: Mapping[Pattern, Sequence[Phrase]]
    words: Mapping[str, Pattern]
    stems: Mapping[str, Sequence[Pattern]]
    slips: Mapping[str, Sequence[Pattern]]
    begins: frozenset[int]
    shortest: int
    longest: int

    def find(self, words: Sequence[str]) -> Iterator[Found]:
        """Every phrase in these words, wherever it begins."""
        known = {word: self._patterns(word) for word in set(words)}
        single = [known[word] for word in words]
        pairs = zip(words, (*words[1:], ""), strict=False)
        joined = [self._joined(one, two) for one, two in pairs]
        for start, patterns in enumerate(zip(single, joined, strict=True)):
            for pattern in _NONE.union(*patterns):
                for phrase in self.phrases.get(pattern, ()):
                    end = _end(phrase.words, start, single, joined)
                    if end is not None:
                        yield Found(phrase.kind, phrase.language, start, end)

    def _patterns(self, word: str) -> frozenset[Pattern]:
        return frozenset(self._exact(word)) or frozenset(self._nearly(word))

    def _exact(self, word: str) -> list[Pattern]:
        found = [self.words[word]] if word in self.words else []
        stems = self.stems.get(word[: self.shortest], ())
        found += [each for each in stems if word.startswith(each.word)]
        if "*" in word:
            found += [self.words[each] for each in self.words if _censors(word, each)]
        return found

    def _nearly(self, word: str) -> Iterator[Pattern]:
        for length in self.begins | {len(word)}:
            if LONG - 1 <= length <= min(len(word), self.longest + 1):
                start = word[:length]
                for pattern in self._alike(start):
                    if (pattern.prefix or length == len(word)) and _is_slip(start, pattern):
                        yield pattern

    def _alike(self, word: str) -> set[Pattern]:
        known = (self.slips[form] for form in _shortened(word) if form in self.slips)
        return set(chain.from_iterable(known))

    def _joined(self, one: str, two: str) -> frozenset[Pattern]:
        """The long words that were written with a space in them ("my self")."""
        both = one + (two[1:] if one[-1:] == two[:1] else two)
        if not two or not LONG <= len(both) <= 2 * self.longest:
            return _NONE
        known = self._exact(both)
        return frozenset(each for each in known if len(each.word) > max(len(one), LONG - 1))


_NONE: frozenset[Pattern] = frozenset()


def phrasebook(phrases: Iterable[Phrase]) -> Phrasebook:
    """The phrases arranged for finding."""
    by_first: dict[Pattern, list[Phrase]] = defaultdict(list)
    for phrase in phrases:
        by_first[phrase.words[0]].append(phrase)
    patterns = {word for every in by_first.values() for phrase in every for word in phrase.words}
    sizes = {len(each.word) for each in patterns if each.prefix}
    shortest = min(sizes, default=0)
    return Phrasebook(
        phrases=dict(by_first),
        words={each.word: each for each in patterns if not each.prefix},
        stems=_stems(patterns, shortest),
        slips=_slips(patterns),
        begins=frozenset(size + more for size in sizes for more in (-1, 0, 1)),
        shortest=shortest,
        longest=max((len(each.word) for each in patterns), default=0),
    )


def _stems(patterns: Iterable[Pattern], letters: int) -> dict[str, list[Pattern]]:
    stems: dict[str, list[Pattern]] = defaultdict(list)
    for pattern in patterns:
        if pattern.prefix:
            stems[pattern.word[:letters]].append(pattern)
    return dict(stems)


def _slips(patterns: Iterable[Pattern]) -> dict[str, list[Pattern]]:
    slips: dict[str, list[Pattern]] = defaultdict(list)
    for pattern in patterns:
        if len(pattern.word) >= LONG:
            for form in _shortened(pattern.word):
                slips[form].append(pattern)
    return dict(slips)


def _shortened(word: str) -> set[str]:
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def _is_slip(word: str, pattern: Pattern) -> bool:
    """Whether it is that word with one letter wrong: "suicdal", but not "willing" for "killing".

    People seldom miss the first letter; and the last one of a stem must be right, or "overdoing"
    would begin like "overdos*".
    """
    right = pattern.word
    begins = word[0] == right[0] or word[:2] == right[1::-1]
    ends = not pattern.prefix or word[-1] == right[-1]
    return begins and ends and OSA.distance(word, right, score_cutoff=1) <= 1


def _censors(word: str, right: str) -> bool:
    """Whether it is that word with stars in place of letters ("k*ll")."""
    letters = [one == two for one, two in zip(word, right, strict=False) if one != "*"]
    return len(word) == len(right) and len(letters) > 1 and all(letters)


def _end(
    words: Sequence[Pattern],
    start: int,
    single: Sequence[frozenset[Pattern]],
    joined: Sequence[frozenset[Pattern]],
) -> int | None:
    at = start
    for pattern in words:
        if at < len(single) and pattern in single[at]:
            at += 1
        elif at < len(joined) and pattern in joined[at]:
            at += 2
        else:
            return None
    return at
