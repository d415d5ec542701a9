"""A messenger in memory: it shows what it was given, and fails when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count

from bot.service.post import Bubble, Mark, Sent, Toast, Verdict


@dataclass(frozen=True)
class Call:
    """One call to the messenger: for which chat, of which kind, with which words and buttons."""

    chat: str
    kind: str
    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    number: int = 0
    file: bytes = b""
    private: bool = False
    hidden: str = ""


Fault = Callable[[Call], Verdict | None]


class Messenger:
    """The gateway of the tests: what it took is in `taken`, every attempt is in `tried`."""

    def __init__(self) -> None:
        self.taken: list[Call] = []
        self.tried: list[Call] = []
        self.fault: Fault = lambda call: None
        """What becomes of a call instead of being taken; None takes it."""
        self.door = asyncio.Event()
        """While it is not set, every call waits on its way."""
        self.door.set()
        self._numbers = count(1000)

    def taken_by(self, person: int) -> list[Call]:
        """Everything that was shown in this person's chat."""
        return [call for call in self.taken if call.chat == str(person)]

    async def bubble(self, chat: str, bubble: Bubble) -> Verdict:
        """Show a message."""
        buttons = tuple(button for row in bubble.buttons for button in row)
        hidden = "".join(_marked(bubble, mark) for mark in bubble.marks if mark.kind == "spoiler")
        shown = Call(chat, "bubble", bubble.text, buttons, private=bubble.private, hidden=hidden)
        return await self._take(shown)

    async def settle(self, chat: str, message_id: int, prompt: Bubble, note: str | None) -> Verdict:
        """Take the buttons off a message."""
        return await self._take(Call(chat, "settle", note or ""))

    async def busy(self, chat: str) -> None:
        """Nothing: it does not matter whether it is seen."""

    async def toast(self, toast: Toast) -> Verdict:
        """Show a short notice."""
        return await self._take(Call("", "toast", toast.text))

    async def picture(
        self, chat: str, png: bytes, caption: str, *, private: bool = False
    ) -> Verdict:
        """Show a picture."""
        return await self._take(Call(chat, "picture", caption, private=private))

    async def leave(self, chat: str) -> Verdict:
        """Leave a group."""
        return await self._take(Call(chat, "leave", ""))

    async def document(self, chat: str, content: bytes, name: str, caption: str) -> Verdict:
        """Show a file."""
        return await self._take(Call(chat, "document", caption, file=content))

    async def unsay(self, chat: str, messages: Sequence[int]) -> Verdict:
        """Delete messages."""
        return await self._take(Call(chat, "unsay", " ".join(map(str, messages))))

    async def fade(self, chat: str, message_id: int, text: str | None) -> Verdict:
        """Make a message blank."""
        return await self._take(Call(chat, "fade", f"{message_id} {text or ''}".strip()))

    async def _take(self, call: Call) -> Verdict:
        self.tried.append(call)
        await self.door.wait()
        verdict = self.fault(call)
        if verdict is not None:
            return verdict
        number = next(self._numbers)
        self.taken.append(replace(call, number=number))
        return Sent(number)


def _marked(bubble: Bubble, mark: Mark) -> str:
    units = bubble.text.encode("utf-16-le")
    return units[2 * mark.offset : 2 * (mark.offset + mark.length)].decode("utf-16-le")
