"""Which message a question became: asked for when its buttons are to be taken away."""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, or_, select

from bot.store.outbox import EMPTIED, body_of
from bot.store.tables import outbox
from bot.store.unit import Unit

Asked = tuple[int, int]
"""A contact, and a turn of theirs."""
Prompt = Row[Any]
"""The row of a prompt, to be `opened`."""
_NEEDED = ("contact_id", "patient_id", "lane", "shape", "turn", "body", "message_id")
_ROOMS = (1, 4, 16, 64)
_AT_ONCE = _ROOMS[-1]


def messages_of(unit: Unit, asked: Collection[Asked]) -> dict[Asked, Prompt]:
    """The rows of the prompts sent at these turns: a prompt is the last bubble of its turn."""
    found, waiting = dict[Asked, Prompt](), list(dict.fromkeys(asked))
    for start in range(0, len(waiting), _AT_ONCE):
        some = waiting[start : start + _AT_ONCE]
        room = next(size for size in _ROOMS if size >= len(some))
        # to ask for the last one again costs less than a statement for each number of them
        filled = [*some, *[some[-1]] * (room - len(some))]
        values = {f"who{n}": who for n, (who, _) in enumerate(filled)}
        values |= {f"turn{n}": turn for n, (_, turn) in enumerate(filled)}
        for row in unit.ask(_prompts(room), values):
            # the last one of a turn stays
            found[row.contact_id, row.turn] = row
    return found


def opened(unit: Unit, row: Prompt) -> tuple[int, str]:
    """The message number and body of such a row; or CannotOpen."""
    return row.message_id, body_of(unit, row)


@cache
def _prompts(room: int) -> Select[Any]:
    # each pair by itself: for a list of pairs SQLite would read the whole table
    these = [
        and_(outbox.c.contact_id == bindparam(f"who{n}"), outbox.c.turn == bindparam(f"turn{n}"))
        for n in range(room)
    ]
    return (
        select(*(outbox.c[name] for name in _NEEDED))
        .where(
            or_(*these),
            outbox.c.shape == "bubble",
            outbox.c.message_id.is_not(None),
            outbox.c.body != EMPTIED,
        )
        .order_by(outbox.c.id)
    )
