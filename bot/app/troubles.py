"""What may be wrong with a running service, seen by a watch that stands beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.service.health import HOOK_STALE, INBOX_STALE, OUTBOX_STALE, POLL_STALE, Pulse
from bot.service.retiring import STALE

RETENTION_STALE = STALE.total_seconds()
SLOW = 30.0
"""How many seconds the event loop may be busy with one thing."""
STUCK = 120.0
"""After so many the process ends itself: its supervisor starts it again."""
REBUILDS = 3
"""How often the connections may be opened anew in vain before it does so."""


@dataclass(frozen=True, slots=True)
class Patience:
    """For how many seconds a trouble must be seen to count, and be gone to be over."""

    before: float
    after: float


TROUBLES = {
    "silent": Patience(0, 5),
    "token": Patience(0, 5),
    # at a change of the leader two of ours may meet for a moment
    "contested": Patience(10, 60),
    "webhook": Patience(0, 60),
    "wedged": Patience(0, 60),
    # a clock that jumps makes old what is new
    "outbox": Patience(60, 60),
    "inbox": Patience(60, 60),
    "lag": Patience(0, 5),
    "database": Patience(30, 5),
    "aside": Patience(0, 60),
    "retention": Patience(600, 60),
    "guesses": Patience(0, 600),
    "forged": Patience(0, 60),
}
"""What operators are told of, each once, and once more when it is over."""
_HEARS_NOTHING = frozenset({"token", "wedged", "silent"})


@dataclass(frozen=True, slots=True)
class Queues:
    """The ages of what waits longest, in seconds, and whether anything can be written.

    `astray` names the files from which messages cannot be brought into the database, and
    `unretired` is how many seconds ago what was over its time last went; `guessed` says that many
    codes were wrong lately, `forged` that somebody without a key changed who is of the team.
    """

    outbox: float = 0.0
    inbox: float = 0.0
    is_writable: bool = True
    astray: tuple[str, ...] = ()
    unretired: float = 0.0
    guessed: bool = False
    forged: bool = False


@dataclass(slots=True)
class Still:
    """For how long a count has not moved, as far as somebody looked on."""

    count: object = None
    seconds: float = 0.0

    def looks_at(self, count: object, passed: float) -> float:
        """The seconds without a move, when so many passed since the last look."""
        self.seconds = self.seconds + passed if count == self.count else 0.0
        self.count = count
        return self.seconds


class Signs:
    """What is seen of the service at each look, by the pulse, the wire and the queues.

    It goes by the time that passed between two looks: a clock that jumps, or a machine that
    slept, is no trouble.
    """

    def __init__(self, pulse: Pulse, in_vain: Callable[[], int]) -> None:
        self._pulse, self._in_vain = pulse, in_vain
        self._heart, self._ear = Still(), Still()

    @property
    def unheard(self) -> float:
        """For how many seconds Telegram was not heard."""
        return self._ear.seconds

    def look(self, queues: Queues, passed: float) -> frozenset[str]:
        """The names of what seems to be wrong at this moment."""
        pulse = self._pulse
        pulse.lag = self._heart.looks_at(pulse.beats, passed) if pulse.beats else 0.0
        unheard = self._ear.looks_at((pulse.listens, pulse.heard), passed)
        limit = HOOK_STALE if pulse.listens == "hook" else POLL_STALE
        seen = {
            "silent": bool(pulse.listens) and unheard > limit,
            "token": "token" in pulse.trouble,
            "contested": "contested" in pulse.trouble,
            "webhook": "webhook" in pulse.trouble,
            "wedged": self._in_vain() > 0,
            "lag": pulse.lag > SLOW,
            "database": not queues.is_writable,
            "outbox": queues.outbox > OUTBOX_STALE,
            "inbox": queues.inbox > INBOX_STALE,
            "aside": bool(queues.astray),
            "retention": queues.unretired > RETENTION_STALE,
            "guesses": queues.guessed,
            "forged": queues.forged,
        }
        return _causes(frozenset(name for name, is_so in seen.items() if is_so))

    def last_straw(self) -> str | None:
        """Why this process can't help itself any more, or None."""
        if self._pulse.lag > STUCK:
            return "the event loop stands still"
        if self._in_vain() > REBUILDS:
            return "the connections to telegram hang, however often they are opened anew"
        return None


def _causes(seen: frozenset[str]) -> frozenset[str]:
    """What was seen, without what only follows from another of it."""
    if "token" in seen:
        seen -= {"silent", "contested"}
    if "lag" in seen:
        seen -= {"silent", "outbox", "inbox", "wedged"}
    return seen - {"outbox"} if seen & _HEARS_NOTHING else seen


@dataclass(slots=True)
class Course:
    """The troubles that are going on: what began, what is over, with patience for both."""

    open: dict[str, float] = field(default_factory=dict)
    _seen: dict[str, float] = field(default_factory=dict)
    _gone: dict[str, float] = field(default_factory=dict)

    def goes_on(self, seen: frozenset[str], passed: float) -> tuple[list[str], list[str]]:
        """The names of what began at this look, and of what is over."""
        began = [name for name in TROUBLES if self._begins(name, name in seen, passed)]
        over = [name for name in TROUBLES if self._ends(name, name in seen, passed)]
        for name in self.open:
            self.open[name] += passed
        return began, over

    def forget(self, name: str) -> float:
        """How many seconds that trouble lasted; it is open no more."""
        return self.open.pop(name)

    def _begins(self, name: str, is_seen: bool, passed: float) -> bool:
        if not is_seen:
            self._seen.pop(name, None)
            return False
        # what is seen for the first time is not known to have lasted
        self._seen[name] = self._seen[name] + passed if name in self._seen else 0.0
        if name in self.open or self._seen[name] < TROUBLES[name].before:
            return False
        self.open[name] = self._seen[name]
        return True

    def _ends(self, name: str, is_seen: bool, passed: float) -> bool:
        if is_seen or name not in self.open:
            self._gone.pop(name, None)
            return False
        self._gone[name] = self._gone.get(name, 0.0) + passed
        return self._gone[name] >= TROUBLES[name].after
