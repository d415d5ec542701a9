"""What a clinician should sign before a release meets patients, as a checklist in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.content.library import Library
from flows.program import Line, Measure, Phrases, Release, Rule

_KINDS = {
    "lesson": "Lessons",
    "exercise": "Exercises",
    "addon": "Add-ons",
    "flow": "Other talks",
    "nudge": "Reminders",
}
_SLOTS = "who: ____________ when: ____________"
_UNVERIFIED = "**not verified**"
_TOLD = ("rule", "tier", "reply", "reaches", "clinician", "source", "verified")
"""What a rule has beside its threshold."""


@dataclass(frozen=True, slots=True)
class Point:
    """One thing to sign: where it stands, by thing and part as findings do, and what it says."""

    thing: str
    part: str
    text: str


def checklist(library: Library, folder: str) -> str:
    """The checklist of a release; the same content gives the same text, letter by letter."""
    release = library.release
    lines = [
        "# Clinical review",
        "",
        f"Release: `{release.hash}`",
        "",
        "Each line is signed for the words and numbers of this release. A changed file changes the "
        "release:",
        "compare the two with `git diff`, and sign again what has changed.",
    ]
    for title, points in _sections(release):
        lines += ["", f"## {title} ({len(points)})", ""]
        lines += [
            f"- [ ] {_place(library, folder, point)} {point.text}; {_SLOTS}" for point in points
        ]
    return "\n".join(lines) + "\n"


def _place(library: Library, folder: str, point: Point) -> str:
    file, line = library.where(point.thing, point.part)
    return f"`{folder}/{file}:{line}`"


def _sections(release: Release) -> Iterator[tuple[str, list[Point]]]:
    """Every section that has something in it, what is gravest first."""
    sections = {
        "Replies to danger": list(_flows(release, "safety")),
        "Crisis phrases": list(_phrases(release)),
        "Rules of escalation": list(_rules(release)),
        "Clocks of escalation": list(_tiers(release)),
        "Help lines": list(_lines(release)),
        "Questionnaires": list(_measures(release)),
        "Bands": list(_bands(release)),
        "Change that counts": list(_changes(release)),
        "Missing answers": list(_missing(release)),
        **{title: list(_flows(release, kind)) for kind, title in _KINDS.items()},
        "Fixed texts": [Point("messages", "texts", f"{len(release.messages.texts)} texts")],
        "Order and times": [Point("program", "", "lessons, questions, reminders, suggestions")],
    }
    yield from ((title, points) for title, points in sections.items() if points)


def _flows(release: Release, kind: str) -> Iterator[Point]:
    for name, flow in sorted(release.flows.items()):
        if flow.kind == kind:
            evidence = f"; evidence {', '.join(flow.evidence)}" if flow.evidence else ""
            yield Point(name, "", f"{name}: {flow.title}{evidence}")


def _phrases(release: Release) -> Iterator[Point]:
    state = _state(release.crisis.verified)
    for language, phrases in sorted(release.crisis.phrases.items()):
        yield Point("crisis", f"phrases.{language}", f"{language}: {_counted(phrases)}{state}")


def _counted(phrases: Phrases) -> str:
    lists = phrases.model_dump()
    return ", ".join(f"{len(words)} {name}" for name, words in lists.items() if words)


def _rules(release: Release) -> Iterator[Point]:
    for rule in release.escalation.rules:
        text = f"{rule.rule} ({rule.tier}): {_threshold(rule)}; source: {rule.source}"
        yield Point("escalation", f"rules.{rule.rule}", f"{text}{_state(rule.verified)}")


def _threshold(rule: Rule) -> str:
    said = rule.model_dump(exclude_defaults=True, exclude=set(_TOLD))
    limits = ", ".join(f"{name} {_plain(value)}" for name, value in said.items())
    return limits or "raised by a step or the engine"


def _plain(value: object) -> str:
    return " or ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _tiers(release: Release) -> Iterator[Point]:
    for name, tier in release.escalation.tiers.items():
        times = f"every {tier.remind_minutes} minutes, one alert in {tier.window_hours} hours"
        yield Point("escalation", f"tiers.{name}", f"{name}: {times}, to {_plain(tier.reaches)}")


def _lines(release: Release) -> Iterator[Point]:
    for code, country in release.countries.items():
        yield Point("lines", code, f"{country.name}: emergency number {country.emergency}")
        for number, line in enumerate(country.lines, 1):
            yield Point("lines", f"{code}.lines.{number}", f"{country.name}: {_line(line)}")


def _line(line: Line) -> str:
    ways = [f"{way} {to}" for way in ("call", "text", "chat") if (to := getattr(line, way))]
    said = f"{line.name}, {', '.join(ways)}, {line.hours}; source: {line.source}"
    return f"{said}{_state(line.verified, line.verified_on)}"


def _measures(release: Release) -> Iterator[Point]:
    for name, measure in sorted(release.measures.items()):
        text = f"{name}: {_about(measure)}; source: {measure.source}"
        yield Point(f"measure/{name}", "", text + _state(measure.verified, measure.verified_on))


def _about(measure: Measure) -> str:
    off = "" if measure.is_on else ", switched off"
    return f"{measure.title}, {len(measure.items)} items{off}; licence: {measure.licence}"


def _bands(release: Release) -> Iterator[Point]:
    for name, measure in sorted(release.measures.items()):
        if measure.bands:
            said = ", ".join(f"{band.name} up to {band.upto:g}" for band in measure.bands)
            yield Point(f"measure/{name}", "bands", f"{name}: {said}")


def _changes(release: Release) -> Iterator[Point]:
    for name, measure in sorted(release.measures.items()):
        if (change := measure.change) is not None:
            limits = ("reliable", "strict", "important", "important_percent")
            said = [f"{limit} {value:g}" for limit in limits if (value := getattr(change, limit))]
            text = f"{name}: {', '.join(said)}; {change.method}; source: {change.source}"
            yield Point(f"measure/{name}", "change", f"{text}{_state(change.verified)}")


def _missing(release: Release) -> Iterator[Point]:
    for name, measure in sorted(release.measures.items()):
        missing = measure.missing
        if missing.source:
            text = f"{name}: at most {missing.most} left out; source: {missing.source}"
            yield Point(f"measure/{name}", "missing", f"{text}{_state(missing.verified)}")


def _state(verified: bool, on: str | None = None) -> str:
    if not verified:
        return f"; {_UNVERIFIED}"
    return f"; verified on {on}" if on else "; verified"
