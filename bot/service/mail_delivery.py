"""E-mails on their way: sent at least once, tried again for as long as it takes, results kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.service import chain
from bot.service.post import Doubtful, Gone, Later, Refused, Sent, Verdict
from bot.service.site import Site
from bot.store import mails, tries
from bot.store.errors import log_trouble
from bot.store.mails import Mail, MailResult
from bot.store.replicas import ALONE, Replica
from bot.store.store import Store
from bot.store.unit import Unit

log = logging.getLogger(__name__)

AT_ONCE = 4
LEASE = timedelta(minutes=5)
"""How long an e-mail may be on its way before it counts as stuck; no try takes so long."""
LONGEST_WAIT = 900.0
_FIRST_WAIT = 5.0


class Courier(Protocol):
    """Hands e-mail over; says what became of it, and raises only our own faults."""

    async def send(self, mail: Mail) -> Verdict:
        """Send one e-mail."""


class MailDelivery:
    """The queue's way out; without a courier nothing is ever put into it."""

    def __init__(
        self, store: Store, site: Site, courier: Courier | None, replica: Replica = ALONE
    ) -> None:
        self._store, self._site, self._courier = store, site, courier
        self._replica = replica
        self.in_hand: set[int] = set()
        """The e-mails on their way."""

    async def send_waiting(self) -> int:
        """How many e-mails were tried; what became of each is kept as soon as it is known."""
        if self._courier is None:
            return 0
        claimed = await self._store.write(claim, self._site, AT_ONCE, self._replica.number)
        self.in_hand = {mail.id for mail in claimed}
        await asyncio.gather(*(self._deliver(self._courier, mail) for mail in claimed))
        return len(claimed)

    async def _deliver(self, courier: Courier, mail: Mail) -> None:
        try:
            verdict = await courier.send(mail)
        # whatever went wrong here must not leave it between two states
        except Exception:
            log.exception("e-mail %s could not be made", mail.id)
            verdict = Later(_FIRST_WAIT)
        try:
            await self._store.write(settle, self._site, mail, verdict)
        # it counts as being sent until its lease is over, and then it goes again
        except Exception as error:  # noqa: BLE001 - logged there
            log_trouble(log, error, f"what became of e-mail {mail.id} could not be kept")
        self.in_hand.discard(mail.id)


def take_back(unit: Unit, site: Site) -> None:
    """Free what was being sent when this process died; with other processes, what is stale."""
    mails.recover(unit, site.clock.now(), LEASE if unit.locks else timedelta())


def recover(unit: Unit, site: Site, replica: Replica, in_hand: Collection[int]) -> None:
    """Free what others were sending when they died, and what has been on its way for too long."""
    mails.recover(unit, site.clock.now(), LEASE, replica, in_hand)


def claim(unit: Unit, site: Site, limit: int, by: int = 0) -> list[Mail]:
    """The next e-mails to be sent, marked as being sent by the process of that number."""
    return mails.claim(unit, site.clock.now(), limit, by=by)


def settle(unit: Unit, site: Site, mail: Mail, verdict: Verdict) -> None:
    """Keep what became of an e-mail, and tell the alert's chain of a first failure and success."""
    now = site.clock.now()
    if not mails.settle(unit, [_result(mail, verdict, now)]):
        log.warning("the result of e-mail %s came too late and was dropped", mail.id)
        return
    if mail.kind == "alert" and _is_news(unit, mail, verdict):
        error = None if isinstance(verdict, Sent) else _words(verdict)
        chain.settle_try(unit, site, mail_id=mail.id, ok=error is None, error=error, at=now)


def _is_news(unit: Unit, mail: Mail, verdict: Verdict) -> bool:
    # the chain does not wait for a server that is down: it goes on at the first failure it hears
    # of, which is not the first try if a process died in that one
    return isinstance(verdict, Sent | Refused) or tries.waits(unit, mail.id)


def _result(mail: Mail, verdict: Verdict, now: datetime) -> MailResult:
    return replace(_fate(mail, verdict, now), claims=mail.claims)


def _fate(mail: Mail, verdict: Verdict, now: datetime) -> MailResult:
    tried = mail.attempts + 1
    match verdict:
        case Sent():
            return MailResult(mail.id, "sent", now, tried)
        case Refused(reason=reason):
            return MailResult(mail.id, "refused", now, tried, error=reason)
        case _:
            wait = min(_FIRST_WAIT * 2.0 ** min(mail.attempts, 10), LONGEST_WAIT)
            later = now + timedelta(seconds=wait)
            words = _words(verdict)
            return MailResult(mail.id, "pending", now, tried, error=words, not_before=later)


def _words(verdict: Verdict) -> str:
    match verdict:
        case Refused(reason=reason) | Gone(reason=reason):
            return reason
        case Doubtful():
            return "no answer"
        case _:
            return "the mail server did not take it"
