"""What the bot's own /healthz tells about the work it still has."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx


@dataclass(frozen=True)
class Health:
    """How much waits in the bot, and when it has something to do next."""

    inbox: int
    outbox: int
    next_due: datetime | None

    @property
    def idle(self) -> bool:
        """Whether nothing waits to be handled or sent."""
        return self.inbox == 0 and self.outbox == 0


async def ask(client: httpx.AsyncClient, url: str) -> Health | None:
    """The bot's health, or None when it gives no answer that can be read."""
    try:
        answer = await client.get(url)
        return _read(answer.json())
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


def _read(told: dict[str, Any]) -> Health:
    due = told.get("next_due")
    moment = datetime.fromisoformat(due) if due else None
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    # what lies on the disk is on its way into the inbox
    inbox = int(told["inbox"]) + int(told.get("spool", 0))
    return Health(inbox, int(told["outbox"]), moment)
