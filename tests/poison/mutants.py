"""Updates as the Bot API describes them, and what may be wrong with each of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

from hypothesis import strategies as st

from bot.sandbox.world import TOKEN
from tests.poison.reduce_spec import REDUCED

Json = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]
DEEPEST = 4
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
"""What the bot asks for; the rest is drawn too, but less often."""

_ODD_TEXTS = st.sampled_from(
    ["", "\x00", "half \ud83d letter", "\udc00", "a" * 5000, "{", "</b>", TOKEN, "\u0667", "\u202e"]
)
_TEXTS = st.text(max_size=12) | _ODD_TEXTS | st.sampled_from(["7", "yes", "/menu", "/start"])
_ODD_NUMBERS = st.sampled_from([0, -1, 1 << 31, 1 << 52, 1 << 63, -(1 << 70), 10**300])
_PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "Integer": st.integers(1, 1 << 40),
    "Float": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "String": st.text(max_size=12),
    "Boolean": st.booleans(),
    "True": st.just(True),
}
_WRONG: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 7, -1, 1.5, "words", [], {}, [[]], {"id": "no number"}]
).map(deepcopy)
# a copy: the next thing that goes wrong may happen inside of it


@cache
def described() -> dict[str, Json]:
    """Every type that an update may hold."""
    return dict(json.loads(REDUCED.read_text(encoding="utf-8"))["types"])


def kinds() -> list[str]:
    """Every kind of update that the Bot API knows."""
    return [name for name in described()["Update"]["fields"] if name != "update_id"]


@st.composite
def valid(draw: Draw, of: tuple[str, ...] = KINDS, person: int | None = None) -> Json:
    """An update as the Bot API describes it, from that person's private chat if one is named."""
    kind = draw(st.sampled_from(of))
    (named,) = [name for name in described()["Update"]["fields"][kind] if name != "required"]
    part = _object(draw, named, DEEPEST)
    update = {"update_id": draw(st.integers(1, 1 << 31)), kind: part}
    return belonging(update, person) if person is not None else update


@st.composite
def mutant(draw: Draw, person: int | None = None) -> Json:
    """Such an update with one to three things wrong with it."""
    of = KINDS if draw(st.integers(0, 3)) else tuple(kinds())
    update: Json = draw(valid(of, person))
    for _ in range(draw(st.integers(1, 3))):
        spoil(draw, update)
    return update


def belonging(update: Json, person: int) -> Json:
    """The update as one of that person's private chat."""
    for name, part in update.items():
        if name != "update_id" and isinstance(part, dict):
            part["from"] = {"id": person, "is_bot": False, "first_name": "x"}
            holder = part["message"] if isinstance(part.get("message"), dict) else part
            holder["chat"] = {"id": person, "type": "private"}
    return update


def spoil(draw: Draw, update: Json) -> None:
    """Do one thing to the update that Telegram would never do."""
    places = _places(update)
    if not places:
        return
    holder, key = draw(st.sampled_from(places))
    match draw(st.sampled_from(SPOILINGS)):
        case "drop":
            holder.pop(key)
        case "null":
            holder[key] = None
        case "wrong type":
            holder[key] = draw(_WRONG)
        case "odd text":
            holder[key] = draw(_ODD_TEXTS)
        case "odd number":
            holder[key] = draw(_ODD_NUMBERS)
        case "huge":
            holder[key] = "x" * draw(st.sampled_from([4097, 70_000]))
        case "nested":
            holder[key] = _nested(draw(st.sampled_from([3, 60, 400])))
        case "unknown field":
            holder["of_next_year"] = draw(_WRONG)
        case _:
            _rename(update)


SPOILINGS = [
    *("drop", "null", "wrong type", "odd text", "odd number", "huge", "nested"),
    *("unknown field", "unknown kind"),
]


def _rename(update: Json) -> None:
    for name in [each for each in update if each != "update_id"]:
        update["of_next_year"] = update.pop(name)


def _nested(deep: int) -> Any:
    value: Any = "words"
    for number in range(deep):
        value = [value] if number % 2 else {"in": value}
    return value


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in the update that can be changed, its number excepted."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        keys: list[Any] = [key for key in value if key != "update_id"]
    else:
        keys = list(range(len(value))) if isinstance(value, list) else []
    for key in keys:
        found += [(value, key)] if isinstance(value, dict) else []
        found += _places(value[key])
    return found


def _object(draw: Draw, name: str, deep: int) -> Json:
    made: Json = {}
    fields = described()[name]["fields"]
    wanted = [key for key, types in fields.items() if "required" in types]
    optional = [key for key in fields if key not in wanted]
    if optional and deep:
        wanted += draw(st.lists(st.sampled_from(optional), max_size=3, unique=True))
    for key in wanted:
        types = [each for each in fields[key] if each != "required"]
        made[key] = _value(draw, draw(st.sampled_from(types)), deep - 1, key)
    return made


def _value(draw: Draw, kind: str, deep: int, key: str) -> Any:
    if kind.startswith("Array of "):
        if deep <= 0:
            return []
        return [_value(draw, kind.removeprefix("Array of "), deep - 1, key)]
    if key in {"text", "caption"}:
        return draw(_TEXTS)
    if kind in _PLAIN:
        return draw(_PLAIN[kind])
    if kinds := described()[kind].get("one_of"):
        # words are a kind of their own in some: without them, one could be in another for ever
        plain = [each for each in kinds if each in _PLAIN] if deep <= 0 else []
        return _value(draw, draw(st.sampled_from(plain or kinds)), deep - 1, key)
    return _object(draw, kind, max(deep, 0)) if deep > -8 else {}
