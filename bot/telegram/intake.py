"""Raw updates are kept before they are acknowledged: fetch, commit, and only then move on."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import orjson
from telegram import Bot
from telegram.error import InvalidToken, NetworkError, TelegramError

from bot.clock import Clock
from bot.keys import Vault
from bot.service.health import Pulse
from bot.store import inbox, marks
from bot.store.inbox import Arrival
from bot.store.replicas import ALONE, Deposed, Replica, hold
from bot.store.store import Store
from bot.store.unit import Unit
from bot.telegram.ear import Ear
from bot.telegram.gateway import wire_of
from bot.telegram.raw import body_of, updates_of
from bot.telegram.reading import is_kept, message_of, sender_of

log = logging.getLogger(__name__)

ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
POLL_SECONDS = 25
OFFSET = "telegram.offset"
_PAUSE = 1.0
_RETRY = 5.0
_LONGEST_PAUSE = 30.0
_CLEAR_EVERY = 60.0
REFUSED = "telegram refuses the token"
CONTESTED = "another program polls this bot"
FOREIGN = "a foreign webhook was set"
UNREACHABLE = "telegram cannot be reached"


Keeper = Callable[[Sequence[Arrival], Callable[[Unit], None]], Awaitable[None]]
"""Keeps arrivals by that write, or where else they are safe; raises where they are not."""


class Revoked(Exception):
    """Telegram does not know this token any more."""


class Contested(Exception):
    """Somebody else reads this bot's updates, by polling or by a webhook."""


