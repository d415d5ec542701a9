"""A patient's scores over time, as a picture and as the same in words."""

from __future__ import annotations

from flows import measures
from flows.effects import Chart, Series
from flows.program import Measure
from flows.scene import Scene
from flows.state import Score
from flows.wording import message, worded

_LABELS = ("baseline", "better", "date", "score")


def show_progress(scene: Scene) -> Scene:
    """The scene with the progress picture and the same in words, or words that it is too soon."""
    shown = [m for m in scene.release.measures.values() if scene.state.scores_of(m.measure)]
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
    trend = measures.trend(measure, first, last) if len(scores) > 1 else "first"
    return worded(
        scene,
        "progress-line",
        title=measure.short,
        first=f"{first:g}" if first == int(first) else f"{first:.1f}",
        last=f"{last:g}" if last == int(last) else f"{last:.1f}",
        highest=f"{measure.range[1]:g}",
        trend=worded(scene, f"trend-{trend}"),
        good=worded(scene, f"better-{measure.better}"),
    )
