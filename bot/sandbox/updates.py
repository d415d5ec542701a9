"""The updates that wait for the bot, and how Telegram forgets them."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bot.sandbox.clock import Clock
from bot.sandbox.signal import Signal

Json = dict[str, Any]
DAY = 86_400
# How long Telegram keeps an update for a bot that does not fetch it, in seconds.
KEPT_FOR = {"callback_query": 150}
REMEMBERED = 100_000
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


@dataclass(eq=False)
class Waiting:
    """One update in the queue, and what has been tried with it."""

    number: int
    lane: str
    body: Json
    expires_at: float
    raw: bool = False
    handed_out: bool = False
    confirmed: bool = False
    tries: int = 0
    not_before: float = 0.0


class Updates:
    """The queue of one bot, in the order in which things happened."""

    def __init__(self, clock: Clock, first_number: int) -> None:
        self._clock = clock
        self._next = first_number
        # Waiting updates are keys, so that they keep their order and go out one by one quickly.
        self._waiting: dict[Waiting, None] = {}
        self._soonest = float("inf")
        self.past: deque[Waiting] = deque(maxlen=REMEMBERED)
        self.allowed: frozenset[str] | None = None
        self.news = Signal()

    def add(self, kind: str, content: Json, lane: str) -> int | None:
        """Queue what happened; its number, or None when the bot has not asked for that kind."""
        if not self._wanted(kind):
            return None
        body = {"update_id": self._next, kind: content}
        expires_at = self._clock.now() + KEPT_FOR.get(kind, DAY)
        self._append(Waiting(self._next, lane, body, expires_at))
        return self._next - 1

    def inject(self, body: Json) -> int:
        """Queue an update exactly as given, a number added only if it has none; its number."""
        whole = body if "update_id" in body else {"update_id": self._next, **body}
        number = int(whole["update_id"])
        expires_at = self._clock.now() + DAY
        self._append(Waiting(number, f"raw {number}", whole, expires_at, raw=True))
        return number

    def again(self, number: int, *, as_new: bool) -> int | None:
        """The number under which an update of the past is queued once more; None if unknown."""
        body = next((each.body for each in self.past if each.number == number), None)
        if body is None:
            return None
        content = {name: value for name, value in body.items() if name != "update_id"}
        return self.inject(content if as_new else body)

    def swap(self) -> list[int]:
        """The numbers of the two youngest, whose contents changed places; none if one is out."""
        pair = list(self.waiting())[-2:]
        if len(pair) < 2 or any(each.handed_out for each in pair):
            return []
        first, last = pair
        bodies = {**last.body, "update_id": first.number}, {**first.body, "update_id": last.number}
        first.body, last.body = bodies
        first.lane, last.lane = last.lane, first.lane
        first.expires_at, last.expires_at = last.expires_at, first.expires_at
        return [first.number, last.number]

    def allow(self, kinds: Iterable[str] | None) -> None:
        """Remember which kinds the bot wants from now on; None leaves it as it was."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or None

    def waiting(self) -> Collection[Waiting]:
        """What waits, without what Telegram has forgotten by now."""
        now = self._clock.now()
        if self._soonest <= now:
            self._keep(each for each in self._waiting if each.expires_at > now)
        return self._waiting

    def confirm(self, offset: int) -> None:
        """Forget what an offset confirms; an offset out of reach confirms nothing."""
        if offset < 0:
            self._keep(list(self.waiting())[offset:])
        elif offset <= self._next:
            for each in self.waiting():
                each.confirmed = _confirmed(each, offset)
            self._keep(each for each in self._waiting if not each.confirmed)
        self.news.give()

    def hand_out(self, limit: int) -> list[Json]:
        """The oldest updates, marked as handed out."""
        chosen = list(islice(self.waiting(), limit))
        for each in chosen:
            each.handed_out = True
        return [each.body for each in chosen]

    def heads(self) -> Iterator[Waiting]:
        """The oldest update of every lane, oldest first."""
        seen: set[str] = set()
        for each in self.waiting():
            if each.lane not in seen:
                seen.add(each.lane)
                yield each

    def forget(self, gone: Waiting) -> None:
        """Take one update out that the bot has taken."""
        gone.confirmed = True
        self._waiting.pop(gone, None)
        self.news.give()

    def drop_all(self) -> None:
        """Take every update out."""
        self._keep(())
        self.news.give()

    def _keep(self, kept: Iterable[Waiting]) -> None:
        self._waiting = dict.fromkeys(kept)
        self._soonest = min((each.expires_at for each in self._waiting), default=float("inf"))

    def _append(self, update: Waiting) -> None:
        self._waiting[update] = None
        self.past.append(update)
        self._soonest = min(self._soonest, update.expires_at)
        self._next = max(self._next, update.number + 1)
        self.news.give()

    def _wanted(self, kind: str) -> bool:
        return kind not in NOT_BY_DEFAULT if self.allowed is None else kind in self.allowed


def _confirmed(update: Waiting, offset: int) -> bool:
    # An injected update may carry an old number: it is seen once before it counts as confirmed.
    return update.number < offset and (update.handed_out or not update.raw)