class Intake:
    """Keeps what comes in; `arrived` is called when it is kept."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        clock: Clock,
        arrived: Callable[[], None],
        keeper: Keeper | None = None,
        replica: Replica = ALONE,
    ) -> None:
        self._store, self._vault, self._clock, self._arrived = store, vault, clock, arrived
        self._replica = replica
        self._keeper = keeper or self._keep_in_database

    async def keep(self, updates: Sequence[dict[str, Any]], offset: int | None = None) -> None:
        """Keep updates, and with them how far the poll has come, in one commit."""
        arrivals = [self._arrival(update) for update in updates if is_kept(update)]
        await self._keeper(arrivals, lambda unit: _keep(unit, arrivals, offset, self._replica))
        self._arrived()

    async def _keep_in_database(self, _: Sequence[Arrival], write: Callable[[Unit], None]) -> None:
        await self._store.write(write)

    def _arrival(self, update: dict[str, Any]) -> Arrival:
        body, number = body_of(update), update.get("update_id")
        sender = sender_of(update)
        names = self._vault.lookups("telegram", sender) if sender else (f"nobody:{number}",)
        return Arrival(
            source="telegram",
            external_id=str(number),
            digest=hashlib.sha256(body).hexdigest(),
            sender=names[0],
            body=body.decode(),
            received_at=self._clock.now(),
            aliases=names[1:],
            message=message_of(update),
        )


def _keep(unit: Unit, arrivals: Sequence[Arrival], offset: int | None, replica: Replica) -> None:
    inbox.keep(unit, arrivals)
    if offset is not None:
        # the offset belongs to the leader: a late one would have what it missed acknowledged
        hold(unit, replica)
        marks.set(unit, OFFSET, str(offset))


class Poller:
    """Long polling: an update is acknowledged by the next call, after its commit."""

    def __init__(
        self,
        bot: Bot,
        intake: Intake,
        store: Store,
        *,
        pulse: Pulse,
        ear: Ear,
        clock: Clock,
    ) -> None:
        self._bot, self._intake, self._store = bot, intake, store
        self._pulse, self._ear, self._clock = pulse, ear, clock
        self._cleared_at: float | None = None
        self._pause = _PAUSE

    async def run(self) -> None:
        """Poll until cancelled, or until another process leads."""
        self._pulse.listen("poll")
        try:
            await self._poll()
        finally:
            self._pulse.listen("")
            self._is_well()

    async def _poll(self) -> None:
        """Poll; trouble is told, waited out, and tried again."""
        offset: int | None = None
        while True:
            try:
                offset = await self._offset() if offset is None else offset
                offset = await self._once(offset)
                await self._ear.heard()
                self._is_well()
            # the new leader polls on from what is kept
            except Deposed:
                return
            # whatever it is, nothing is lost: the offset has not moved
            except Exception as error:  # noqa: BLE001 - a poll that ends is silence for everyone
                log.warning("polling failed: %s", type(error).__name__)
                await self._tell(error)
                await asyncio.sleep(self._pause)
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    async def _offset(self) -> int:
        return int(await self._store.read(lambda unit: marks.get(unit, OFFSET)) or 0)

    def _polled(self) -> None:
        self._pulse.polled_at = self._clock.now()

    def _is_well(self) -> None:
        for name in ("poll", "token", "contested", "webhook"):
            self._pulse.say(name, None)

    async def _tell(self, error: Exception) -> None:
        """Keep what is wrong, for the health page and for the watch that tells operators."""
        match error:
            case Revoked():
                self._pulse.say("token", REFUSED)
            case Contested():
                await self._look_for_thief()
            case _:
                self._pulse.say("poll", f"polling: {type(error).__name__.lower()}")

    async def _look_for_thief(self) -> None:
        """Say whether a foreign webhook or a second poller is in the way; a webhook is taken off.

        At most once a minute: two installations by mistake must not undo each other all the time.
        """
        try:
            info = await self._bot.get_webhook_info()
        except TelegramError:
            self._pulse.say("contested", CONTESTED)
            return
        if not info.url:
            self._pulse.say("contested", CONTESTED)
            return
        self._pulse.say("webhook", FOREIGN)
        if self._cleared_at is None or time.monotonic() - self._cleared_at >= _CLEAR_EVERY:
            self._cleared_at = time.monotonic()
            with suppress(TelegramError):
                await stop_listening(self._bot)

    async def _once(self, offset: int) -> int:
        updates = await self._fetch(offset)
        # where nothing can be kept somebody in need must be seen soon all the same
        self._pause = _PAUSE
        self._polled()
        if not updates:
            return offset
        following: int = max(update["update_id"] for update in updates) + 1
        await self._intake.keep(updates, following)
        return following

    async def _fetch(self, offset: int) -> list[dict[str, Any]]:
        params = {
            "offset": offset,
            "timeout": POLL_SECONDS,
            "limit": 100,
            "allowed_updates": ALLOWED,
        }
        # python-telegram-bot's own get_updates would parse here, and one odd update stop them all
        code, payload = await wire_of(self._bot).ask(
            f"{self._bot.base_url}/getUpdates", orjson.dumps(params), POLL_SECONDS + 10
        )
        return _updates(code, payload)


def _updates(code: int, payload: bytes) -> list[dict[str, Any]]:
    if code in {401, 404}:
        raise Revoked
    if code == 409:
        raise Contested
    updates = updates_of(payload) if code == 200 else None
    if updates is None:
        msg = f"getUpdates was answered with status {code}"
        raise NetworkError(msg)
    return updates


def secret_fits(given: str | None, wanted: str) -> bool:
    """Whether a webhook call carries our secret; compared in constant time."""
    return hmac.compare_digest((given or "").encode(), wanted.encode())


async def until_done(
    act: Callable[[], Awaitable[object]], unreachable: Callable[[bool], None]
) -> None:
    """Do it, again and again until Telegram can be reached; Revoked if it refuses the token."""
    while True:
        try:
            await act()
        except InvalidToken:
            raise Revoked from None
        except TelegramError as error:
            log.warning("telegram cannot be reached: %s", type(error).__name__)
            unreachable(True)
            await asyncio.sleep(_RETRY)
        else:
            unreachable(False)
            return


async def listen(bot: Bot, url: str, secret: str) -> None:
    """Have Telegram bring updates to that address with that secret."""
    await bot.set_webhook(url, secret_token=secret, allowed_updates=ALLOWED)


async def stop_listening(bot: Bot) -> None:
    """Have Telegram keep updates for polling; nothing that waits is dropped."""
    await bot.delete_webhook(drop_pending_updates=False)


async def introduce(bot: Bot, commands: dict[str, str], about: str) -> None:
    """Show the commands and the words about the bot in everyone's app; a failure only logs."""
    try:
        await bot.set_my_commands(list(commands.items()))
        await bot.set_my_short_description(about)
    except TelegramError as error:
        log.warning("could not set the commands: %s", type(error).__name__)
