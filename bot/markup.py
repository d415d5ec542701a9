"""Texts with **bold**, _italic_ and {placeholders}, rendered to Telegram's entities."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from flows.placeholders import PLACEHOLDER, slots_in, value_of

Kind = Literal["bold", "italic"]

LONGEST_VALUE = 3000
"""How much of what somebody wrote is shown, in characters."""

_SLOT = "\ue000"  # stands for a placeholder while Markdown is read; private use, never typed
_KINDS: dict[str, Kind] = {"strong": "bold", "em": "italic"}
_MOST_MARKS = 3  # combining marks on one letter; no script needs more
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# no words need these: signs without width that would hide in an address
_HIDDEN = frozenset((_SLOT, "\u00ad", "\u200b", "\u2060", "\ufeff"))

_SUBSET = MarkdownIt("zero").enable("emphasis")
_COMPLETE = MarkdownIt("commonmark")


@dataclass(frozen=True, slots=True)
class Entity:
    """A stretch of text that is bold or italic; offset and length in UTF-16 units."""

    kind: Kind
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text as it is sent, and its entities."""

    text: str
    entities: tuple[Entity, ...]


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str


@dataclass(frozen=True, slots=True)
class _Mark:
    kind: Kind
    opens: bool


_Piece = str | _Slot | _Mark


def render(template: str, values: Mapping[str, str]) -> Rendered:
    """The text and entities of a template; KeyError names a placeholder without a value."""
    # most of what is said is the same for everybody
    return _whole(template, values) if slots_in(template) else _fixed(template)


def _whole(template: str, values: Mapping[str, str]) -> Rendered:
    parts: list[str] = []
    begun: list[int] = []
    entities: list[Entity] = []
    at = 0
    for piece in _compiled(template):
        if not isinstance(piece, _Mark):
            parts.append(_filled(piece, values))
            at += _units(parts[-1])
        elif piece.opens:
            begun.append(at)
        else:
            entities.append(Entity(piece.kind, start := begun.pop(), at - start))
    return Rendered("".join(parts), tuple(sorted(filter(_has_length, entities), key=_place)))


def _filled(piece: str | _Slot, values: Mapping[str, str]) -> str:
    return piece if isinstance(piece, str) else shown(value_of(piece.name, values))


def plain(template: str, values: Mapping[str, str]) -> str:
    """The text of a template without its entities."""
    return render(template, values).text


def shown(text: str) -> str:
    """What somebody wrote, fit to be shown: nothing hidden, reordered, piled up or endless."""
    kept = text if _is_plain(text) else "".join(_visible(text))
    return kept if len(kept) <= LONGEST_VALUE else kept[: LONGEST_VALUE - 1].rstrip() + "…"


def mistakes(template: str) -> list[str]:
    """What this markup does not know, one sentence each with what to do instead."""
    found = [*_strange_characters(template), *_unfilled_braces(template)]
    tokens = [t for token in _COMPLETE.parse(template) for t in (token, *(token.children or ()))]
    found += dict.fromkeys(_REFUSED[t.type] for t in tokens if t.type in _REFUSED)
    return found + list(dict.fromkeys(_mark_mistakes(template)))


_REFUSED = {
    "heading_open": "headings do not exist in a chat: make the line **bold** instead",
    "fence": "code blocks do not exist here: write plain words",
    "code_block": "lines that begin with four spaces become code: take the spaces away",
    "code_inline": "`code` marks do not exist here: take the backticks away",
    "link_open": "links in brackets do not exist here: write the address as it is",
    "image": "pictures cannot stand in a text: take the ![...](...) away",
    "html_block": "HTML does not work here: use **bold** or _italic_",
    "html_inline": "HTML does not work here: use **bold** or _italic_",
    "blockquote_open": "lines that begin with > do not become quotes: take the > away",
    "hr": "a line of dashes or stars does not become a rule: leave an empty line instead",
}


@lru_cache(maxsize=4096)
def _fixed(template: str) -> Rendered:
    return _whole(template, {})


@lru_cache(maxsize=4096)
def _compiled(template: str) -> tuple[_Piece, ...]:
    names = iter(PLACEHOLDER.findall(template))
    source = PLACEHOLDER.sub(_SLOT, template.replace(_SLOT, ""))
    return tuple(_pieces(_SUBSET.parse(source.strip("\n")), names))


def _pieces(tokens: list[Token], names: Iterator[str]) -> Iterator[_Piece]:
    line = 0
    for token in tokens:
        if token.type == "paragraph_open" and token.map:
            yield "\n" * (token.map[0] - line + (line > 0))
            line = token.map[1]
        for child in token.children or ():
            yield from _inline(child, names)


def _inline(token: Token, names: Iterator[str]) -> Iterator[_Piece]:
    if kind := _KINDS.get(token.tag):
        yield _Mark(kind, token.nesting == 1)
        return
    first, *others = token.content.split(_SLOT)
    yield first
    for text in others:
        yield _Slot(next(names))
        yield text


def _units(text: str) -> int:
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _has_length(entity: Entity) -> bool:
    return entity.length > 0


def _place(entity: Entity) -> tuple[int, int]:
    return entity.offset, -entity.length


def _is_plain(text: str) -> bool:
    """Whether every sign of it may be shown as it is; what is not ASCII is looked at one by one."""
    return text.isascii() and text.isprintable()


def _visible(text: str) -> Iterator[str]:
    marks = 0
    for character in text.replace("\r\n", "\n"):
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks <= _MOST_MARKS:
            yield _neutral(character, category)


def _neutral(character: str, category: str) -> str:
    match category:
        case "Cs":
            return "\ufffd"
        case "Zl" | "Zp":
            return "\n"
        case "Cc":
            return {"\n": "\n", "\r": "\n", "\t": " "}.get(character, "")
        case _:
            return "" if character in _BIDI else character


def _strange_characters(template: str) -> Iterator[str]:
    if not _HIDDEN.isdisjoint(template) or "".join(_visible(template)) != template:
        yield "there is an invisible or control character: type the text anew"
    if re.search(r"\\[^\w\s]", template):
        yield "a backslash does not hide a mark: take it away"


def _unfilled_braces(template: str) -> Iterator[str]:
    rest = PLACEHOLDER.sub("", template)
    for broken in re.findall(r"\{[^{}\n]*\}?|\}", rest):
        yield f"{broken} is not a placeholder: one looks like {{goal}}, in small letters"


def _mark_mistakes(template: str) -> Iterator[str]:
    source = PLACEHOLDER.sub("x", template)
    for token in (child for block in _SUBSET.parse(source) for child in block.children or ()):
        if token.nesting == 1 and token.markup in {"*", "__"}:
            yield f"{token.markup} is not used here: write **bold** or _italic_"
        if "**" in token.content:
            yield "a ** has no partner: bold begins and ends with **, touching the words"
        if re.search(r"(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w)", token.content):
            yield "a _ has no partner: italic begins and ends with _, touching the words"
