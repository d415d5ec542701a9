"""A measure's course as a drawing inside a page, for somebody who reads it by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from bot.service.charts import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, Dot, Figure

_EDGE = RIGHT + 12


def drawing(figure: Figure, words: str, way: str) -> str:
    """The figure as SVG; its words, and which way is better, must be escaped already."""
    parts = "".join(_parts(figure))
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{words}">'
        f'<text class="axis" x="{LEFT}" y="13">{way}</text>{parts}</svg>'
    )


def _parts(figure: Figure) -> Iterator[str]:
    for level in figure.scores:
        yield _across("grid", level.place)
        yield _label(LEFT - 6, level.place + 3.5, "end", level.label)
    yield _across("start", figure.baseline)
    for day in figure.days:
        yield _label(day.place, BOTTOM + 19, _anchor(day.place), day.label)
    yield f'<polyline class="course" points="{figure.line}"/>'
    for dot in figure.dots:
        yield f'<circle class="dot" cx="{dot.x}" cy="{dot.y}" r="4"/>'
    yield _newest(figure.dots[-1])


def _across(kind: str, y: float) -> str:
    return f'<line class="{kind}" x1="{LEFT}" x2="{_EDGE}" y1="{y}" y2="{y}"/>'


def _newest(dot: Dot) -> str:
    y = dot.y + 22 if dot.y < 44 else dot.y - 12
    return (
        f'<text class="now" x="{dot.x}" y="{y:g}" text-anchor="{_anchor(dot.x)}">{dot.score}</text>'
    )


def _label(x: float, y: float, anchor: str, words: str) -> str:
    return f'<text class="axis" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{words}</text>'


def _anchor(x: float) -> str:
    return "start" if x < 60 else "end" if x > 300 else "middle"
