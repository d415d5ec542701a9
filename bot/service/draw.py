"""How a chart of scores looks: a panel a measure, the start dotted, the good direction named.

matplotlib is slow to import and large, so only the drawing process imports this module.
"""

from __future__ import annotations

import io
import sys
from datetime import date, datetime

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from flows.effects import Chart, Series

_INK = "#1f3b4d"
_LINE = "#2a7f8e"
_SOFT = "#9fb8bf"
_BAND = "#e6f1f2"
_WIDTH, _PANEL, _DPI = 6.0, 2.3, 150


def draw(chart: Chart) -> bytes:
    """The chart as a PNG file."""
    count = len(chart.series)
    figure = Figure(figsize=(_WIDTH, 0.5 + _PANEL * count), dpi=_DPI, layout="constrained")
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
    axes.plot(days, scores, color=_LINE, linewidth=2.2, marker="o", markersize=7)
    axes.annotate(
        f"{scores[-1]:.3g}",
        (days[-1], scores[-1]),
        xytext=(9, 0),
        textcoords="offset points",
        va="center",
        color=_INK,
        fontweight="bold",
    )
    _frame(axes, series, labels["better"], days)


def _start(axes: Axes, series: Series, label: str) -> None:
    start = series.baseline or 0.0
    if series.reliable:
        # inside this band a difference may be chance
        axes.axhspan(start - series.reliable, start + series.reliable, color=_BAND, zorder=0)
    axes.axhline(start, color=_SOFT, linestyle=":", linewidth=1.6)
    place = (0.01, start)
    axes.annotate(
        label,
        place,
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        fontsize=8,
        color=_INK,
    )


def _frame(axes: Axes, series: Series, better: str, days: list[float]) -> None:
    low, high = series.range
    margin = (high - low) * 0.06
    axes.set_ylim(low - margin, high + margin)
    axes.set_title(series.title, loc="left", fontsize=11, color=_INK, fontweight="bold")
    arrow = "↓" if series.better == "lower" else "↑"
    axes.set_title(f"{arrow} {better}", loc="right", fontsize=9, color=_LINE)
    room = max((days[-1] - days[0]) * 0.12, 0.6)
    axes.set_xlim(days[0] - room, days[-1] + room)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(_date))
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=8, colors=_INK)


def _day(moment: datetime) -> float:
    """Days since year one, so that whole numbers are midnights."""
    return moment.toordinal() + moment.hour / 24 + moment.minute / 1440


def _date(day: float, _: int | None) -> str:
    return f"{date.fromordinal(int(day)):%d %b}"


def main() -> None:
    """Read a chart as JSON from standard input, write the PNG to standard output."""
    sys.stdout.buffer.write(draw(Chart.model_validate_json(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
