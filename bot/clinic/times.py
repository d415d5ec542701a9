"""Moments as a clinician reads them: local, short, and exact for machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from markupsafe import Markup, escape

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_TIME = '<time datetime="%s" title="%s">%s</time>'
_SINCE = '<time class="since" datetime="%s" title="%s" data-since>%s</time>'
_LEFT = '<time class="left" datetime="%s" title="%s" data-left>%s</time>'


@dataclass(frozen=True, slots=True)
class Times:
    """The clinician's time zone, and this moment."""

    zone: tzinfo
    zone_name: str
    now: datetime

    def when(self, at: datetime | None) -> Markup | str:
        """The moment on the clinician's own clock; a dash if there is none."""
        return self._marked(_TIME, at, lambda moment: self.words(moment))

    def age(self, at: datetime | None) -> Markup | str:
        """How long ago that was; the browser lets it count on."""
        return self._marked(_SINCE, at, lambda moment: span((self.now - moment).total_seconds()))

    def left(self, at: datetime | None) -> Markup | str:
        """How long until then, or since when it is overdue; the browser lets it count on."""
        return self._marked(_LEFT, at, lambda moment: until((moment - self.now).total_seconds()))

    def words(self, at: datetime) -> str:
        """The moment in short words, the year only where it is another."""
        there, today = at.astimezone(self.zone), self.now.astimezone(self.zone)
        if there.date() == today.date():
            return f"today {there:%H:%M}"
        day = f"{there:%a} {there.day} {there:%b}"
        return f"{day} {there:%H:%M}" if there.year == today.year else f"{day} {there:%Y, %H:%M}"

    def _marked(
        self, shape: str, at: datetime | None, words: Callable[[datetime], str]
    ) -> Markup | str:
        if at is None:
            return "–"
        whole = f"{at.astimezone(self.zone):%A %d %B %Y, %H:%M} ({self.zone_name})"
        found = at.isoformat(timespec="seconds"), whole, words(at)
        # a page has hundreds of moments: each is escaped, and its shape need not be
        return Markup(shape % tuple(escape(each) for each in found))  # noqa: S704 - all escaped


def span(seconds: float) -> str:
    """That long in short words; static/live.js says the same."""
    left = max(0, int(seconds))
    if left < _MINUTE:
        return "under 1 min"
    if left < _HOUR:
        return f"{left // _MINUTE} min"
    if left < _DAY:
        return f"{left // _HOUR} h {left % _HOUR // _MINUTE:02} min"
    return f"{left // _DAY} d {left % _DAY // _HOUR} h"


def until(seconds: float) -> str:
    """That long from now, or how long it is overdue."""
    return f"in {span(seconds)}" if seconds >= 0 else f"overdue by {span(-seconds)}"
