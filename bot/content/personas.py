"""Saved people, so that an author can play a flow as somebody who is further on the way.

They stand in `personas/` beside the program and are no part of it: no patient's release knows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path as FilePath

from pydantic import Field, ValidationError

from bot.content.folder import PERSONAS
from bot.content.mistakes import ContentError, Mistake
from bot.content.sentences import explain
from bot.content.yaml import Document, Path, parse
from flows import measures
from flows.journey import PHASES
from flows.program import Key, Release, Words
from flows.state import Done, Score, State
from flows.steps import Ask, Consent, Rate, Step, Write, key_of
from flows.value import Value
from flows.walk.finding import unknown


class Filled(Value):
    """A measure that the person filled in some days ago; an item left out is `null`."""

    measure: Key
    items: tuple[int | None, ...] = Field(min_length=1)
    days_ago: int = Field(default=0, ge=0)


class Persona(Value):
    """Somebody as an author saved them: what they answered, scored and finished so far.

    `done` says how many days ago each flow was finished, `learning_days` how long ago learning
    began, `phase_days` how long ago the phase did.
    """

    persona: Key
    title: Words
    phase: str = "learning"
    phase_days: int = Field(default=0, ge=0)
    learning_days: int | None = Field(default=None, ge=0)
    answers: dict[Key, str | int] = Field(default_factory=dict)
    scores: tuple[Filled, ...] = ()
    done: dict[str, int] = Field(default_factory=dict)
    addons: tuple[Key, ...] = ()

    def state(self, release: Release, now: datetime) -> State:
        """Where this person stands at this moment, nothing open yet."""
        began = self.learning_days
        return State(
            release=release.hash,
            phase=self.phase,
            phase_at=_before(now, self.phase_days),
            learning_at=None if began is None else _before(now, began),
            last_seen_at=now,
            answers={"zone": "UTC", "country": "other", **self.answers},
            words={key: _words(release, key, str(said)) for key, said in self.answers.items()},
            scores=tuple(_score(release, filled, now) for filled in self._oldest_first()),
            done=tuple(Done(flow=flow, at=_before(now, ago)) for flow, ago in self._in_order()),
            addons=self.addons,
        )

    def _oldest_first(self) -> list[Filled]:
        return sorted(self.scores, key=lambda filled: -filled.days_ago)

    def _in_order(self) -> list[tuple[str, int]]:
        return sorted(self.done.items(), key=lambda each: -each[1])


def read_personas(directory: FilePath, release: Release) -> dict[str, Persona]:
    """The saved people by name; ContentError with every mistake if one does not fit the release."""
    found: dict[str, Persona] = {}
    mistakes: list[Mistake] = []
    for path in sorted((directory / PERSONAS).glob("*.yaml")):
        document = parse(f"{PERSONAS}/{path.name}", path.read_bytes())
        persona, wrong = _read(document, release)
        mistakes += wrong
        if persona is not None and persona.persona in found:
            mistakes.append(Mistake(document.file, 1, "another file has this name already"))
        elif persona is not None:
            found[persona.persona] = persona
    if mistakes:
        raise ContentError(mistakes)
    return found


def _read(document: Document, release: Release) -> tuple[Persona | None, list[Mistake]]:
    if document.value is None or document.mistakes:
        return None, list(document.mistakes)
    try:
        persona = Persona.model_validate(document.value)
    except ValidationError as error:
        return None, explain(error, document)
    found = [(document.line(place), said) for place, said in _misfits(persona, release)]
    return persona, [Mistake(document.file, line, said) for line, said in found]


def _misfits(persona: Persona, release: Release) -> Iterator[tuple[Path, str]]:
    """What the release does not have: its place in the file, and a sentence."""
    if persona.phase not in PHASES:
        yield ("phase",), unknown("phase", persona.phase, PHASES)
    for flow in persona.done:
        if flow not in release.all_flows:
            yield ("done", flow), unknown("flow", flow, release.all_flows)
    for number, addon in enumerate(persona.addons):
        if addon not in release.program.addons:
            yield ("addons", number), unknown("add-on", addon, release.program.addons)
    for number, filled in enumerate(persona.scores):
        yield from ((("scores", number), said) for said in _unfilled(filled, release))
    yield from _unasked(persona.answers, release)


def _unfilled(filled: Filled, release: Release) -> Iterator[str]:
    measure = release.measures.get(filled.measure)
    if measure is None:
        yield unknown("measure", filled.measure, release.measures)
        return
    if len(filled.items) != len(measure.items):
        yield f"{filled.measure} has {len(measure.items)} items, and here are {len(filled.items)}"
        return
    for number, value in enumerate(filled.items, 1):
        low, high = measure.bounds_of(number)
        if value is not None and not low <= value <= high:
            yield f"item {number} goes from {low} to {high}: {value} is outside"


def _unasked(answers: Mapping[str, str | int], release: Release) -> Iterator[tuple[Path, str]]:
    asked = _askers(release)
    for key, said in answers.items():
        if key not in asked:
            yield ("answers", key), unknown("question", key, asked)
        elif not any(_fits(step, said) for step in asked[key]):
            yield ("answers", key), f"nobody can answer {key} with {said}"


def _askers(release: Release) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    for flow in release.flows.values():
        for step in flow.steps:
            if (key := key_of(step)) is not None:
                found.setdefault(key, []).append(step)
    return found


def _fits(step: Step, said: str | int) -> bool:
    match step:
        case Ask() | Consent():
            return str(said) in step.choices
        case Rate():
            return isinstance(said, int) and step.scale[0] <= said <= step.scale[1]
        case _:
            return isinstance(step, Write)


def _words(release: Release, key: str, said: str) -> str:
    """What the answer reads like: the words on its button, or itself."""
    steps = _askers(release).get(key, [])
    labels = (s.choices[said] for s in steps if isinstance(s, Ask) and said in s.choices)
    return next(labels, said)


def _score(release: Release, filled: Filled, now: datetime) -> Score:
    items = dict(enumerate(filled.items, 1))
    measure = release.measures[filled.measure]
    return measures.score(measure, items, at=_before(now, filled.days_ago), turn=0)


def _before(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)
