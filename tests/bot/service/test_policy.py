"""What becomes of a post, verdict by verdict: nothing that may harm if lost is let go lightly."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.service.policy import LONGEST_WAIT, MOST_ATTEMPTS, MOST_TRIES_OF_A_FILE, result_of
from bot.service.post import Doubtful, Gone, Later, Refused, Sent, Verdict
from bot.store.outbox import Lane, Post, Shape

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def post(lane: Lane, shape: Shape = "bubble", attempts: int = 0) -> Post:
    """A post that was tried so often."""
    return Post(1, 2, 3, None, lane, shape, 4, "{}", attempts, NOON, None)


@pytest.mark.parametrize(
    ("what", "verdict", "state"),
    [
        (post("reply"), Sent(9), "sent"),
        # a time-out after acceptance: a nudge twice is a nuisance, a reply lost may harm
        (post("nudge"), Doubtful(), "doubtful"),
        (post("reply"), Doubtful(), "pending"),
        (post("crisis", attempts=500), Doubtful(), "pending"),
        (post("alert", attempts=500), Later(1), "pending"),
        (post("reply", attempts=MOST_ATTEMPTS), Doubtful(), "doubtful"),
        (post("reply", attempts=MOST_ATTEMPTS), Later(1), "refused"),
        # a file that never arrives must not stand in the way of words
        (post("reply", "picture", MOST_TRIES_OF_A_FILE), Doubtful(), "doubtful"),
        (post("reply", "document", MOST_TRIES_OF_A_FILE), Later(1), "refused"),
        # an outage is nobody's fault and is not counted, however long
        (post("reply", attempts=MOST_ATTEMPTS), Later(2, counts=False), "pending"),
        (post("reply", "toast"), Doubtful(), "dropped"),
        (post("reply", "toast"), Refused("query is too old"), "dropped"),
        (post("reply"), Refused("message is too long"), "refused"),
        (post("reply"), Gone("bot was blocked by the user"), "gone"),
    ],
)
def test_what_becomes_of_a_post(what: Post, verdict: Verdict, state: str) -> None:
    """Each verdict on each kind of post."""
    assert result_of(what, verdict, NOON).state == state


def test_tries_come_further_and_further_apart_up_to_a_minute() -> None:
    """Telegram is not hammered, and nobody waits for hours."""
    waits = [result_of(post("crisis", attempts=n), Later(1), NOON).not_before for n in range(9)]

    seconds = [(wait - NOON).total_seconds() for wait in waits if wait is not None]
    assert seconds == [2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_what_telegram_asks_for_is_obeyed() -> None:
    """retry_after is waited out in full and not counted as a try."""
    result = result_of(post("reply", attempts=3), Later(300, counts=False), NOON)

    assert (result.not_before, result.attempts) == (NOON + timedelta(seconds=300), 3)
    assert LONGEST_WAIT < 300
