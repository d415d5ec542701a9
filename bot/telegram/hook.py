"""The webhook, looked at each minute: is it still ours, and does Telegram get through to it."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from telegram import Bot, WebhookInfo
from telegram.error import InvalidToken, TelegramError

from bot.clock import Clock
from bot.service.health import Pulse
from bot.telegram.ear import Ear
from bot.telegram.intake import FOREIGN, REFUSED, UNREACHABLE, listen

log = logging.getLogger(__name__)

CHECK_SECONDS = 50.0
_RECENT = timedelta(minutes=10)


class Hook:
    """Looks after the webhook; one process at a time does."""

    def __init__(
        self,
        bot: Bot,
        url: str,
        secret: str,
        *,
        pulse: Pulse,
        ear: Ear,
        clock: Clock,
    ) -> None:
        self._bot, self._url, self._secret = bot, url, secret
        self._pulse, self._ear, self._clock = pulse, ear, clock

    async def run(self) -> None:
        """Look again and again until cancelled."""
        self._pulse.listen("hook")
        try:
            while True:
                await self.look()
                await asyncio.sleep(CHECK_SECONDS)
        finally:
            self._pulse.listen("")

    async def look(self) -> None:
        """Look once; a webhook that is not ours, or does not work, is set again."""
        try:
            info = await self._bot.get_webhook_info()
            is_ours = info.url == self._url
            if not is_ours:
                log.error("somebody changed the webhook; ours is set again")
            self._pulse.say("webhook", None if is_ours else FOREIGN)
            self._pulse.hook_waiting = info.pending_update_count
            if is_ours and self._gets_through(info):
                self._pulse.hook_seen_at = self._clock.now()
                await self._ear.heard()
            else:
                await listen(self._bot, self._url, self._secret)
        except InvalidToken:
            self._pulse.say("token", REFUSED)
        except TelegramError as error:
            log.warning("the webhook could not be looked at: %s", type(error).__name__)
            self._pulse.say("telegram", UNREACHABLE)
        else:
            self._pulse.say("token", None)
            self._pulse.say("telegram", None)

    def _gets_through(self, info: WebhookInfo) -> bool:
        """Whether nothing waits at Telegram because it failed to bring it a moment ago."""
        failed_at = info.last_error_date
        if failed_at is None or not info.pending_update_count:
            return True
        hooked_at = self._pulse.hooked_at
        if hooked_at is not None and hooked_at > failed_at:
            return True
        return self._clock.now() - failed_at > _RECENT
