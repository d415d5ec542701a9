"""That everything a flow names exists: flows, rules, moves, keys, measures, placeholders."""

from __future__ import annotations

from collections.abc import Iterator

from flows.journey import PHASES, TRIGGERS
from flows.placeholders import names_in
from flows.program import NUDGES, Measure, Release
from flows.steps import (
    Add,
    Card,
    Condition,
    Do,
    Move,
    Question,
    Raise,
    Say,
    Step,
    Tell,
    key_of,
)
from flows.walk.answers import unfit
from flows.walk.finding import Finding, unknown, warning
from flows.walk.graph import Atlas, Graph, questions
from flows.walk.singles import bounds_of, cases_of, compares, leaves, subjects
from flows.wording import ENGINE

ENGINE_VALUES = frozenset(ENGINE)
"""The placeholders that the engine fills; every other is the key of an earlier answer."""


def names(atlas: Atlas) -> Iterator[Finding]:
    """What the written flows name that is not there, or not there yet."""
    for flow in atlas.release.flows.values():
        for step in flow.steps:
            place = flow.id, str(step.id)
            yield from (Finding(*place, text) for text in _named(atlas, step))
            for case in cases_of(step):
                yield from (Finding(*place, text) for text in conditions(atlas, case.when))
    for graph in atlas.written.values():
        yield from _placeholders(atlas, graph)
    yield from _never_opened(atlas)


def conditions(atlas: Atlas, condition: Condition) -> Iterator[str]:
    """Why a condition can never hold."""
    if (condition.every or condition.some) and subjects(condition):
        yield "`all` and `any` hold other conditions: name the key or measure inside them"
    for test in leaves(condition):
        yield from _about(atlas, test)


def texts_of(step: Step) -> tuple[str, ...]:
    """The texts of a step that the patient reads and that may hold placeholders."""
    match step:
        case Say():
            return (step.say, step.simpler) if step.simpler else (step.say,)
        case Card():
            return (step.text,)
        case Question():
            return (step.text, step.again) if step.again else (step.text,)
        case _:
            return ()


def _named(atlas: Atlas, step: Step) -> Iterator[str]:
    flows, rules = atlas.release.all_flows, {r.rule for r in atlas.release.escalation.rules}
    match step:
        case Do() if step.do not in flows:
            yield unknown("flow", step.do, flows)
        case Raise() if step.raise_ not in rules:
            yield unknown("rule", step.raise_, rules)
        case Move() if step.move not in TRIGGERS:
            yield unknown("move", step.move, TRIGGERS)
        case Add() if step.add not in atlas.release.program.addons:
            yield unknown("add-on", step.add, atlas.release.program.addons)
        case Tell() if step.tell not in atlas.askers:
            yield unknown("question", step.tell, atlas.askers)
        case _:
            return


def _about(atlas: Atlas, test: Condition) -> Iterator[str]:
    if not compares(test):
        yield "the condition compares nothing: add `is`, `in`, `gte`, `lte` or `known`"
    match subjects(test):
        case (("key", name),):
            yield from _about_key(atlas, name, test)
        case (("measure", name),):
            yield from _about_measure(atlas.release, name, test)
        case (("done", name),):
            if name not in atlas.release.all_flows:
                yield unknown("flow", name, atlas.release.all_flows)
        case (("fact", "phase"),):
            yield from _about_phase(test)
        case (_, _, *_):
            yield "the condition is about one thing: a key, a measure, a flow or a fact"
        case _:
            return


def _about_phase(test: Condition) -> Iterator[str]:
    for value in (test.equals, *(test.among or ())):
        if value is not None and value not in PHASES:
            yield unknown("phase", str(value), PHASES)


def _about_key(atlas: Atlas, key: str, condition: Condition) -> Iterator[str]:
    asked = [
        question
        for flow in atlas.askers.get(key, ())
        for question in questions(atlas.graphs[flow].flow)
        if key_of(question) == key
    ]
    if not asked:
        yield unknown("question", key, atlas.askers)
    reasons = [unfit(question, condition) for question in asked]
    if reasons and all(reasons):
        yield f"{key}: {reasons[0]}"


def _about_measure(release: Release, name: str, condition: Condition) -> Iterator[str]:
    measure = release.measures.get(name)
    if measure is None:
        yield unknown("measure", name, release.measures)
        return
    if condition.item is not None and not 1 <= condition.item <= len(measure.items):
        yield f"{name} has {len(measure.items)} items, and no item {condition.item}"
        return
    if condition.subscale is not None and condition.subscale not in measure.subscales:
        yield unknown("subscale", condition.subscale, measure.subscales)
    if condition.improved is None and condition.subscale is None:
        yield from _outside(measure, condition)


def _outside(measure: Measure, test: Condition) -> Iterator[str]:
    low, high = measure.range if test.item is None else measure.bounds_of(test.item)
    for bound in bounds_of(test):
        if not low <= bound <= high:
            yield f"{measure.measure} goes from {low:g} to {high:g}: {bound:g} is outside"


def _placeholders(atlas: Atlas, graph: Graph) -> Iterator[Finding]:
    for step in graph.flow.steps:
        used = frozenset().union(*map(names_in, texts_of(step)))
        for name in sorted(used - ENGINE_VALUES - atlas.askers.keys()):
            text = unknown("placeholder", name, {*atlas.askers, *ENGINE_VALUES})
            yield Finding(graph.flow.id, str(step.id), text)


def _never_opened(atlas: Atlas) -> Iterator[Finding]:
    program, release = atlas.release.program, atlas.release
    opened = {
        *(flow for flows in program.phases.values() for flow in flows),
        *program.core,
        *(lesson for track in program.tracks.values() for lesson in track.lessons),
        *program.addons.values(),
        *(check.flow for check in program.checks),
        *program.commands.values(),
        *(getattr(program.nudges, kind) for kind in NUDGES),
        *(rule.reply for rule in release.escalation.rules if rule.reply),
        release.crisis.soft_reply,
    }
    opened |= {inner for graph in atlas.graphs.values() for inner in graph.does.values()}
    for name in sorted(release.flows.keys() - opened):
        yield warning(
            name, "", "nothing opens this flow: name it in another flow or in program.yaml"
        )
