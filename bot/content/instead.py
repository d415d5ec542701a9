"""One questionnaire asked in the place of another, wherever the content names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.content.yaml import Document

_PROGRAM = "program.yaml"
_MEASURES = ("measures/", "licensed/")
_FLOW = "measure/"


@dataclass(frozen=True, slots=True)
class _Swap:
    """The measure that takes another's place, and the numbers of the items that both have."""

    new: str
    shared: frozenset[int]


def replaced(documents: Mapping[str, Document]) -> Mapping[str, Document]:
    """The documents with each measure in program.yaml's `instead` named in the other's place.

    A rule or condition about an item that the two do not share stays with the old measure, which
    nobody is asked any more: on the new one that number is another question, or none.
    """
    swaps = _swaps(documents)
    if not swaps:
        return documents
    return {
        name: document
        if name.startswith(_MEASURES)
        else replace(document, value=_swapped(document.value, swaps))
        for name, document in documents.items()
    }


def _swaps(documents: Mapping[str, Document]) -> dict[str, _Swap]:
    program = documents[_PROGRAM].value if _PROGRAM in documents else None
    instead = program.get("instead") if isinstance(program, dict) else None
    if not isinstance(instead, dict):
        return {}
    items = {name: _items(documents, name) for name in {*instead, *map(str, instead.values())}}
    return {
        old: _Swap(str(new), frozenset(_shared(items[old], items[str(new)])))
        for old, new in instead.items()
    }


def _items(documents: Mapping[str, Document], measure: str) -> list[Any]:
    for document in documents.values():
        value = document.value
        if isinstance(value, dict) and value.get("measure") == measure:
            items = value.get("items")
            return items if isinstance(items, list) else []
    return []


def _shared(one: list[Any], other: list[Any]) -> set[int]:
    pairs = enumerate(zip(one, other, strict=False), 1)
    return {number for number, (old, new) in pairs if _text(old) == _text(new)}


def _text(item: Any) -> Any:
    return item.get("text") if isinstance(item, dict) else item


def _swapped(value: Any, swaps: Mapping[str, _Swap]) -> Any:
    match value:
        case dict():
            return {key: _swapped(part, swaps) for key, part in value.items()} | _subject(
                value, swaps
            )
        case list():
            return [_swapped(part, swaps) for part in value]
        case str() if value.startswith(_FLOW) and value.removeprefix(_FLOW) in swaps:
            return _FLOW + swaps[value.removeprefix(_FLOW)].new
        case _:
            return value


def _subject(value: dict[str, Any], swaps: Mapping[str, _Swap]) -> dict[str, str]:
    """The measure that this rule or condition is about from now on, if it is about one."""
    name = value.get("measure")
    swap = swaps.get(name) if isinstance(name, str) else None
    return {"measure": swap.new} if swap is not None and _asked(value) <= swap.shared else {}


def _asked(value: dict[str, Any]) -> set[Any]:
    items = value.get("items")
    alone = {value[key] for key in ("item", "missing_item") if key in value}
    return alone | set(items if isinstance(items, list) else ())
