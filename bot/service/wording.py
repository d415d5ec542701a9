"""The fixed texts that clinicians read, filled and rendered."""

from __future__ import annotations

from datetime import datetime

from bot.service.post import Bubble, bubble
from flows.effects import Button
from flows.program import Release
from flows.scene import Rows

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def fixed(release: Release, name: str, buttons: Rows = (), /, **values: str) -> Bubble:
    """The fixed text of that name as a bubble."""
    return bubble(release.text(name).strip(), values, buttons)


def line(release: Release, name: str, /, **values: str) -> str:
    """The fixed text of that name as plain words, to stand inside another."""
    return fixed(release, name, **values).text


def age(release: Release, then: datetime | None, now: datetime) -> str:
    """How long ago that was, in rough words."""
    seconds = (now - then).total_seconds() if then else 0
    if seconds < _MINUTE:
        return line(release, "age-now")
    if seconds < _HOUR:
        return line(release, "age-minutes", count=f"{seconds // _MINUTE:.0f}")
    if seconds < _DAY:
        return line(release, "age-hours", count=f"{seconds // _HOUR:.0f}")
    return line(release, "age-days", count=f"{seconds // _DAY:.0f}")


def alert_buttons(release: Release, alert_id: int, *moves: str) -> Rows:
    """Buttons for these moves of an alert, one a row."""
    return tuple(
        (Button(label=release.label(move), data=f"alert.{alert_id}.{move}"),) for move in moves
    )


def outcome_buttons(release: Release, alert_id: int) -> Rows:
    """A button for each outcome with which an alert may be closed."""
    return tuple(
        (Button(label=label, data=f"alert.{alert_id}.close.{outcome}"),)
        for outcome, label in release.escalation.outcomes.items()
    )
