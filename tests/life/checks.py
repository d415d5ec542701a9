"""What must hold of a life at rest beside the invariants: each update against what came of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

from bot.telegram.reading import is_kept
from flows.events import Blocked, Edited, Event, Joined, Returned, Said, Tapped
from tests.faults.invariants import wrong_with
from tests.faults.look import Look, look_at
from tests.journeys.world import World

Json = dict[str, Any]
BAD_REQUEST = 400
MOST_REFUSALS = 3
"""The same words may be tried once more without marks, and be said again on another day."""
MEANS: dict[str, tuple[type[Event], ...]] = {
    "message": (Said, Joined),
    "edited_message": (Edited,),
    "callback_query": (Tapped,),
    "my_chat_member": (Blocked, Returned),
}
"""What each kind of update may mean to a patient's conversation; everyone here writes plain text"""


def wrong(world: World) -> list[str]:
    """What is wrong with this world at rest, a sentence each."""
    look = look_at(world)
    past = world.see("updates")["updates"]
    # what a jump of the clock let Telegram forget is known exactly, so the rough count is left out
    found = [*wrong_with(look, forgets=True), *lost(look, past), *misread(look, past)]
    found += hammered(world.see("calls")["calls"])
    return [*found, *[f"refused by the Bot API: {each}" for each in world.see("state")["refusals"]]]


def lost(look: Look, past: list[Json]) -> Iterator[str]:
    """Whatever was acknowledged is in the inbox, and nothing waits at Telegram."""
    kept = {(row["external_id"], row["digest"]) for row in look.rows["inbox"]}
    for each in past:
        update = each["update"]
        number, digest = str(update["update_id"]), hashlib.sha256(orjson.dumps(update)).hexdigest()
        if each["confirmed"] and is_kept(update) and (number, digest) not in kept:
            yield f"update {number} was acknowledged and never kept"
    if look.unread_calls:
        yield f"{look.unread_calls} updates still wait at Telegram"


def hammered(calls: list[Json]) -> Iterator[str]:
    """What Telegram has refused is not asked again and again."""
    refused = Counter(
        (each["method"], str(each["params"])) for each in calls if each["status"] == BAD_REQUEST
    )
    for (method, _), times in refused.items():
        if times > MOST_REFUSALS:
            yield f"the same {method} was refused {times} times"


def misread(look: Look, past: list[Json]) -> Iterator[str]:
    """An edit is an edit and a tap is the tap that it was, and a prompt has one answer."""
    arrived = {row["id"]: row for row in look.rows["inbox"] if row["source"] == "telegram"}
    updates = {str(each["update"]["update_id"]): each["update"] for each in past}
    answering = {(row["patient_id"], row["turn"]) for row in look.rows["answers"]}
    for number, case in look.cases.items():
        answered: set[str] = set()
        for entry in case.journal:
            row = arrived.get(entry.cause or 0)
            update = updates.get(row["external_id"]) if row is not None else None
            if update is None:
                continue
            yield from _misread(number, entry.turn, update, entry.event)
            prompt = _prompt(update)
            if prompt and (number, entry.turn) in answering:
                if prompt in answered:
                    yield f"patient {number}: the prompt of turn {prompt} was answered twice"
                answered.add(prompt)


def _misread(number: int, turn: int, update: Json, event: Event) -> Iterator[str]:
    kind = next(name for name in update if name != "update_id")
    if not isinstance(event, MEANS[kind]):
        yield f"patient {number}, turn {turn}: {kind} was taken for {type(event).__name__}"


def _prompt(update: Json) -> str:
    data = update.get("callback_query", {}).get("data", "")
    turn, _, _ = data.partition(".")
    return turn if turn.isdecimal() else ""
