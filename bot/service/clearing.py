"""The chat of somebody who is erased: a last word, and what Telegram lets us take away again.

Messages of the last two days are deleted, theirs too. Older ones of ours are made blank, slowly and
after everything else; older ones of theirs nobody but they can delete.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from bot.service.post import Fade, Unsay
from bot.service.site import Site
from bot.service.wording import fixed
from bot.store import clearing, outbox
from bot.store.outbox import NewPost
from bot.store.unit import Unit

DELETABLE = timedelta(hours=47)
"""Telegram lets a bot delete what is younger than 48 hours; some of it is spent on the way."""
AT_ONCE = 100
"""How many messages one call may delete."""
PACE = timedelta(seconds=1.5)
"""Between two calls for one chat: Telegram asks for no more than about one a second."""
LONGEST = timedelta(hours=24)
"""After so long the chat is left as it is, and the way to it is forgotten."""


def posts(
    unit: Unit,
    site: Site,
    patient_id: int,
    senders: Collection[str],
    *,
    at: datetime,
    until: int | None = None,
) -> list[NewPost]:
    """What is still to be sent to a patient who is being erased; nothing where nobody is reached.

    It hangs on no patient: it is sealed for the site, and holds a fixed text and numbers alone.
    What they have sent after the inbox row `until` stays.
    """
    contact = clearing.contact_of(unit, patient_id)
    if contact is None:
        return []
    last = fixed(site.release, "erased")
    farewell = NewPost(contact, "reply", last.shape, last.model_dump_json(), at)
    shown, since = clearing.shown(unit, contact), at - DELETABLE
    young = {each.message_id: each.has_text for each in shown if each.sent_at >= since}
    old = {each.message_id: each.has_text for each in shown if each.sent_at < since}
    gone = _gone(young, clearing.written(unit, senders, since, until))
    return [farewell, *_spaced(contact, [*gone, *_blank(site, old)], at)]


def fade_instead(unit: Unit, site: Site, contact_id: int, body: Unsay, *, at: datetime) -> None:
    """Make blank what could not be deleted after all, as far as it is ours."""
    outbox.add(unit, _spaced(contact_id, _blank(site, body.ours), at))


def let_go(unit: Unit, site: Site) -> None:
    """Forget the way to whoever was erased and whose chat is cleared, or cannot be any more."""
    clearing.let_go(unit, site.clock.now())


def _gone(ours: dict[int, bool], theirs: Collection[int]) -> list[Unsay]:
    numbers = sorted({*ours, *theirs}, reverse=True)
    parts = [numbers[start : start + AT_ONCE] for start in range(0, len(numbers), AT_ONCE)]
    return [
        Unsay(messages=tuple(part), ours={each: ours[each] for each in part if each in ours})
        for part in parts
    ]


def _blank(site: Site, ours: dict[int, bool]) -> list[Fade]:
    sign = site.release.text("blank").strip()
    return [
        Fade(message=number, text=sign if has_text else None) for number, has_text in ours.items()
    ]


def _spaced(contact_id: int, bodies: Sequence[Unsay | Fade], at: datetime) -> list[NewPost]:
    return [
        NewPost(
            contact_id=contact_id,
            lane="clear",
            shape=body.shape,
            body=body.model_dump_json(),
            created_at=at,
            not_before=at + PACE * number,
        )
        for number, body in enumerate(bodies, 1)
    ]
