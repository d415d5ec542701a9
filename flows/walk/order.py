"""That the program, its lessons, nudges, commands and help lines fit together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from flows.commands import COMMANDS
from flows.journey import PHASES
from flows.program import NUDGES, Country, Program, Release, Schedule
from flows.steps import Move
from flows.walk.finding import Finding, unknown, warning
from flows.walk.graph import Atlas
from flows.walk.names import conditions
from flows.walk.rules import DEATH_ITEMS

_SETTING_UP = {
    "consenting": "consent",
    "screening": "fit",
    "baseline": "measured",
    "planning": "planned",
}
"""The phases that a patient leaves only by a flow's move, and that move."""

MOST_BUTTONS = 10
"""How many buttons the menu may show."""

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def order(atlas: Atlas) -> Iterator[Finding]:
    """What is wrong with the program as a whole and with the help lines."""
    yield from (Finding("program", *found) for found in _flows(atlas.release))
    yield from (Finding("program", *found) for found in _phases(atlas))
    yield from (Finding("program", *found) for found in _checks(atlas))
    yield from (Finding("program", *found) for found in _menu(atlas.release))
    yield from (Finding("program", *found) for found in _instead(atlas.release))
    yield from _unasked(atlas.release)
    yield from (Finding("program", *found) for found in _times(atlas.release))
    yield from (Finding("program", *found) for found in _suggestions(atlas))
    yield from _evidence(atlas.release)
    yield from _countries(atlas.release)
    yield from _unverified(atlas.release)


def _flows(release: Release) -> Iterator[tuple[str, str]]:
    for place, name in _named_flows(release):
        if name not in release.all_flows:
            yield place, unknown("flow", name, release.all_flows)
    for place, name, kind, text in _kinds(release):
        if not name.startswith(f"{kind}/"):
            yield place, f"{name} {text}"
    for key, track in release.program.tracks.items():
        for lesson in track.short:
            if lesson not in track.lessons:
                yield f"tracks.{key}.short", unknown("lesson of this track", lesson, track.lessons)


def _kinds(release: Release) -> Iterator[tuple[str, str, str, str]]:
    """What each place must name: the place, what stands there, its kind, and why it is wrong."""
    program = release.program
    for place, lesson in _lessons(release):
        yield place, lesson, "lesson", "is no lesson"
    for key, flow in program.addons.items():
        yield f"addons.{key}", flow, "addon", "is no add-on"
    for kind in NUDGES:
        flow = getattr(program.nudges, kind)
        yield f"nudges.{kind}", flow, "nudge", "is no nudge: it would not give way"


def _lessons(release: Release) -> Iterator[tuple[str, str]]:
    yield from (("core", lesson) for lesson in release.program.core)
    for key, track in release.program.tracks.items():
        yield from ((f"tracks.{key}.lessons", lesson) for lesson in track.lessons)


def _named_flows(release: Release) -> Iterator[tuple[str, str]]:
    program = release.program
    for phase, flows in program.phases.items():
        yield from ((f"phases.{phase}", flow) for flow in flows)
    yield from _lessons(release)
    yield from ((f"addons.{key}", flow) for key, flow in program.addons.items())
    yield from ((f"commands.{name}", flow) for name, flow in program.commands.items())
    for number, check in enumerate(program.checks, 1):
        yield from ((f"checks.{number}", flow) for flow in (check.flow, *check.since))
    for kind in NUDGES:
        yield f"nudges.{kind}", getattr(program.nudges, kind)


def _checks(atlas: Atlas) -> Iterator[tuple[str, str]]:
    """What is wrong with the times at which sets of questions come."""
    checks = atlas.release.program.checks
    for number, check in enumerate(checks, 1):
        yield from ((f"checks.{number}", text) for text in _check(check))
    closing = tuple(check.flow for check in checks if check.phase == "finishing")
    if "follow_up" not in _moves(atlas, closing):
        text = (
            "no check of the phase finishing has `move: follow_up`: "
            "patients would stay in it after their last lesson"
        )
        yield "checks", text


def _check(check: Schedule) -> Iterator[str]:
    times = [check.every_days, check.after_lessons, check.after_days]
    if sum(time is not None for time in times) != 1:
        yield f"{check.flow} needs one of `every_days`, `after_lessons`, `after_days`"
    if check.every_days is not None and check.every_days < 1:
        yield "at least one day lies between two checks"
    if check.since and check.every_days is None:
        yield f"{check.flow} comes once: `since` is for what comes every so many days"
    if check.after_lessons is not None and check.phase != "learning":
        yield f"{check.flow} counts lessons, so it belongs to the phase learning"


def _menu(release: Release) -> Iterator[tuple[str, str]]:
    program, labels = release.program, release.messages.labels
    if len(program.menu) > MOST_BUTTONS:
        yield "menu", f"{len(program.menu)} buttons: at most {MOST_BUTTONS} can be taken in"
    for name in program.menu:
        if name not in COMMANDS and name not in program.commands:
            yield "menu", unknown("command", name, {*COMMANDS, *program.commands})
        if f"menu-{name}" not in labels:
            yield "menu", f"the button {name} needs the label menu-{name} in messages.yaml"


def _instead(release: Release) -> Iterator[tuple[str, str]]:
    for old, new in release.program.instead.items():
        for name in (old, new):
            if name not in release.measures:
                yield f"instead.{old}", unknown("measure", name, release.measures)


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
    known = (atlas.graphs[name] for name in within if name in atlas.graphs)
    steps = (step for graph in known for step in graph.flow.steps)
    return {step.move for step in steps if isinstance(step, Move)}


def _unasked(release: Release) -> Iterator[Finding]:
    """A warning that nobody is asked about thoughts of death by a questionnaire any more."""
    for old, new in release.program.instead.items():
        if old in DEATH_ITEMS:
            text = (
                f"{new} is asked instead of {old}: no questionnaire asks about thoughts of death "
                "here, so see to it that a person does"
            )
            yield warning("program", f"instead.{old}", text)


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
    yield from _presence(program)
    for name in ("again_days", "behind_days", "tell_days"):
        if getattr(program.nudges, name) < 1:
            yield f"nudges.{name}", "at least one day lies between two reminders of one thing"


def _presence(program: Program) -> Iterator[tuple[str, str]]:
    presence = program.presence
    minutes = (0, *presence.remind_minutes)
    if any(later <= earlier for earlier, later in pairwise(minutes)):
        yield "presence.remind_minutes", "each reminder comes some minutes after the one before"
    if presence.back_minutes < 60 or presence.back_minutes <= minutes[-1]:
        text = "the program comes back after the last reminder, and after an hour at the soonest"
        yield "presence.back_minutes", text


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
