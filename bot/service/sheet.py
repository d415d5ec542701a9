"""How a sheet looks: a patient's words wrapped for a phone, and the way of each score under them.

matplotlib is slow to import and large, so only the drawing process imports this module.
"""

from __future__ import annotations

import io
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

from bot.markup import Rendered, render
from flows.effects import Series, Sheet

INK, ACCENT, PAPER = "#1f3b4d", "#1f7280", "#f7fbfb"
_TRACK = "#b9cbd0"
_FONT, _UNKNOWN = "DejaVu Sans", "□"
# in points; as wide as a phone, so that eleven points stay eleven points there
_WIDTH, _MARGIN, _DPI = 317.0, 20.0, 200
_ROOM = _WIDTH - 2 * _MARGIN
_SMALL, _BODY, _HEADING = 9.5, 11.0, 13.5
_LEADING, _APART, _GAP, _WAY = 1.45, 3.0, 12.0, 50.0
_MOST_LINES = 120
"""More would be higher than a messenger takes."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One line: its runs of (words, bold), its size, and whether it reads from the right."""

    runs: tuple[tuple[str, bool], ...]
    size: float
    rightward: bool = True

    @property
    def height(self) -> float:
        """How much room it takes; a heading stands a little apart."""
        return self.size * _LEADING + (_APART if self.size == _HEADING else 0)


def draw_sheet(sheet: Sheet) -> bytes:
    """The sheet as a PNG file."""
    lines = _lines(sheet)
    height = _height(lines, sheet)
    figure = Figure(figsize=(_WIDTH / 72, height / 72), dpi=_DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, _WIDTH), ylim=(height, 0))
    axes.set_axis_off()
    below = _words(axes, sheet.title, lines)
    _ways(axes, sheet, below)
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _lines(sheet: Sheet) -> list[_Line]:
    found = list(_wrapped(render(sheet.text.strip(), sheet.values)))
    if len(found) <= _MOST_LINES:
        return found
    return [*found[: _MOST_LINES - 1], _Line((("…", False),), _BODY)]


def _height(lines: list[_Line], sheet: Sheet) -> float:
    words = _MARGIN * 2 + _SMALL * _LEADING + sum(line.height for line in lines)
    ways = _GAP * 2 + _SMALL * _LEADING + _WAY * len(sheet.series) if sheet.series else 0
    return words + ways


def _words(axes: Axes, title: str, lines: list[_Line]) -> float:
    """Draw the title and the lines; how far down they reach."""
    axes.axhspan(0, 5, color=ACCENT)
    y = _MARGIN + _SMALL
    _write(axes, _MARGIN, y, _fitting(_drawable(title)), _SMALL, bold=True, color=ACCENT)
    y += _SMALL * (_LEADING - 1)
    for line in lines:
        _line(axes, line, y + line.size * _LEADING)
        y += line.height
    return y


def _line(axes: Axes, line: _Line, y: float) -> None:
    if not line.rightward:
        [(words, bold)] = line.runs or (("", False),)
        _write(axes, _WIDTH - _MARGIN, y, words, line.size, bold=bold, side="right")
        return
    x = _MARGIN
    for words, bold in line.runs:
        _write(axes, x, y, words, line.size, bold=bold)
        x += _wide(f"{words} ", line.size, bold)


def _ways(axes: Axes, sheet: Sheet, y: float) -> None:
    if not sheet.series:
        return
    y += _GAP + _SMALL * _LEADING
    legend = f"○ {sheet.labels['baseline']}    ● {sheet.labels['now']}"
    _write(axes, _MARGIN, y, legend, _SMALL)
    for series in sheet.series:
        _way(axes, series, sheet.labels["better"], y + _GAP / 2)
        y += _WAY


def _way(axes: Axes, series: Series, better: str, y: float) -> None:
    """One score on its track from lowest to highest: a ring at the first, a dot at the last."""
    low, high = series.range
    left, right, middle = _MARGIN + 20, _WIDTH - _MARGIN - 20, y + 31
    first, last = series.points[0][1], series.points[-1][1]
    arrow = "←" if series.better == "lower" else "→"
    _write(axes, _MARGIN, y + 12, series.title, _BODY, bold=True)
    _write(axes, _WIDTH - _MARGIN, y + 12, f"{arrow} {better}", _SMALL, color=ACCENT, side="right")
    axes.plot([left, right], [middle, middle], color=_TRACK, linewidth=3, solid_capstyle="round")
    _write(axes, _MARGIN, middle + 3.5, f"{low:g}", _SMALL)
    _write(axes, _WIDTH - _MARGIN, middle + 3.5, f"{high:g}", _SMALL, side="right")
    at = [left + (score - low) / (high - low) * (right - left) for score in (first, last)]
    axes.plot(at, [middle, middle], color=ACCENT, linewidth=1.5)
    if len(series.points) > 1:
        axes.plot(at[:1], [middle], "o", color=ACCENT, markerfacecolor=PAPER, markersize=9)
        _write(axes, at[0], middle + 15, _number(first), _SMALL, side="center")
    axes.plot(at[1:], [middle], "o", color=ACCENT, markersize=6.5)
    _write(axes, at[1], middle - 6.5, _number(last), _SMALL, bold=True, side="center")


