"""A patient's scores over time, as a picture and as the same in words."""

from __future__ import annotations

from flows import measures
from flows.effects import Chart, Series
from flows.program import Measure
from flows.scene import Scene
from flows.state import Score
from flows.wording import message, worded

_LABELS = ("baseline", "better")


def show_progress(scene: Scene) -> Scene:
    """The scene with the progress picture and the same in words, or words that it is too soon."""
    scored = [m for m in scene.release.measures.values() if scene.state.scores_of(m.measure)]
    shown = sorted(scored, key=lambda m: scene.state.scores_of(m.measure)[0].turn)
    if not shown:
        return message(scene, "progress-none")
    caption = worded(scene, "progress-caption")
    labels = {name: scene.release.label(f"chart-{name}") for name in _LABELS}
    series = tuple(_series(measure, scene.state.scores_of(measure.measure)) for measure in shown)
    lines = "\n".join(_line(scene, m, scene.state.scores_of(m.measure)) for m in shown)
    scene = scene.then(Chart(series=series, caption=caption, labels=labels))
    return message(scene, "progress", progress=lines)


def _series(measure: Measure, scores: tuple[Score, ...]) -> Series:
    points = tuple((score.at, score.total) for score in scores if score.total is not None)
    return Series(
        measure=measure.measure,
        title=measure.short,
        better=measure.better,
        range=measure.range,
        points=points,
        baseline=points[0][1],
        reliable=measure.change.reliable if measure.change else None,
    )


def _line(scene: Scene, measure: Measure, scores: tuple[Score, ...]) -> str:
    first, last = scores[0].total or 0, scores[-1].total or 0
    said = {
        "title": measure.short,
        "last": _rounded(last),
        "highest": _rounded(measure.range[1]),
        "good": worded(scene, f"better-{measure.better}"),
    }
    if len(scores) == 1:
        return worded(scene, "progress-line-first", **said)
    trend = worded(scene, f"trend-{measures.trend(measure, first, last)}")
    return worded(scene, "progress-line", first=_rounded(first), trend=trend, **said)


def _rounded(total: float) -> str:
    return f"{total:.0f}" if total == int(total) else f"{total:.1f}"
