"""What a verdict means for a post: which is tried again, how long, and which is let go."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.service.post import Doubtful, Gone, Later, Moved, Refused, Sent, Unsent, Verdict
from bot.store.outbox import Post, Result

MOST_ATTEMPTS = 12
MOST_TRIES_OF_A_FILE = 4
LONGEST_WAIT = 60
"""Seconds between two tries at the most."""


def result_of(post: Post, verdict: Verdict, now: datetime) -> Result:
    """The row's next state: done, tried again later, or given up; for the claim it was sent in."""
    return replace(_result_of(post, verdict, now), claims=post.claims)


def _result_of(post: Post, verdict: Verdict, now: datetime) -> Result:
    tried = post.attempts + 1
    match verdict:
        case Sent():
            return Result(post.id, "sent", now, tried, message_id=verdict.message_id)
        case Unsent():
            return Result(post.id, "pending", now, post.attempts)
        case Later(counts=False):
            wait = now + timedelta(seconds=verdict.seconds)
            return Result(post.id, "pending", now, post.attempts, not_before=wait)
        case Later() if _may_try(post, tried):
            return _again(post, now, max(verdict.seconds, 2.0 ** min(tried, 6)))
        case Later():
            return Result(post.id, "refused", now, tried, error="gave up")
        case Moved():
            # it was not taken, and there is no reason to wait
            return Result(post.id, "pending", now, post.attempts, not_before=now)
        case Gone():
            return Result(post.id, "gone", now, tried, error=verdict.reason)
        case Refused():
            dropped = post.shape == "toast"
            return Result(
                post.id, "dropped" if dropped else "refused", now, tried, error=verdict.reason
            )
        case Doubtful() if post.lane == "nudge":
            # a nudge twice is a nuisance; a nudge lost is nothing
            return Result(post.id, "doubtful", now, tried)
        case Doubtful() if post.shape == "toast":
            return Result(post.id, "dropped", now, tried)
        case Doubtful() if _may_try(post, tried):
            # a lesson, an alert or help lost may harm; twice is a nuisance
            return _again(post, now, 2.0 ** min(tried, 6))
        case Doubtful():
            return Result(post.id, "doubtful", now, tried)


def _may_try(post: Post, tried: int) -> bool:
    if post.shape != "bubble":
        return tried < MOST_TRIES_OF_A_FILE
    return tried < MOST_ATTEMPTS or post.lane in {"crisis", "alert"}


def _again(post: Post, now: datetime, seconds: float) -> Result:
    wait = now + timedelta(seconds=min(seconds, LONGEST_WAIT))
    return Result(post.id, "pending", now, post.attempts + 1, not_before=wait)
