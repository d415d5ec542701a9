"""A patient's scores over time, as a picture and as the same in words."""

from __future__ import annotations

from flows import measures
from flows.effects import Chart, Series, Sheet
from flows.program import Measure
from flows.scene import Scene
from flows.state import Score
from flows.wording import message, worded

_LABELS = ("baseline", "better")
_MOST_PANELS = 4
"""More would be too small on a phone; the words name every measure."""
_SUMMARY_LABELS = ("baseline", "now", "better")
_OWN_WORDS = {
    "summary-goal": ("goal",),
    "summary-values": ("values-first", "values-second"),
    "summary-activity": ("activity-one",),
    "summary-flare": ("flare-first",),
    "summary-plan": ("plan-what",),
}
"""The texts of a summary that are about answers, and the keys that each names."""


def show_progress(scene: Scene) -> Scene:
    """The scene with the progress picture and the same in words, or words that it is too soon."""
    shown = _shown(scene)
    if not shown:
        return message(scene, "progress-none")
    caption = worded(scene, "progress-caption")
    labels = _labels(scene, _LABELS)
    drawn = _drawn(scene, shown)
    series = tuple(_series(measure, scene.state.scores_of(measure.measure)) for measure in drawn)
    lines = "\n".join(_line(scene, m, scene.state.scores_of(m.measure)) for m in shown)
    scene = scene.then(Chart(series=series, caption=caption, labels=labels))
    return message(scene, "progress", progress=lines)


def show_summary(scene: Scene) -> Scene:
    """The scene with a picture of the patient's own numbers and words, and the same in words."""
    shown, own = _shown(scene), "\n".join(_own_words(scene))
    drawn = _drawn(scene, shown)
    series = tuple(_series(measure, scene.state.scores_of(measure.measure)) for measure in drawn)
    numbers = "\n".join(_way(scene, m, scene.state.scores_of(m.measure)) for m in shown)
    parts = [worded(scene, "summary-lessons", count=str(_lessons(scene))).strip(), own]
    sheet = Sheet(
        title=worded(scene, "summary-title").strip(),
        text="{words}",
        values={"words": "\n\n".join(part for part in parts if part)},
        series=series,
        caption=worded(scene, "summary-caption").strip(),
        labels=_labels(scene, _SUMMARY_LABELS),
    )
    whole = "\n\n".join(part for part in (*parts, numbers) if part)
    return message(scene.then(sheet), "summary", summary=whole)


def _lessons(scene: Scene) -> int:
    return sum(done.flow.startswith("lesson/") for done in scene.state.done)


def _own_words(scene: Scene) -> list[str]:
    said = scene.state.words
    known = {
        name: [words for key in keys if (words := said.get(key))]
        for name, keys in _OWN_WORDS.items()
    }
    return [
        worded(scene, name, words=", ".join(words)).strip()
        for name, words in known.items()
        if words
    ]


def _way(scene: Scene, measure: Measure, scores: tuple[Score, ...]) -> str:
    """The first and last score without a verdict."""
    said = {
        "title": measure.short,
        "first": _rounded(scores[0].total or 0),
        "last": _rounded(scores[-1].total or 0),
        "highest": _rounded(measure.range[1]),
        "good": worded(scene, f"better-{measure.better}"),
    }
    return worded(scene, "summary-line" if len(scores) > 1 else "summary-line-first", **said)


def _labels(scene: Scene, names: tuple[str, ...]) -> dict[str, str]:
    return {name: scene.release.label(f"chart-{name}") for name in names}


def _shown(scene: Scene) -> list[Measure]:
    """The measures that patients follow, in the order in which they were first asked."""
    followed = [m for m in scene.release.measures.values() if m.progress]
    scored = [m for m in followed if scene.state.scores_of(m.measure)]
    return sorted(scored, key=lambda m: scene.state.scores_of(m.measure)[0].turn)


def _drawn(scene: Scene, shown: list[Measure]) -> list[Measure]:
    """Those that have a panel: the ones asked most often."""
    often = sorted(shown, key=lambda m: -len(scene.state.scores_of(m.measure)))[:_MOST_PANELS]
    return [measure for measure in shown if measure in often]


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
