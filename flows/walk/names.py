"""That everything a flow names exists: flows, rules, moves, keys, measures, placeholders."""

from __future__ import annotations

from collections.abc import Iterator

from flows.journey import TRIGGERS
from flows.placeholders import names_in
from flows.program import Release
from flows.steps import Condition, Do, Move, Question, Raise, Say, Step, Tell, key_of
from flows.walk.answers import cases_of, unfit
from flows.walk.finding import Finding, unknown, warning
from flows.walk.graph import Atlas, Graph, questions
from flows.walk.measures import item_range
from flows.wording import ENGINE

ENGINE_VALUES = frozenset(ENGINE)
"""The placeholders that the engine fills; every other is the key of an earlier answer."""


def names(atlas: Atlas) -> Iterator[Finding]:
    """What the written flows name that is not there, or not there yet."""
    for flow in atlas.release.flows.values():
        for step in flow.steps:
            place = flow.id, str(step.id)
            yield from (Finding(*place, text) for text in _named(atlas, step))
            for condition in (case.when for case in cases_of(step)):
                yield from (Finding(*place, text) for text in conditions(atlas, condition))
    for graph in atlas.written.values():
        yield from _placeholders(atlas, graph)
    yield from _never_opened(atlas)


def conditions(atlas: Atlas, condition: Condition) -> Iterator[str]:
    """Why a condition can never hold."""
    tests = condition.model_dump(exclude_none=True, exclude={"key", "measure", "item"})
    if not tests:
        yield "the condition compares nothing: add `is`, `in`, `gte`, `lte` or `known`"
    if condition.key is not None and condition.measure is not None:
        yield "the condition is about a key or about a measure, not about both"
    elif condition.key is not None:
        yield from _about_key(atlas, condition.key, condition)
    elif condition.measure is not None:
        yield from _about_measure(atlas.release, condition.measure, condition)


def texts_of(step: Step) -> tuple[str, ...]:
    """The texts of a step that the patient reads and that may hold placeholders."""
    match step:
        case Say():
            return (step.say,)
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
        case Tell() if step.tell not in atlas.askers:
            yield unknown("question", step.tell, atlas.askers)
        case _:
            return


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
    low, high = measure.range if condition.item is None else item_range(measure)
    for bound in (condition.gte, condition.gt, condition.lte, condition.lt):
        if bound is not None and not low <= bound <= high:
            yield f"{name} goes from {low:g} to {high:g}: {bound:g} is outside"


def _placeholders(atlas: Atlas, graph: Graph) -> Iterator[Finding]:
    for step in graph.flow.steps:
        used = frozenset().union(*map(names_in, texts_of(step)))
        for name in sorted(used - ENGINE_VALUES):
            if name not in atlas.askers:
                text = unknown("placeholder", name, {*atlas.askers, *ENGINE_VALUES})
                yield Finding(graph.flow.id, str(step.id), text)
            elif not _may_come_earlier(atlas, graph, str(step.id), name):
                text = f"{{{name}}} is asked only after this: move the question up"
                yield Finding(graph.flow.id, str(step.id), text)


def _may_come_earlier(atlas: Atlas, graph: Graph, step: str, key: str) -> bool:
    """Whether the key is asked on a way to this step, or in a flow that can come before."""
    inside = atlas.within[graph.flow.id]
    outside = [flow for flow in atlas.graphs if flow not in inside]
    asking = atlas.askers[key]
    if any(asking & atlas.within[flow] for flow in outside):
        return True
    doing = {name for name, flow in graph.does.items() if asking & atlas.within.get(flow, set())}
    itself = {name for name in graph.flow.names if key_of(graph.step(name)) == key}
    return any(step in graph.after(place) for place in doing | itself)


def _never_opened(atlas: Atlas) -> Iterator[Finding]:
    program, release = atlas.release.program, atlas.release
    plan = program.nudges
    opened = {
        *(flow for flows in program.phases.values() for flow in flows),
        *(lesson for track in program.tracks.values() for lesson in track.lessons),
        *program.commands.values(),
        *(plan.plan, plan.check, plan.lesson, plan.unfinished, plan.paused, program.check.flow),
        *(rule.reply for rule in release.escalation.rules if rule.reply),
        release.crisis.soft_reply,
    }
    opened |= {inner for graph in atlas.graphs.values() for inner in graph.does.values()}
    for name in sorted(release.flows.keys() - opened):
        yield warning(
            name, "", "nothing opens this flow: name it in another flow or in program.yaml"
        )
