"""The content proved before any patient meets it: every way ends or waits, every name exists."""

from __future__ import annotations

from flows.program import Release
from flows.walk.answers import answers
from flows.walk.bursts import bursts
from flows.walk.finding import Finding
from flows.walk.graph import Atlas
from flows.walk.measures import measures
from flows.walk.messages import messages
from flows.walk.names import ENGINE_VALUES, names
from flows.walk.order import order
from flows.walk.rules import rules
from flows.walk.ways import circles, silent_loops, ways_of
from flows.walk.wording import wording

__all__ = ["ENGINE_VALUES", "Finding", "walk"]


def walk(release: Release) -> tuple[Finding, ...]:
    """Everything that is wrong or doubtful in a release, nothing when it can be used."""
    atlas = Atlas(release)
    found = [
        *ways_of(atlas),
        *answers(atlas),
        *names(atlas),
        *wording(atlas),
        *measures(release),
        *rules(release),
        *order(atlas),
        *messages(release),
    ]
    round_about = list(circles(atlas))
    # both follow flows into flows, and would never come back from a circle
    found += round_about or [*silent_loops(atlas), *bursts(atlas)]
    return tuple(dict.fromkeys(found))
