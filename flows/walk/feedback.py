"""That suggested feedback can be said: its conditions can hold and its words can be filled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from flows.placeholders import names_in, needed_in
from flows.program import Feedback
from flows.walk.finding import Finding, unknown
from flows.walk.graph import Atlas
from flows.walk.names import ENGINE_VALUES, conditions
from flows.walk.wording import unkind

LONGEST_WORDS = 90
"""A clinician must take it in at a glance, and the patient too."""


def feedback(atlas: Atlas) -> Iterator[Finding]:
    """What is wrong with the suggestions for clinicians, and with the plan of calls."""
    known = atlas.release.feedback
    for name, count in Counter(each.feedback for each in known).items():
        if count > 1:
            yield Finding("feedback", name, f"there are {count} suggestions called {name}")
    for each in known:
        yield from (Finding("feedback", each.feedback, said) for said in _one(atlas, each))
    weeks = list(atlas.release.program.calls.values())
    if sorted(weeks) != weeks or any(week < 0 for week in weeks):
        yield Finding("program", "calls", "the weeks of the calls must rise, from 0 on")


def _one(atlas: Atlas, each: Feedback) -> Iterator[str]:
    if each.when is None and each.quiet_days is None and each.extra is None:
        yield "it would fit everyone: add `when`, `quiet_days` or `extra`"
    if each.when is not None:
        yield from conditions(atlas, each.when)
    addons = atlas.release.program.addons
    if each.extra is not None and each.extra not in addons:
        yield unknown("add-on", each.extra, addons)
    for name in sorted(names_in(each.text) - ENGINE_VALUES - atlas.askers.keys()):
        yield unknown("placeholder", name, {*atlas.askers, *ENGINE_VALUES})
    for name in sorted((needed_in(each.text) - ENGINE_VALUES) & atlas.askers.keys()):
        yield f"{{{name}}} may not be known: write {{{name}|other words}}"
    if "*" in each.text:
        yield "it is sent as plain words: take the stars away"
    if (count := len(each.text.split())) > LONGEST_WORDS:
        yield f"{count} words: at most {LONGEST_WORDS} are read"
    yield from unkind(each.text)
