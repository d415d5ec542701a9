"""Checks a call of the bot's against the machine-readable Bot API, where that lies beside us."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.journeys.processes import ROOT

BOT_API = ROOT.parent / "shared" / "botapi.json"
Json = dict[str, Any]
_LENGTH = re.compile(r"\b(?P<least>\d+)-(?P<most>\d+) (?P<what>characters|bytes)")
_VALUES = re.compile(r"Values between (?P<least>\d+)-(?P<most>\d+)")
_MEMBERS = re.compile(r"(?P<least>)At most (?P<most>\d+) \w+ can be specified")
_PLAIN: dict[str, type | tuple[type, ...]] = {
    "Integer": int,
    "Float": (int, float),
    "Boolean": bool,
    "True": bool,
    "String": str,
    "InputFile": dict,
}


@cache
def spec() -> Json | None:
    """The Bot API's methods and types, or None where the file is not there."""
    return json.loads(BOT_API.read_text(encoding="utf-8")) if BOT_API.exists() else None


def misfits(api: Json, call: Json) -> list[str]:
    """Everything about a call that is not as the Bot API documents it."""
    method = api["methods"].get(call["method"])
    if method is None:
        return [f"{call['method']} is no method"]
    return list(_object(api, method, call["params"], call["method"]))


def _object(api: Json, owner: Json, given: Json, place: str) -> Iterator[str]:
    fields = {field["name"]: field for field in owner.get("fields", [])}
    yield from (f"{place} has no {name}" for name in given if name not in fields)
    for name, field in fields.items():
        if name in given:
            yield from _field(api, field, given[name], f"{place}.{name}")
        elif field["required"]:
            yield f"{place}.{name} is missing"


def _field(api: Json, field: Json, value: Any, place: str) -> Iterator[str]:
    tried = [list(_typed(api, kind, value, place)) for kind in field["types"]]
    yield from min(tried, key=len)
    yield from _limits(field["description"], value, place)


def _typed(api: Json, kind: str, value: Any, place: str) -> Iterator[str]:
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            yield f"{place} is no list"
            return
        for number, each in enumerate(value):
            yield from _typed(api, kind.removeprefix("Array of "), each, f"{place}.{number}")
    elif kind in _PLAIN:
        fits = isinstance(value, _PLAIN[kind]) and isinstance(value, bool) <= (
            kind in {"Boolean", "True"}
        )
        yield from () if fits else (f"{place} is no {kind}",)
    elif not isinstance(value, dict):
        yield f"{place} is no {kind}"
    else:
        type_ = api["types"][kind]
        kinds = type_.get("subtypes") or [kind]
        yield from min((list(_object(api, api["types"][k], value, place)) for k in kinds), key=len)


def _limits(description: str, value: Any, place: str) -> Iterator[str]:
    limit, size = _limit(description, value)
    if limit is not None and not int(limit["least"] or 0) <= size <= int(limit["most"]):
        yield f"{place} is {size}, against the words {limit[0]!r}"


def _limit(description: str, value: Any) -> tuple[re.Match[str] | None, int]:
    match value:
        case str():
            found = _LENGTH.search(description)
            in_bytes = found is not None and found["what"] == "bytes"
            return found, len(value.encode()) if in_bytes else len(value)
        case list():
            return _MEMBERS.search(description), len(value)
        case int():
            return _VALUES.search(description), value
        case _:
            return None, 0
