"""Raw updates are kept before they are acknowledged: fetch, commit, and only then move on."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from telegram import Bot
from telegram.error import InvalidToken, NetworkError, TelegramError

from bot.clock import Clock
from bot.keys import Vault
from bot.store import inbox, marks
from bot.store.inbox import Arrival
from bot.store.store import Store
from bot.store.unit import Unit
from bot.telegram.reading import is_kept, sender_of

log = logging.getLogger(__name__)

ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
POLL_SECONDS = 25
OFFSET = "telegram.offset"
_PAUSE = 1.0
_RETRY = 5.0
_LONGEST_PAUSE = 30.0


class Revoked(Exception):
    """Telegram does not know this token any more."""


class Contested(Exception):
    """Somebody else reads this bot's updates, by polling or by a webhook."""


class Intake:
    """Keeps what comes in; `wake` is called when there is something to handle."""

    def __init__(self, store: Store, vault: Vault, clock: Clock, wake: Callable[[], None]) -> None:
        self._store, self._vault, self._clock, self._wake = store, vault, clock, wake

    async def keep(self, updates: Sequence[dict[str, Any]], offset: int | None = None) -> None:
        """Keep updates, and with them how far the poll has come, in one commit."""
        arrivals = [self._arrival(update) for update in updates if is_kept(update)]
        await self._store.write(_keep, arrivals, offset)
        self._wake()

    def _arrival(self, update: dict[str, Any]) -> Arrival:
        body, number = orjson.dumps(update), update.get("update_id")
        sender = sender_of(update)
        return Arrival(
            source="telegram",
            external_id=str(number),
            digest=hashlib.sha256(body).hexdigest(),
            sender=self._vault.lookup("telegram", sender) if sender else f"nobody:{number}",
            body=body.decode(),
            received_at=self._clock.now(),
        )


def _keep(unit: Unit, arrivals: Sequence[Arrival], offset: int | None) -> None:
    inbox.keep(unit, arrivals)
    if offset is not None:
        marks.set(unit, OFFSET, str(offset))


class Poller:
    """Long polling: an update is acknowledged by the next call, after its commit."""

    def __init__(
        self,
        bot: Bot,
        intake: Intake,
        store: Store,
        *,
        polled: Callable[[], None],
        trouble: Callable[[str | None], None],
    ) -> None:
        self._bot, self._intake, self._store = bot, intake, store
        self._polled, self._trouble = polled, trouble

    async def run(self) -> None:
        """Poll until cancelled; trouble is told, waited out, and tried again."""
        kept = await self._store.read(lambda unit: marks.get(unit, OFFSET))
        offset, pause = int(kept or 0), _PAUSE
        while True:
            try:
                offset = await self._once(offset)
                pause = _PAUSE
                self._trouble(None)
            # whatever it is, nothing is lost: the offset has not moved
            except Exception as error:  # noqa: BLE001 - a poll that ends is silence for everyone
                log.warning("polling failed: %s", type(error).__name__)
                self._trouble(type(error).__name__.lower())
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _once(self, offset: int) -> int:
        updates = await self._fetch(offset)
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
            "allowed_updates": orjson.dumps(ALLOWED).decode(),
        }
        # python-telegram-bot's own get_updates would parse here, and one odd update stop them all
        code, payload = await self._bot.request.do_request(
            f"{self._bot.base_url}/getUpdates?{urlencode(params)}",
            "POST",
            read_timeout=POLL_SECONDS + 10,
        )
        return _updates(code, payload)


def _updates(code: int, payload: bytes) -> list[dict[str, Any]]:
    if code in {401, 404}:
        raise Revoked
    if code == 409:
        raise Contested
    answer = orjson.loads(payload) if code == 200 else {}
    if not isinstance(answer, dict) or not isinstance(answer.get("result"), list):
        msg = f"getUpdates was answered with status {code}"
        raise NetworkError(msg)
    return [
        u for u in answer["result"] if isinstance(u, dict) and isinstance(u.get("update_id"), int)
    ]


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
