"""Chats that play a script: each acts again when its turn was answered, or at a steady rate."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import orjson

Json = dict[str, Any]
FIRST_CHAT = 7_300_000_001
"""Chats are numbered from here on; nobody's number is part of another figure in the log."""


@dataclass(frozen=True, slots=True)
class Act:
    """One turn: what is written or the choice that is tapped, and how many bubbles answer it."""

    text: str = ""
    choice: str = ""
    bubbles: int = 1


@dataclass(frozen=True, slots=True)
class Script:
    """What every chat does, one act after another, and from which it goes on after the last."""

    acts: tuple[Act, ...]
    again_from: int = 0

    def as_json(self) -> Json:
        """The script in plain values."""
        acts = [[each.text, each.choice, each.bubbles] for each in self.acts]
        return {"acts": acts, "again_from": self.again_from}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Script:
        """The script that was written so."""
        return cls(tuple(Act(*each) for each in given["acts"]), given["again_from"])

    def after(self, place: int) -> int:
        """The place of the next act."""
        return place + 1 if place + 1 < len(self.acts) else self.again_from


@dataclass(slots=True)
class Chat:
    """One phone: where it is in the script, and what it waits for."""

    number: int
    place: int = 0
    wanted: int = 0
    began: float = 0.0
    buttons: Sequence[str] = ()
    under: int = 1


@dataclass
class Tally:
    """What was counted since the measuring began; `others` is bubbles in chats nobody plays."""

    answers: int = 0
    strays: int = 0
    calls: int = 0
    seconds: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)


class Crowd:
    """All chats together; `push` puts an update where the bot fetches it."""

    def __init__(self, count_of: int, script: Script, push: Callable[[Json], None]) -> None:
        self.script, self._push, self.tally = script, push, Tally()
        self._chats = {n: Chat(n) for n in range(FIRST_CHAT, FIRST_CHAT + count_of)}
        self._idle = deque(self._chats.values())
        self._owed: deque[float] = deque()
        self._numbers, self.is_closed = count(1), True

    def all_begin(self) -> None:
        """Closed loop: everybody acts now, and again as soon as they were answered."""
        while self._idle:
            self._acts(self._idle.popleft(), time.perf_counter())

    def one_begins(self, due: float) -> None:
        """Open loop: somebody acts who should have acted then; if nobody can, whoever can first."""
        self.is_closed = False
        self._owed.append(due)
        self._pays()

    def oldest(self) -> float:
        """For how many seconds somebody has waited for an answer."""
        now = time.perf_counter()
        return max((now - each.began for each in self._chats.values() if each.wanted), default=0.0)

    def told(self, chat: int, message: int, buttons: Sequence[str]) -> None:
        """The bot sent a bubble to this chat."""
        found = self._chats.get(chat)
        if found is None:
            self.tally.others.append(time.monotonic())
            return
        if not found.wanted:
            self.tally.strays += 1
            return
        if buttons:
            found.buttons, found.under = buttons, message
        found.wanted -= 1
        if not found.wanted:
            self._answered(found)

    def _answered(self, chat: Chat) -> None:
        now = time.perf_counter()
        self.tally.answers += 1
        self.tally.seconds.append(now - chat.began)
        if self.is_closed:
            self._acts(chat, now)
            return
        self._idle.append(chat)
        self._pays()

    def _pays(self) -> None:
        while self._owed and self._idle:
            self._acts(self._idle.popleft(), self._owed.popleft())

    def _acts(self, chat: Chat, began: float) -> None:
        act = self.script.acts[chat.place]
        chat.place = self.script.after(chat.place)
        chat.wanted, chat.began = act.bubbles, began
        self._push(self._wrote(chat, act.text) if act.text else self._tapped(chat, act.choice))

    def _wrote(self, chat: Chat, text: str) -> Json:
        message = {"message_id": next(self._numbers), **_person(chat.number), "text": text}
        if text.startswith("/"):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text)}]
        return {"message": message}

    def _tapped(self, chat: Chat, choice: str) -> Json:
        data = next((each for each in chat.buttons if each.partition(".")[2] == choice), "")
        assert data, f"no button brings {choice}, only {chat.buttons}"
        shown = {"message_id": chat.under, **_person(chat.number), "text": "…"}
        number = str(next(self._numbers))
        return {
            "callback_query": {
                "id": number, "from": _person(chat.number)["from"], "chat_instance": number,
                "data": data, "message": shown,
            }
        }  # fmt: skip


def buttons_of(markup: object) -> list[str]:
    """What the buttons of a keyboard bring, whether it comes as words or as a value."""
    read = orjson.loads(markup) if isinstance(markup, str) else markup
    rows = read.get("inline_keyboard", []) if isinstance(read, dict) else []
    return [each["callback_data"] for row in rows for each in row if "callback_data" in each]


def _person(number: int) -> Json:
    name = {"id": number, "is_bot": False, "first_name": "Alex", "language_code": "en"}
    return {
        "from": name,
        "chat": {"id": number, "type": "private", "first_name": "Alex"},
        "date": 1_800_000_000,
    }
