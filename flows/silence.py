"""How long a clinician who took a conversation over has been silent in it, and what follows."""

from __future__ import annotations

from datetime import datetime, timedelta

from flows import timing
from flows.program import NudgePlan, Presence

_DAYS = tuple(range(1, 8))


def due_at(presence: Presence, word_at: datetime, now: datetime) -> datetime:
    """When the silence is looked at next: the next reminder, or the end of the take-over."""
    reminders = (word_at + timedelta(minutes=each) for each in presence.remind_minutes)
    return min((each for each in reminders if each > now), default=ends_at(presence, word_at))


def ends_at(presence: Presence, word_at: datetime) -> datetime:
    """When the program takes the conversation back after that last word."""
    return word_at + timedelta(minutes=presence.back_minutes)


def kind_moment(nudges: NudgePlan, at: datetime, zone: str) -> datetime:
    """That moment, or the end of the patient's quiet hours if it lies in them."""
    if not timing.is_quiet(at, zone, nudges.quiet):
        return at
    moment, _ = timing.next_slot(at, zone=zone, at_time=nudges.quiet[1], days=_DAYS)
    return moment
