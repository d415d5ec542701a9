"""How this process hears Telegram: it connects, then it polls or looks after the webhook."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.app.leading import while_leading
from bot.service import gaps
from bot.service.health import Pulse
from bot.service.site import Site
from bot.settings import BadSetting
from bot.store.replicas import Replica
from bot.store.store import Store
from bot.telegram import intake
from bot.telegram.ear import Ear
from bot.telegram.gateway import BotApi
from bot.telegram.hook import Hook
from bot.telegram.intake import REFUSED, UNREACHABLE, Intake, Poller, Revoked

log = logging.getLogger(__name__)

REFUSED_SECONDS = 15.0
BEAT_SECONDS = 1.0


class Listening:
    """Takes in what Telegram has for us, while this process leads."""

    def __init__(
        self,
        bot: BotApi,
        taking_in: Intake,
        store: Store,
        site: Site,
        *,
        pulse: Pulse,
        replica: Replica,
    ) -> None:
        self._bot, self._intake, self._store, self._site = bot, taking_in, store, site
        self._pulse, self._replica = pulse, replica
        self._ear = Ear(store, site, pulse, replica)

    async def run(self) -> None:
        """Listen until cancelled."""
        staying = asyncio.create_task(self._ear.stay())
        try:
            await self._listen()
        finally:
            staying.cancel()

    async def _listen(self) -> None:
        settings = self._site.settings
        if self._replica.leads:
            # it should be heard from now on, whether it can be reached or not
            self._pulse.listen("hook" if settings.webhook_url else "poll")
        await self._until_done(self._bot.initialize)
        messages = self._site.release.messages
        await intake.introduce(self._bot, messages.commands, messages.texts["about"])
        log.info("connected")
        if settings.webhook_url:
            await self._by_webhook(settings.webhook_url)
        else:
            await self._until_done(lambda: intake.stop_listening(self._bot))
            # while the database is away nobody can lead, and words of need must be heard
            await while_leading(
                self._replica, lambda: self._poller().run(), lambda: self._replica.is_cut_off
            )

    async def _by_webhook(self, url: str) -> None:
        given = self._site.settings.webhook_secret
        secret = given.get_secret_value() if given else ""
        await self._until_done(lambda: intake.listen(self._bot, url, secret))
        clock = self._site.clock
        hook = Hook(self._bot, url, secret, pulse=self._pulse, ear=self._ear, clock=clock)
        await while_leading(self._replica, hook.run)

    def _poller(self) -> Poller:
        clock = self._site.clock
        return Poller(
            self._bot, self._intake, self._store, pulse=self._pulse, ear=self._ear, clock=clock
        )

    async def _until_done(self, act: Callable[[], Awaitable[object]]) -> None:
        """Do it, again and again until it is done; BadSetting for a token that never worked here.

        One that did may work again, and meanwhile e-mail and the clinic's page go on.
        """
        while True:
            try:
                await intake.until_done(act, self._note_unreachable)
            except Revoked:
                if await self._store.read(gaps.last_heard) is None:
                    raise BadSetting("BOT_TOKEN", "BOT_TOKEN is not known to Telegram.") from None
                log.error("telegram refuses the token")
                self._pulse.say("token", REFUSED)
                await asyncio.sleep(REFUSED_SECONDS)
            else:
                self._pulse.say("token", None)
                return

    def _note_unreachable(self, is_so: bool) -> None:
        self._pulse.say("telegram", UNREACHABLE if is_so else None)


async def beat(pulse: Pulse) -> None:
    """Count the turns of the event loop until cancelled, for the watch that stands beside it."""
    while True:
        pulse.beats += 1
        await asyncio.sleep(BEAT_SECONDS)
