"""One YAML file read with the line of every value, and without YAML's surprises.

`no`, `on` and `07:00` stay words, a second key of one name is refused instead of winning
silently, and nothing in a file can grow into more than what is written there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from bot.content.folder import LARGEST
from bot.content.mistakes import Mistake

Path = tuple[str | int, ...]
"""Where a value stands: keys, and places in lists counted from 0."""

_DEEPEST = 12
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,15})")
_FRACTION = re.compile(r"-?(0|[1-9][0-9]{0,15})\.[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, the line of every value in it, and what could not be read."""

    file: str
    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()

    def line(self, path: Path) -> int:
        """The line of the value at this place, or of what holds it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(file: str, raw: bytes) -> Document:
    """The document that these bytes hold; its mistakes say why when they hold none."""
    if len(raw) > LARGEST:
        text = f"the file is larger than {LARGEST // 1000} kilobytes: split it"
        return Document(file, mistakes=(Mistake(file, 1, text),))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return Document(file, mistakes=(Mistake(file, line, "save the file as UTF-8"),))
    if tabs := list(_tabs(file, text)):
        return Document(file, mistakes=tuple(tabs))
    return _Builder(file).build(text)


def _tabs(file: str, text: str) -> Iterator[Mistake]:
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line:
            yield Mistake(file, number, "there is a tab in this line: use spaces")


class _Refused(Exception):
    def __init__(self, event: Event, text: str) -> None:
        super().__init__(text)
        self.line = event.start_mark.line + 1


class _Builder:
    """Builds a document from YAML's events: one pass, nothing shared, nothing executed."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: dict[Path, int] = {}
        self._mistakes: list[Mistake] = []

    def build(self, text: str) -> Document:
        """The document, or its first reason why it cannot be read."""
        value = None
        try:
            value = self._whole(YAML(typ="safe", pure=True).parse(StringIO(text)))
        except _Refused as error:
            self._wrong(error.line, str(error))
        except MarkedYAMLError as error:
            self._wrong(_line(error), _unreadable(error))
        except YAMLError:
            self._wrong(1, "there is a character that YAML does not allow: type the text anew")
        return Document(self._file, value, self._lines, tuple(self._mistakes))

    def _wrong(self, line: int, text: str) -> None:
        self._mistakes.append(Mistake(self._file, line, text))

    def _whole(self, events: Iterator[Event]) -> Any:
        begun = False
        value = None
        for event in events:
            if isinstance(event, DocumentStartEvent) and begun:
                raise _Refused(event, "a second document begins here: take the line --- away")
            if isinstance(event, NodeEvent):
                begun, value = True, self._node(event, events, ())
        if value is None:
            self._wrong(1, "the file is empty")
        return value

    def _node(self, event: Event, events: Iterator[Event], path: Path) -> Any:
        _refuse_magic(event)
        if len(path) > _DEEPEST:
            raise _Refused(event, "this is nested too deeply")
        self._lines.setdefault(path, event.start_mark.line + 1)
        match event:
            case MappingStartEvent():
                return self._mapping(events, path)
            case SequenceStartEvent():
                return self._sequence(events, path)
            case ScalarEvent():
                return _scalar(event)
            case _:
                raise _Refused(event, "the file ends too early")

    def _sequence(self, events: Iterator[Event], path: Path) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            found.append(self._node(event, events, (*path, len(found))))
        return found

    def _mapping(self, events: Iterator[Event], path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            _refuse_magic(event)
            if not isinstance(event, ScalarEvent):
                raise _Refused(event, "the name before a colon must be a word")
            key = event.value
            if key in found:
                self._wrong(event.start_mark.line + 1, f"`{key}` is here twice: keep one of them")
            self._lines.setdefault((*path, key), event.start_mark.line + 1)
            found[key] = self._node(next(events), events, (*path, key))
        return found


def _refuse_magic(event: Event) -> None:
    if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
        raise _Refused(event, "put quotes around words that begin with & or *")
    if getattr(event, "ctag", None) is not None:
        raise _Refused(event, "put quotes around words that begin with !")


def _scalar(event: ScalarEvent) -> str | int | float | bool | None:
    text: str = event.value
    if event.style is not None:
        return text
    if text in {"", "~", "null"}:
        return None
    if text in {"true", "false"}:
        return text == "true"
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _FRACTION.fullmatch(text) else text


def _line(error: MarkedYAMLError) -> int:
    begun = str(error.context or "").startswith("while scanning a ")
    mark = (error.context_mark if begun else None) or error.problem_mark
    return mark.line + 1 if mark else 1


def _unreadable(error: MarkedYAMLError) -> str:
    problem = str(error.problem or "")
    for fragment, sentence in _PROBLEMS.items():
        if fragment in problem:
            return sentence
    return f"YAML cannot read this line ({problem}): look at its quotes, colons and indentation"


_PROBLEMS = {
    "mapping values are not allowed": (
        "a second colon in one line, or a line indented too far: put quotes around the words"
    ),
    "could not find expected ':'": "a colon is missing here or in the line before",
    "cannot start any token": "put quotes around words that begin with a special sign",
    "found unexpected end of stream": "a quotation mark is opened and never closed",
    "but found '<block ": "this line is indented more or less than its neighbours",
    "but found '-'": "this line is indented more or less than its neighbours",
    "but found '<scalar>'": "a quotation mark ends too early, or the indentation is wrong",
    "expected ',' or": "a comma or a closing bracket is missing here or in the line before",
    "expected alphabetic or numeric": "put quotes around words that begin with & or *",
    "found undefined alias": "put quotes around words that begin with & or *",
    "single document": "a second document begins here: take the line --- away",
}
