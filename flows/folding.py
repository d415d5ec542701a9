"""Typed text brought to one plain form, so that two ways of writing a word compare as equal."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# the many signs that people's keyboards put between "can" and "t"
_APOSTROPHES = dict.fromkeys(map(ord, "'\u2018\u2019\u201b\u02bc\u02b9\u2032\u00b4`\uff07"))
_HYPHENS = dict.fromkeys((0x2010, 0x2011, 0x2212), "-")
_SIGNS = _APOSTROPHES | _HYPHENS
_WORDS = re.compile(r"[^\W_]+")

# letters that show nothing, and are no marks to Unicode
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0")


def fold(text: str) -> str:
    """The text in lower case, of plain letters and digits, without marks or what is unseen."""
    once = _stripped(text.translate(_SIGNS)).casefold()
    return _digits(_stripped(once))


def bare(text: str) -> str:
    """The folded words alone, one space between them: no signs, no pictures."""
    return " ".join(_WORDS.findall(fold(text)))


@lru_cache(maxsize=4096)
def written(text: str) -> str:
    """The bare words of what an author wrote: labels and names, which come again at every turn.

    Never for what a patient wrote: these are kept.
    """
    return bare(text)


def _stripped(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    # marks go before the case is folded: one of them (U+0345) would become a letter
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(map(_shown, decomposed))


def _shown(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    category = unicodedata.category(character)
    if character.isspace():
        return "\n" if character in "\n\r\u2028\u2029" else " "
    return "" if category[0] in "MC" or character in _BLANKS else character


def _digits(text: str) -> str:
    """Digits of every script, as those on most keyboards."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(each, each)) for each in text)
