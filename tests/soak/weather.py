"""What goes wrong on the way: refusals, broken and hanging connections, lost networks, kills."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from tests.journeys.world import World

KINDS = ("429", "500", "reset", "drop_before", "accept_then_drop", "accept_then_hang")
METHODS = ("sendMessage", "editMessageReplyMarkup", "answerCallbackQuery", "getUpdates", "*")
HANGS = 1.5
"""Seconds; long enough for others to overtake, and short enough to have many of them."""

NETWORK_AWAY = 2.0
OFTEN, SELDOM = 0.25, 0.02
"""How likely it is at a stop that calls go wrong, and that the network is lost."""


@dataclass
class Weather:
    """Chance, and a count of what it did."""

    world: World
    chance: Random
    kill_days: float
    done: Counter[str] = field(default_factory=Counter)
    _kill_at: datetime | None = None

    def blows(self) -> None:
        """Something goes wrong with the next calls, perhaps."""
        if self.chance.random() < OFTEN:
            for _ in range(self.chance.randint(1, 3)):
                self._fault()
        if self.chance.random() < SELDOM:
            self.done["network lost"] += 1
            self.world.do("network", down_for=NETWORK_AWAY)

    def strikes(self, now: datetime) -> bool:
        """Whether the bot was killed in the middle of its work, and started again."""
        due = self._kill_at
        if due is None or now >= due:
            self._kill_at = now + timedelta(days=self.kill_days * self.chance.uniform(0.5, 1.5))
        if due is None or now < due:
            return False
        # wherever it is just then: in a turn, a commit, a call
        time.sleep(self.chance.uniform(0.0, 0.4))
        self.done["kill -9"] += 1
        self.world.bot.dies()
        self.world.bot.starts()
        return True

    def _fault(self) -> None:
        kind, method = self.chance.choice(KINDS), self.chance.choice(METHODS)
        self.done[kind] += 1
        self.world.do(
            "faults", kind=kind, method=method, after=self.chance.randint(0, 5), seconds=HANGS
        )
