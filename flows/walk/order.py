"""That the program, its lessons, nudges, commands and help lines fit together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flows.journey import PHASES
from flows.program import Country, Release
from flows.steps import Move
from flows.walk.finding import Finding, unknown, warning
from flows.walk.graph import Atlas
from flows.walk.names import conditions

_SETTING_UP = {
    "consenting": "consent",
    "screening": "fit",
    "baseline": "measured",
    "planning": "planned",
}
"""The phases that a patient leaves only by a flow's move, and that move."""

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def order(atlas: Atlas) -> Iterator[Finding]:
    """What is wrong with the program as a whole and with the help lines."""
    yield from (Finding("program", *found) for found in _flows(atlas.release))
    yield from (Finding("program", *found) for found in _phases(atlas))
    yield from (Finding("program", *found) for found in _times(atlas.release))
    yield from (Finding("program", *found) for found in _suggestions(atlas))
    yield from _evidence(atlas.release)
    yield from _countries(atlas.release)
    yield from _unverified(atlas.release)


def _flows(release: Release) -> Iterator[tuple[str, str]]:
    for place, name in _named_flows(release):
        if name not in release.all_flows:
            yield place, unknown("flow", name, release.all_flows)
    for key, track in release.program.tracks.items():
        for lesson in track.lessons:
            if not lesson.startswith("lesson/"):
                yield f"tracks.{key}.lessons", f"{lesson} is no lesson"
    plan = release.program.nudges
    for kind in ("plan", "check", "lesson", "unfinished", "paused"):
        if not getattr(plan, kind).startswith("nudge/"):
            yield f"nudges.{kind}", f"{getattr(plan, kind)} is no nudge: it would not give way"


def _named_flows(release: Release) -> Iterator[tuple[str, str]]:
    program, plan = release.program, release.program.nudges
    for phase, flows in program.phases.items():
        yield from ((f"phases.{phase}", flow) for flow in flows)
    for key, track in program.tracks.items():
        yield from ((f"tracks.{key}.lessons", lesson) for lesson in track.lessons)
    yield from ((f"commands.{name}", flow) for name, flow in program.commands.items())
    yield "check.flow", program.check.flow
    for kind in ("plan", "check", "lesson", "unfinished", "paused"):
        yield f"nudges.{kind}", getattr(plan, kind)


def _phases(atlas: Atlas) -> Iterator[tuple[str, str]]:
    phases = atlas.release.program.phases
    for phase in phases.keys() - set(PHASES):
        yield f"phases.{phase}", unknown("phase", phase, PHASES)
    for phase, move in _SETTING_UP.items():
        if move not in _moves(atlas, phases.get(phase, ())):
            text = f"no flow of this phase has `move: {move}`: patients would stay in it"
            yield f"phases.{phase}", text


def _moves(atlas: Atlas, flows: tuple[str, ...]) -> set[str]:
    within = {inner for flow in flows for inner in atlas.within.get(flow, ())}
    steps = (step for name in within for step in atlas.graphs[name].flow.steps)
    return {step.move for step in steps if isinstance(step, Move)}


def _times(release: Release) -> Iterator[tuple[str, str]]:
    program = release.program
    for place, time in (
        ("nudges.time", program.nudges.time),
        *(("nudges.quiet", time) for time in program.nudges.quiet),
    ):
        if not _TIME.fullmatch(time):
            yield place, f"{time} is no time of day: write it like 08:00"
    if "standard" not in program.pace:
        yield "pace", "`standard` is missing: it is the pace of those who chose none"
    for name, days in program.pace.items():
        if days < 1:
            yield f"pace.{name}", "at least one day lies between two lessons"
    if program.check.every_days < 1:
        yield "check.every_days", "at least one day lies between two checks"


def _suggestions(atlas: Atlas) -> Iterator[tuple[str, str]]:
    found = atlas.release.program.suggestions
    for number, suggestion in enumerate(found, 1):
        if suggestion.when is not None:
            for text in conditions(atlas, suggestion.when):
                yield f"suggestions.{number}", text
        elif number < len(found):
            yield f"suggestions.{number}", "it holds for everyone, so those after it are never said"
    if found and found[-1].when is not None:
        yield f"suggestions.{len(found)}", "the last one must hold for everyone: take `when` away"


def _evidence(release: Release) -> Iterator[Finding]:
    for flow in release.flows.values():
        if flow.kind in {"lesson", "exercise"} and not flow.evidence:
            text = "`evidence` is missing: name the DOI of a study of this technique"
            yield Finding(flow.id, "", text)
        for doi in flow.evidence:
            if not re.fullmatch(r"10\.\d{4,9}/\S+", doi):
                yield Finding(flow.id, "evidence", f"{doi} is no DOI: one looks like 10.1000/182")


def _countries(release: Release) -> Iterator[Finding]:
    if "other" not in release.countries:
        yield Finding("lines", "", "`other` is missing: it serves everyone elsewhere")
    for code, country in release.countries.items():
        if code != "other" and not re.fullmatch(r"[a-z]{2}", code):
            yield Finding("lines", code, f"{code} is no country code: one has two small letters")
        yield from (Finding("lines", *found) for found in _lines(code, country))


def _lines(code: str, country: Country) -> Iterator[tuple[str, str]]:
    if not country.emergency.strip():
        yield f"{code}.emergency", "the emergency number is missing"
    if not country.lines:
        yield code, f"{country.name} has no help line: add one"
    for number, line in enumerate(country.lines, 1):
        if not (line.call or line.text or line.chat):
            yield f"{code}.lines.{number}", f"{line.name} needs `call`, `text` or `chat`"


def _unverified(release: Release) -> Iterator[Finding]:
    lines = [line for country in release.countries.values() for line in country.lines]
    measures = release.measures.values()
    counts = {
        "help lines": sum(not line.verified for line in lines),
        "measures": sum(not measure.verified for measure in measures),
        "reliable changes": sum(bool(m.change and not m.change.verified) for m in measures),
        "rules": sum(not rule.verified for rule in release.escalation.rules),
        "crisis phrase lists": sum([not release.crisis.verified]),
    }
    if said := ", ".join(f"{what} ({count})" for what, count in counts.items() if count):
        yield warning("", "", f"not yet verified by a person: {said}")
