"""A text read word by word, whatever tricks its spelling plays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from flows.folding import fold

_LOOKALIKES = str.maketrans(
    "авекмнорстухіјѕһԁԛԝӏ" + "αβεηικμνοπρστυχωγς" + "ıłøđħŧ",
    "abekmhopctyxijshdqwl" + "abenikmvonpotuxwys" + "ilodht",
)
_LEET = str.maketrans("01345@$!|", "oieasasii")
_LETTERS = _LOOKALIKES | _LEET

# no two neighbours in here can match the same character, so it takes one look at each
_WORD = re.compile(r"[@$]?[^\W_]+(?:[@$!|*]+[^\W_]+)*")
_REPEATED = re.compile(r"([^\W\d_])\1+")
_SENTENCE_ENDS = re.compile(r"[.!?;…](?:\s|$)|\n")
_CLAUSE_ENDS = re.compile(r"[,:()–—]")


@dataclass(frozen=True, slots=True)
class Said:
    """Words, the number of each one's sentence and clause, and which were spelled out."""

    words: tuple[str, ...] = ()
    sentences: tuple[int, ...] = ()
    clauses: tuple[int, ...] = ()
    spelled: tuple[int, ...] = ()


class _Word(NamedTuple):
    letters: str
    sentence: int
    clause: int
    is_spelled: bool = False


def read(text: str) -> Said:
    """The words of the text in plain spelling, with each repeated letter once."""
    words = [each for run in _runs(tuple(_split(fold(text)))) for each in run]
    around = zip([None, *words], words, (*words[1:], None), strict=False)
    return Said(
        words=tuple(_meant(*three) for three in around),
        sentences=tuple(word.sentence for word in words),
        clauses=tuple(word.clause for word in words),
        spelled=tuple(at for at, word in enumerate(words) if word.is_spelled),
    )


def once(letters: str) -> str:
    """The letters with each repeated one once: "kiiill" is "kil", and so is "kill".

    Very short words keep two, for "off" is not "of".
    """
    short = _REPEATED.sub(r"\1", letters)
    return short if len(short) > 2 else _REPEATED.sub(r"\1\1", letters)


def _split(text: str) -> Iterator[_Word]:
    sentence = clause = end = 0
    for match in _WORD.finditer(text):
        between = text[end : match.start()]
        if between.strip(" "):
            is_end = bool(_SENTENCE_ENDS.search(between))
            sentence += is_end
            clause += is_end or bool(_CLAUSE_ENDS.search(between))
        yield _Word(match.group(), sentence, clause)
        end = match.end()


def _runs(words: Sequence[_Word]) -> Iterator[Sequence[_Word]]:
    """The words, with letters that stand alone in a row put together: "k m s"."""
    for alone, run in groupby(words, key=lambda word: len(word.letters) == 1):
        row = tuple(run)
        yield _together(row) if alone else row


def _together(row: Sequence[_Word]) -> Sequence[_Word]:
    if sum(word.letters.isalpha() for word in row) < 3:
        return row
    # "I w a n t": the first is a word of its own
    first = row[:1] if row[0].letters == "i" and len(row) > 3 else ()
    rest = row[len(first) :]
    letters = "".join(word.letters for word in rest)
    return (*first, _Word(letters, rest[0].sentence, rest[0].clause, is_spelled=True))


def _meant(before: _Word | None, word: _Word, after: _Word | None) -> str:
    """The word in plain spelling, as its neighbours show it to be meant."""
    letters = _plain(word.letters)
    if letters == "2" and after is not None and _plain(after.letters).isalpha():
        return "to"
    # "3 kms" is a walk, and "kms" by itself is not
    is_count = before is not None and before.letters.isdigit() and before.clause == word.clause
    return "km" if letters == "kms" and is_count else letters


def _plain(letters: str) -> str:
    if letters.isdigit():
        return letters
    if letters.isascii() and letters.isalpha():
        return once(letters)
    return once(letters.translate(_LETTERS))
