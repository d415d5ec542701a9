"""How a chart of scores looks: a panel a measure, the start dotted, the good direction named.

matplotlib is slow to import and large, so only the drawing process imports this module.
"""

from __future__ import annotations

import io
import os
import sys
from datetime import date, datetime

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patheffects import withStroke
from pydantic import ConfigDict, TypeAdapter

from bot.service.picture import SIZE
from bot.service.sheet import draw_sheet
from flows.effects import Chart, Drawing, Series

_INK = "#1f3b4d"
LINE = "#1f7280"
_SOFT = "#6f8a92"
_BAND = "#e6f1f2"
# as wide as a phone, so that nine points stay nine points there
_WIDTH, _PANEL, _DPI = 4.4, 2.5, 200
_SMALL, _LARGE = 9.5, 12
# parts of the time shown: the least between two dates, and the room before and after
_GAP, _BEFORE, _AFTER = 0.2, 0.08, 0.18
_DRAWING: TypeAdapter[Drawing] = TypeAdapter(Drawing, config=ConfigDict(hide_input_in_errors=True))


def draw(chart: Chart) -> bytes:
    """The chart as a PNG file."""
    count = len(chart.series)
    layout = ConstrainedLayoutEngine(h_pad=0.09, w_pad=0.07)
    figure = Figure(figsize=(_WIDTH, 0.2 + _PANEL * count), dpi=_DPI, layout=layout)
    FigureCanvasAgg(figure)
    panels = figure.subplots(count, 1, squeeze=False)
    for axes, series in zip(panels[:, 0], chart.series, strict=True):
        _panel(axes, series, chart.labels)
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor="white")
    return out.getvalue()


def _panel(axes: Axes, series: Series, labels: dict[str, str]) -> None:
    days = [_day(moment) for moment, _ in series.points]
    scores = [score for _, score in series.points]
    if series.baseline is not None:
        _start(axes, series, labels["baseline"])
    axes.plot(days, scores, color=LINE, linewidth=2.4, marker="o", markersize=7)
    _last(axes, days[-1], scores[-1])
    _heading(axes, series, labels["better"])
    _frame(axes, series, days)


def _start(axes: Axes, series: Series, label: str) -> None:
    start = series.baseline or 0.0
    if series.reliable and len(series.points) > 1:
        # inside this band a difference may be chance
        axes.axhspan(start - series.reliable, start + series.reliable, color=_BAND, zorder=0)
    axes.axhline(start, color=_SOFT, linestyle=":", linewidth=2, label=label)
    # above the panel, where no line can run through it
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.01, 0.99),
        frameon=False,
        fontsize=_SMALL,
        labelcolor=_INK,
        borderpad=0.1,
        handlelength=1.6,
    )


def _last(axes: Axes, day: float, score: float) -> None:
    axes.annotate(
        f"{round(score, 1):g}",
        (day, score),
        xytext=(9, 0),
        textcoords="offset points",
        va="center",
        color=_INK,
        fontsize=_LARGE,
        fontweight="bold",
        path_effects=[withStroke(linewidth=3, foreground="white")],
    )


def _heading(axes: Axes, series: Series, better: str) -> None:
    title = f"{series.title}\n"
    axes.set_title(title, loc="left", fontsize=_LARGE, color=_INK, fontweight="bold")
    arrow = "↓" if series.better == "lower" else "↑"
    axes.annotate(
        f"{arrow} {better}",
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, 5),
        textcoords="offset points",
        fontsize=_SMALL,
        fontweight="bold",
        color=LINE,
    )


def _frame(axes: Axes, series: Series, days: list[float]) -> None:
    low, high = series.range
    margin = (high - low) * 0.06
    axes.set_ylim(low - margin, high + margin)
    parts = 3 if (high - low) % 3 == 0 else 5
    axes.set_yticks([low + (high - low) * part / parts for part in range(parts + 1)])
    span = max(days[-1] - days[0], 5.0)
    axes.set_xlim(days[0] - span * _BEFORE, days[0] + span * (1 + _AFTER))
    dated = _dated(days, span * _GAP)
    axes.set_xticks(dated, [_date(day) for day in dated])
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(_SOFT)
    axes.tick_params(labelsize=_SMALL, labelcolor=_INK, color=_SOFT)


def _dated(days: list[float], gap: float) -> list[float]:
    """The days whose dates are written: the last, and before it each that has room."""
    dated = [days[-1]]
    for day in reversed(days):
        if dated[-1] - day >= gap:
            dated.append(day)
    return dated


def _day(moment: datetime) -> float:
    """Days since year one, so that whole numbers are midnights."""
    return moment.toordinal() + moment.hour / 24 + moment.minute / 1440


def _date(day: float) -> str:
    then = date.fromordinal(int(day))
    return f"{then.day} {then:%b}"


def main() -> None:
    """Draw each line of standard input, a drawing as JSON: its size and the PNG are written."""
    try:
        for wanted in sys.stdin.buffer:
            png = _drawn(wanted)
            sys.stdout.buffer.write(len(png).to_bytes(SIZE) + png)
            sys.stdout.flush()
    except BrokenPipeError:
        # whoever asked was killed meanwhile: nobody is left to tell, not even by the last flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _drawn(wanted: bytes) -> bytes:
    drawing = _DRAWING.validate_json(wanted)
    return draw(drawing) if isinstance(drawing, Chart) else draw_sheet(drawing)


if __name__ == "__main__":
    main()
