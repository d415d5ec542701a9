"""How many syllables an English word has, by its spelling."""

from __future__ import annotations

import re

_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(
    r"(?<![aeiouy])e$(?<![^aeiouy]le)"
    r"|(?<=[aeiouy])[^aeiouytd]+ed$(?<![^aeiouy][lr]ed)"
    r"|(?<![aeiouyscxzg])es$(?<!ches)(?<!shes)(?<![^aeiouy]les)"
)
"""An ending whose e is not heard: `made`, `moved`, `moves`; it is in `little`, `needed`."""
_SILENT_INSIDE = re.compile(
    r"some(?=[a-z])|every(?=[a-z]{3})|ever(?=y)|where(?=[a-z])|home(?=[a-z])|note(?=[a-z])"
    r"|fore(?=[a-z])|(?<=[^aeiouy])e(?=ly$|ful|less|ness|ment)"
)
"""An e inside a word that is not heard: `something`, `every`, `hopeful`, `movement`."""
_APART = re.compile(
    r"(?<![tscgxh])i[aou](?!l$)|(?<=[aeiouy])ing|ier|iest$|dea(?!r|d)|eo(?=n$)|ua(?=l)"
    r"|uie|iet|oe(?=t|v)|(?<=[ds])n't$"
)
"""Two neighbours that are heard one by one: `diary`, `saying`, `easier`, `idea`, `didn't`."""
_WORDS = {
    "being": 2,
    "business": 2,
    "create": 2,
    "evening": 2,
    "everyone": 3,
    "people": 2,
    "quiet": 2,
    "someone": 2,
    "something": 2,
    "maybe": 2,
    "anyone": 3,
    "area": 3,
}
"""Everyday words that no rule of spelling gets right."""


def syllables(word: str) -> int:
    """The number of syllables that a reader would most likely hear, at least one."""
    plain = re.sub(r"'(?:s|ll|re|ve|d|m)$", "", word.casefold().replace("’", "'"))
    if plain in _WORDS:
        return _WORDS[plain]
    heard = len(_VOWELS.findall(plain)) + len(_APART.findall(plain))
    silent = len(_SILENT.findall(plain)) + len(_SILENT_INSIDE.findall(plain))
    return max(1, heard - silent)