def _number(score: float) -> str:
    return f"{round(score, 1):g}"


def _write(
    axes: Axes,
    x: float,
    y: float,
    words: str,
    size: float,
    *,
    bold: bool = False,
    color: str = INK,
    side: str = "left",
) -> None:
    # people write of dollars: no sign of theirs is a formula
    axes.text(x, y, words, font=_font(size, bold), color=color, ha=side, parse_math=False)


def _wrapped(text: Rendered) -> Iterator[_Line]:
    """The lines of the text, each short enough; the first is a heading if all of it is bold."""
    marked = _marked(text)
    for number, paragraph in enumerate(_paragraphs(marked)):
        is_heading = number == 0 and bool(paragraph) and all(bold for _, bold in paragraph)
        yield from _filled(paragraph, _HEADING if is_heading else _BODY)


def _filled(paragraph: list[tuple[str, bool]], size: float) -> Iterator[_Line]:
    rightward = _reads_rightward(paragraph)
    if not rightward:
        # one run, so that its words stand in their own order
        weight = all(bold for _, bold in paragraph)
        paragraph = [(word, weight) for word, _ in paragraph]
    words = [piece for word in paragraph for piece in _pieces(*word, size)]
    line: list[tuple[str, bool]] = []
    x = 0.0
    for word, bold in words:
        width = _wide(f"{word} ", size, bold)
        if line and x + width > _ROOM:
            yield _Line(_runs(line), size, rightward)
            line, x = [], 0.0
        line.append((word, bold))
        x += width
    yield _Line(_runs(line), size, rightward)


def _runs(line: list[tuple[str, bool]]) -> tuple[tuple[str, bool], ...]:
    return tuple(
        (" ".join(word for word, _ in run), bold)
        for bold, run in groupby(line, key=lambda marked: marked[1])
    )


def _pieces(word: str, bold: bool, size: float) -> Iterator[tuple[str, bool]]:
    """The word, or what it must be broken into to fit on a line."""
    while _wide(f"{word} ", size, bold) > _ROOM:
        fits = max(1, _most(word, lambda start: _wide(start, size, bold) < _ROOM - 5))
        yield word[:fits], bold
        word = word[fits:]
    yield word, bold


def _fitting(words: str) -> str:
    if _wide(words, _SMALL, True) <= _ROOM:
        return words
    return words[: _most(words, lambda start: _wide(f"{start}…", _SMALL, True) <= _ROOM)] + "…"


def _most(words: str, fits: Callable[[str], bool]) -> int:
    """How many letters from the start of the words still fit."""
    return bisect_left(range(1, len(words) + 1), True, key=lambda n: not fits(words[:n]))


def _marked(text: Rendered) -> list[tuple[str, bool]]:
    """Each character, and whether it is bold."""
    bold = [e for e in text.entities if e.kind == "bold"]
    marked, at = [], 0
    for character in text.text:
        is_bold = any(each.offset <= at < each.offset + each.length for each in bold)
        marked.append((character, is_bold))
        at += len(character.encode("utf-16-le")) // 2
    return marked


def _paragraphs(marked: list[tuple[str, bool]]) -> Iterator[list[tuple[str, bool]]]:
    """The words of each paragraph that can be drawn, and whether they are bold."""
    paragraph: list[tuple[str, bool]] = []
    for kind, group in groupby(marked, key=lambda each: _kind(each[0])):
        characters = list(group)
        if kind == "word":
            word = _drawable("".join(character for character, _ in characters))
            paragraph += [(word, characters[0][1])] if word else []
        elif kind == "end":
            for _ in characters:
                yield paragraph
                paragraph = []
    yield paragraph


def _kind(character: str) -> str:
    if character == "\n":
        return "end"
    return "space" if character.isspace() else "word"


def _reads_rightward(paragraph: list[tuple[str, bool]]) -> bool:
    """Whether the first letter that has a direction goes to the right."""
    sides = (unicodedata.bidirectional(letter) for word, _ in paragraph for letter in word)
    return next((side == "L" for side in sides if side in {"L", "R", "AL"}), True)


def _drawable(words: str) -> str:
    """The words with a box for each sign that the font lacks, and nothing for what is unseen."""
    known = _known()
    return "".join(
        sign if ord(sign) in known else _UNKNOWN
        for sign in words
        if ord(sign) in known or unicodedata.category(sign)[0] not in "CM"
    )


@cache
def _known() -> frozenset[int]:
    fonts = [get_font(findfont(_font(_BODY, bold))) for bold in (False, True)]
    return frozenset.intersection(*(frozenset(font.get_charmap()) for font in fonts))


@cache
def _font(size: float, bold: bool) -> FontProperties:
    return FontProperties(family=_FONT, size=size, weight="bold" if bold else "normal")


def _wide(words: str, size: float, bold: bool) -> float:
    """How wide the words are, in points."""
    font = get_font(findfont(_font(size, bold)))
    # as fine as it is drawn: on a coarser grid every letter would be rounded
    font.set_size(size, _DPI)
    font.set_text(words, 0.0)
    # FreeType counts in 64ths
    return float(font.get_width_height()[0]) / 64 * 72 / _DPI
