"""What a model refused, said as sentences that an author understands and can act on."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from types import ModuleType
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

import flows.program
import flows.steps
from bot.content.mistakes import Mistake
from bot.content.yaml import Document, Path
from flows.steps import KINDS
from flows.value import Value


def explain(error: ValidationError, document: Document) -> list[Mistake]:
    """Each thing that a model refused in a document, once, with its line and what to do."""
    found: dict[Path, Mistake] = {}
    for details in _outermost(error.errors(include_url=False, include_context=True), document):
        path = _real(details["loc"], document.value)
        sentence = _sentence(details, path, document.value)
        place = path[:-1] if _is_about_holder(details, path) else path
        where = in_words(place, document.value)
        found.setdefault(path, Mistake(document.file, document.line(path), where + sentence))
    return list(found.values())


def in_words(path: Path, value: Any) -> str:
    """A place in a document as people would say it, with a colon; empty at the top."""
    said: list[str] = []
    for part in path:
        value = _inside(value, part)
        if isinstance(part, int):
            said[-1:] = [" ".join([*said[-1:], str(part + 1)]) + _label(value)]
        else:
            said.append(part)
    return ", ".join(said) + ": " if said else ""


def _label(value: Any) -> str:
    if not isinstance(value, dict) or not value:
        return ""
    key = next((key for key in value if key in KINDS), next(iter(value)))
    first = value[key]
    short = isinstance(first, str | int) and len(str(first)) <= 30 and "\n" not in str(first)
    return f" ({key} {first})" if short else f" ({key})"


def _inside(value: Any, part: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return None


def _real(loc: tuple[int | str, ...], value: Any) -> Path:
    """The place in the file: pydantic's place without the names of types it tried."""
    path: list[str | int] = []
    for number, part in enumerate(loc):
        if path[:-1] == ["steps"] and number == 2:
            continue  # pydantic names the kind of step here
        last = number == len(loc) - 1
        held = _inside(value, part) is not None or (isinstance(value, dict) and part in value)
        if held or (last and isinstance(value, dict) and _is_field(part)):
            path.append(part)
            value = _inside(value, part)
    return tuple(path)


def _is_field(part: str | int) -> bool:
    return str(part) in _fields(flows.steps) | _fields(flows.program)


@cache
def _fields(module: ModuleType) -> frozenset[str]:
    models = [model for _, model in inspect.getmembers(module, _is_model)]
    return frozenset(f.alias or name for m in models for name, f in m.model_fields.items())


def _is_model(member: object) -> bool:
    return inspect.isclass(member) and issubclass(member, Value)


def _outermost(errors: list[ErrorDetails], document: Document) -> Iterator[ErrorDetails]:
    """The errors without those of a shape that the author plainly did not mean."""
    paths = [_real(error["loc"], document.value) for error in errors]
    for error, path in zip(errors, paths, strict=True):
        deeper = any(other[: len(path)] == path and len(other) > len(path) for other in paths)
        if not (deeper and error["type"] in _SHAPES):
            yield error


_SHAPES = {"dict_type", "tuple_type", "list_type", "model_type", "model_attributes_type"}


def _sentence(error: ErrorDetails, path: Path, value: Any) -> str:
    context: Mapping[str, Any] = error.get("ctx", {})
    kind = error["type"]
    match kind:
        case "missing" if isinstance(error["loc"][-1], int):
            return "the list is too short"
        case "missing":
            return f"`{error['loc'][-1]}` is missing"
        case "extra_forbidden":
            return _unknown(path, value)
        case "union_tag_not_found" | "union_tag_invalid":
            return f"this is no kind of step: begin with one of {', '.join(KINDS)}"
        case "literal_error":
            return f"should be {context['expected'].replace(chr(39), '`')}"
        case "string_type":
            return _words_wanted(error["input"])
        case "string_too_long":
            return f"has {len(error['input'])} characters, and at most {context['max_length']} fit"
        case "too_short":
            return f"needs at least {context['min_length']}, and has {context['actual_length']}"
        case "too_long":
            return f"takes at most {context['max_length']}, and has {context['actual_length']}"
        case "greater_than_equal" | "greater_than" | "less_than_equal" | "less_than":
            return "the number is out of range"
        case _:
            return _PLAIN.get(kind, "this does not fit here: compare it with a file that works")


def _unknown(path: Path, value: Any) -> str:
    name = str(path[-1])
    if _is_second_kind(path):
        kinds = [key for key in _at(path[:-1], value) if key in KINDS]
        return f"{' and '.join(f'`{kind}`' for kind in kinds)} are kinds of steps: make two steps"
    module = flows.steps if path[0] == "steps" else flows.program
    near = get_close_matches(name, sorted(_fields(module)), 1, 0.7)
    return "is not known here" + (f": did you mean `{near[0]}`?" if near else ": take it away")


def _is_about_holder(error: ErrorDetails, path: Path) -> bool:
    """Whether the sentence names the last part of the place by itself."""
    is_missing = error["type"] == "missing" and isinstance(error["loc"][-1], str)
    return is_missing or (error["type"] == "extra_forbidden" and _is_second_kind(path))


def _is_second_kind(path: Path) -> bool:
    return path[-1] in KINDS and path[-3:-2] == ("steps",)


def _at(path: Path, value: Any) -> Any:
    for part in path:
        value = _inside(value, part)
    return value


def _words_wanted(value: object) -> str:
    if value is None:
        return "is empty: write something, or take the line away"
    if isinstance(value, bool | int | float):
        return "should be words: put quotes around it"
    return "should be words"


_NUMBER = "should be a number without quotes"
_WHOLE = "should be a whole number without quotes"
_LIST = "should be a list: lines that begin with -, or [one, two]"
_DAY = "should be a day such as 2026-03-31"
_NAMES = "should be made of lines like `name: value`"
_PLAIN = {
    "string_too_short": "is empty: write something, or take the line away",
    "string_pattern_mismatch": (
        "may hold only small letters, digits, - and _, and begins with a letter"
    ),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": "should be a whole number",
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
    "tuple_type": _LIST,
    "list_type": _LIST,
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "dict_type": _NAMES,
    "model_type": _NAMES,
    "model_attributes_type": _NAMES,
}
