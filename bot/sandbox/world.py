"""Everything the sandbox knows: one bot, its people and chats, and what waits or goes wrong."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.calls import Calls
from bot.sandbox.chat import Chat
from bot.sandbox.clock import Clock
from bot.sandbox.faults import Faults
from bot.sandbox.files import Shelf
from bot.sandbox.group import SUPERGROUP, Group
from bot.sandbox.refusal import bad_request, conflict, forbidden
from bot.sandbox.signal import Signal
from bot.sandbox.updates import Updates

Json = dict[str, Any]
FIRST_GROUP = 4_001_000
# The shape of a real token, and one that opens no door anywhere.
TOKEN = f"7000000001:{'Sandbox':0<35}"


@dataclass(frozen=True)
class Webhook:
    """Where the bot wants its updates delivered."""

    url: str
    secret: str
    connections: int


@dataclass(frozen=True)
class Tap:
    """A tap that the bot has not answered yet."""

    user: int
    at: float


@dataclass
class Trouble:
    """The last delivery that failed."""

    at: int = 0
    words: str = ""


@dataclass
class Profile:
    """What the bot has said about itself, by scope and language."""

    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    descriptions: dict[tuple[str, str], str] = field(default_factory=dict)


class World:
    """A small Telegram with one bot in it, kept in memory."""

    def __init__(
        self, token: str = TOKEN, *, clock: Clock | None = None,
        first_update: int = 10_000_001, first_message: int = 1, webhook_pace: float = 1.0,
    ) -> None:  # fmt: skip
        self.token = token
        self.clock = clock or Clock()
        self.bot = _bot(int(token.split(":")[0]))
        self.changes = Signal()
        self.updates = Updates(self.clock, first_update)
        self.chats: dict[int, Chat] = {}
        self.groups: dict[int, Group] = {}
        self.shelf = Shelf()
        self.faults = Faults()
        self.calls = Calls()
        self.refusals: list[str] = []
        self.profile = Profile()
        self.webhook: Webhook | None = None
        self.webhook_pace = webhook_pace
        self.trouble = Trouble()
        self.taps: dict[str, Tap] = {}
        self.tap_count = 0
        self.poll = 0
        self.closing = asyncio.Event()
        self._first_message = first_message
        self._down_until = 0.0

    def tapped(self, user: int) -> str:
        """The identifier of a new tap that waits for an answer."""
        self.tap_count += 1
        query_id = str(4_000_000_000 + self.tap_count)
        self.taps[query_id] = Tap(user, self.clock.now())
        return query_id

    def add_person(self, user: Json) -> Chat:
        """The chat of a person who is known from now on, whether or not they ever wrote."""
        number = int(user["id"])
        if number not in self.chats:
            self.chats[number] = Chat(user, self.changes, self._first_message)
        self.chats[number].user.update(user)
        self.changes.give()
        return self.chats[number]

    def add_group(self, title: str, members: list[int], *, is_super: bool = False) -> Group:
        """A new group with these members, and with the bot in it."""
        place = SUPERGROUP if is_super else 0
        number = place - FIRST_GROUP - len(self.groups)
        self.groups[number] = Group(number, title, members, self.changes, self._first_message)
        self.changes.give()
        return self.groups[number]

    def reachable(self, chat_id: int | str) -> Chat:
        """The chat that the bot may write to, or Telegram's reason why it may not."""
        chat = self.known(chat_id)
        if isinstance(chat, Group):
            chat.check_open()
            return chat
        if not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        return chat

    def known(self, chat_id: int | str) -> Chat:
        """The chat of that number, or Telegram's refusal."""
        chat = self.chats.get(chat_id) if isinstance(chat_id, int) else None
        group = self.groups.get(chat_id) if isinstance(chat_id, int) else None
        found = chat or group
        if found is None:
            raise bad_request("chat not found")
        return found

    def lose_network(self, seconds: float) -> None:
        """Cut every connection of the bot's for so many real seconds; 0 gives it back."""
        self._down_until = time.monotonic() + seconds
        self.updates.news.give()
        self.changes.give()

    def network_back_in(self) -> float:
        """Real seconds until the network is there again; 0 when it is."""
        return max(self._down_until - time.monotonic(), 0.0)

    async def rest(self, seconds: float) -> None:
        """Wait so many real seconds, or until the server closes."""
        try:
            async with asyncio.timeout(seconds):
                await self.closing.wait()
        except TimeoutError:
            return

    def close(self) -> None:
        """Let everyone who waits go home."""
        self.closing.set()
        self.updates.news.give()
        self.changes.give()

    def refuse_polling_beside_webhook(self) -> None:
        """Nothing while no webhook is set; otherwise Telegram's conflict."""
        if self.webhook is not None:
            raise conflict(
                "can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first"
            )


def _bot(number: int) -> Json:
    names = {"first_name": "Paceful", "username": "paceful_sandbox_bot"}
    return {"id": number, "is_bot": True, **names}
