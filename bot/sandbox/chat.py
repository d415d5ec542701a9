"""One private chat: its messages, what happened in it, and which keyboards still stand."""

from dataclasses import dataclass, field
from typing import Any, Literal

from bot.sandbox.signal import Signal

Json = dict[str, Any]
Kind = Literal["message", "edited", "deleted", "tap", "toast", "action", "blocked", "unblocked"]
Keyboard = Literal["none", "live", "older", "gone"]


@dataclass(eq=False)
class Kept:
    """A message as the bot sees it, and the buttons that people have seen under it."""

    body: Json
    changed: int
    from_bot: bool
    rows: list[list[Json]] = field(default_factory=list)
    reply_keyboard: bool = False

    @property
    def live(self) -> bool:
        """Whether its inline buttons are still attached."""
        return "reply_markup" in self.body

    def label_of(self, data: str) -> str:
        """The words on the button with that data, or the data itself."""
        buttons = (button for row in self.rows for button in row)
        return next((b["text"] for b in buttons if b.get("callback_data") == data), data)


@dataclass(frozen=True)
class Happening:
    """Something in the chat, in order: a message, a tap, a toast, typing, a block…"""

    number: int
    at: float
    kind: Kind
    details: Json


class Chat:
    """What one person and the bot see of each other."""

    def __init__(self, user: Json, signal: Signal, first_message: int) -> None:
        self.user = user
        self.messages: dict[int, Kept] = {}
        self.happenings: list[Happening] = []
        self.reply_keyboard: Json | None = None
        self.started = False
        self.blocked = False
        self._signal = signal
        self._next = first_message
        self._prompt: int | None = None

    @property
    def number(self) -> int:
        """The chat's identifier, which in private is the person's."""
        return int(self.user["id"])

    def outline(self) -> Json:
        """The Chat object that stands in messages."""
        names = {k: v for k, v in self.user.items() if k in ("first_name", "last_name", "username")}
        return {"id": self.number, **names, "type": "private"}

    def note(self, at: float, kind: Kind, **details: Any) -> int:
        """Remember what happened; its number."""
        number = self._signal.give()
        self.happenings.append(Happening(number, at, kind, details))
        return number

    def post(self, at: float, sender: Json, content: Json) -> Kept:
        """The message that a person or the bot adds to the chat."""
        number, self._next = self._next, self._next + 1
        head = {"message_id": number, "from": sender, "chat": self.outline(), "date": int(at)}
        kept = Kept({**head, **content}, 0, from_bot=bool(sender["is_bot"]))
        self.messages[number] = kept
        kept.changed = self.note(at, "message", message_id=number)
        self._keep_buttons(kept)
        return kept

    def change(self, at: float, kept: Kept, body: Json) -> None:
        """Put new content into a message."""
        kept.body = body
        kept.changed = self.note(at, "edited", message_id=body["message_id"])
        self._keep_buttons(kept)

    def remove(self, at: float, number: int) -> None:
        """Delete a message for everyone."""
        del self.messages[number]
        self.note(at, "deleted", message_id=number)

    def keyboard(self, kept: Kept) -> Keyboard:
        """Whether the buttons under a message stand, have been overtaken, or are gone."""
        if not kept.rows:
            return "none"
        if not kept.live:
            return "gone"
        return "live" if kept.body["message_id"] == self._prompt else "older"

    def _keep_buttons(self, kept: Kept) -> None:
        if not kept.live:
            return
        kept.rows = kept.body["reply_markup"]["inline_keyboard"]
        before = self.messages.get(self._prompt or 0)
        if before is not None and before is not kept:
            before.changed = kept.changed
        self._prompt = max(self._prompt or 0, int(kept.body["message_id"]))
