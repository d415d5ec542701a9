"""What the Bot API takes: every method spoken here, its parameters, and their types."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.sandbox.files import Upload
from bot.sandbox.refusal import NotSpoken, not_spoken

# Real parameters of Telegram's that Paceful never sends: refused rather than half understood.
NOT_SPOKEN = frozenset(
    [
        "allow_paid_broadcast",
        "business_connection_id",
        "certificate",
        "direct_messages_topic_id",
        "inline_message_id",
        "ip_address",
        "message_effect_id",
        "message_thread_id",
        "parse_mode",
        "quote_parse_mode",
        "rich_message",
        "suggested_post_parameters",
        "thumbnail",
    ]
)


@dataclass(frozen=True)
class Field:
    """One parameter of a method, or one field of a type."""

    name: str
    types: tuple[str, ...]
    required: bool


Fields = Mapping[str, Field]


@dataclass(frozen=True)
class Spec:
    """The methods, the types that they take, and the types that are one of several."""

    methods: Mapping[str, Fields]
    types: Mapping[str, Fields]
    unions: Mapping[str, tuple[str, ...]]


@cache
def spoken() -> Spec:
    """The part of the Bot API that the sandbox speaks, from the table shipped beside this file."""
    return parse(Path(__file__).with_name("bot_api.txt").read_text(encoding="utf-8"))


def parse(table: str) -> Spec:
    """The specification that a compact table describes."""
    groups: dict[str, dict[str, list[str]]] = {"method": {}, "type": {}, "union": {}}
    members: list[str] = []
    for line in table.splitlines():
        if line.startswith("  "):
            members.append(line.strip())
        elif not line.startswith("#"):
            kind, name = line.split()
            members = groups[kind].setdefault(name, [])
    return Spec(
        methods={name: _fields(lines) for name, lines in groups["method"].items()},
        types={name: _fields(lines) for name, lines in groups["type"].items()},
        unions={name: tuple(lines) for name, lines in groups["union"].items()},
    )


def _fields(lines: Iterable[str]) -> Fields:
    fields = (_field(line) for line in lines)
    return {field.name: field for field in fields}


def _field(line: str) -> Field:
    name, types = line.split(" ", 1)
    return Field(name.rstrip("!"), tuple(types.split(" | ")), name.endswith("!"))


def decoded(spec: Spec, method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a call in their own types, where a form has brought them as words."""
    fields = spec.methods.get(method, {})
    return {n: _decoded(value, fields[n]) if n in fields else value for n, value in given.items()}


def check(spec: Spec, method: str, params: Mapping[str, Any]) -> None:
    """Nothing when a call is as the Bot API wants it; otherwise the refusal that says why not."""
    fields = spec.methods[method]
    for name in params:
        if name not in fields:
            raise not_spoken(f"{method} has no parameter {name}")
        if name in NOT_SPOKEN:
            raise not_spoken(f"the sandbox does not speak the parameter {name} of {method}")
    for field in fields.values():
        _check_field(spec, field, params, method)


def fits(spec: Spec, value: Any, kind: str) -> None:
    """Nothing when a value is of that type; otherwise the refusal that says where it is not."""
    _check(spec, value, kind, kind)


def _decoded(value: Any, field: Field) -> Any:
    if not isinstance(value, str) or field.types == ("String",) or "InputFile" in field.types:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _check_field(spec: Spec, field: Field, owner: Mapping[str, Any], place: str) -> None:
    if field.name in owner:
        _check_any(spec, owner[field.name], field.types, f"{place}.{field.name}")
    elif field.required:
        raise not_spoken(f"{place}.{field.name} is required")


def _check_any(spec: Spec, value: Any, kinds: Iterable[str], place: str) -> None:
    misfits: list[NotSpoken] = []
    for kind in kinds:
        try:
            return _check(spec, value, kind, place)
        except NotSpoken as misfit:
            misfits.append(misfit)
    # The type that matched furthest is the one the caller meant.
    raise max(misfits, key=lambda misfit: misfit.description.count("."))


def _check(spec: Spec, value: Any, kind: str, place: str) -> None:
    if kind.startswith("Array of "):
        _check_each(spec, value, kind.removeprefix("Array of "), place)
    elif kind in spec.unions:
        _check_any(spec, value, spec.unions[kind], place)
    elif kind in spec.types:
        _check_object(spec, value, kind, place)
    elif not _is_plain(value, kind):
        raise not_spoken(f"{place} is not of type {kind}")


def _check_each(spec: Spec, values: Any, kind: str, place: str) -> None:
    if not isinstance(values, list):
        raise not_spoken(f"{place} is not of type Array of {kind}")
    for position, value in enumerate(values):
        _check(spec, value, kind, f"{place}.{position}")


def _check_object(spec: Spec, value: Any, kind: str, place: str) -> None:
    if not isinstance(value, dict):
        raise not_spoken(f"{place} is not of type {kind}")
    fields = spec.types[kind]
    for name in value:
        if name not in fields:
            raise not_spoken(f"{place}.{name} is not a field of {kind}")
    for field in fields.values():
        _check_field(spec, field, value, place)


def _is_plain(value: Any, kind: str) -> bool:
    match kind:
        case "Integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "Float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "Boolean" | "True":
            return isinstance(value, bool)
        case "String":
            return isinstance(value, str)
        case "InputFile":
            return isinstance(value, Upload)
        case _:
            return False
