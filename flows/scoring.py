"""What follows from a measure's answers: scores kept, alerts raised."""

from __future__ import annotations

from flows import escalation, measures, timing
from flows.effects import Keep, Raise
from flows.program import Rule
from flows.scene import Scene
from flows.state import Score
from flows.steps import Item

_SEVERITY = ("red", "amber", "yellow", "grey")


def is_passed(scene: Scene, flow: str) -> bool:
    """Whether a measure's flow asks nothing now: it is switched off, or was scored today."""
    kind, _, name = flow.partition("/")
    if kind != "measure":
        return False
    return not scene.release.measures[name].is_on or bool(_of_today(scene, name))


def on_passed(scene: Scene, flow: str) -> tuple[Raise, ...]:
    """The alerts that today's score of a measure passed over raises in the flows open now."""
    name = flow.partition("/")[2]
    measure, today = scene.release.measures[name], _of_today(scene, name)
    if not measure.is_on or not today:
        return ()
    earlier = [score for score in scene.state.scores_of(name) if score != today[-1]]
    flows = [frame.flow for frame in scene.state.stack]
    return escalation.on_passed(scene.release.escalation, measure, today[-1], earlier, flows)


def on_item(scene: Scene, item: Item, value: int | None) -> tuple[Raise, ...]:
    """The alerts that one item's answer raises."""
    return escalation.on_item(scene.release.escalation, item.measure, item.item, value)


def tally(scene: Scene, name: str) -> tuple[Scene, tuple[Raise, ...]]:
    """The scene with the measure scored and kept, and the alerts that the score raises."""
    measure, top = scene.release.measures[name], scene.state.stack[-1]
    score = measures.score(measure, top.items, at=scene.event.at, turn=scene.state.turn)
    earlier = scene.state.scores_of(name)
    scene = scene.but(scores=(*scene.state.scores, score)).then(Keep(score=score))
    flows = [frame.flow for frame in scene.state.stack]
    return scene, escalation.on_score(scene.release.escalation, measure, score, earlier, flows)


def _of_today(scene: Scene, name: str) -> list[Score]:
    today, zone = timing.local_date(scene.event.at, scene.state.zone), scene.state.zone
    scored = (score for score in scene.state.scores if score.measure == name)
    return [score for score in scored if timing.local_date(score.at, zone) == today]


def gravest(scene: Scene, raises: tuple[Raise, ...]) -> Rule | None:
    """The gravest rule among these alerts that answers the patient at once, or None."""
    rules = [scene.release.escalation.rule(raised.rule) for raised in raises]
    replying = [rule for rule in rules if rule.reply]
    return min(replying, key=lambda rule: _SEVERITY.index(rule.tier), default=None)


def is_amber(scene: Scene, raises: tuple[Raise, ...]) -> bool:
    """Whether one of these alerts starts the watch over a silent week."""
    return any(scene.release.escalation.rule(raised.rule).tier == "amber" for raised in raises)
