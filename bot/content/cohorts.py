"""Tables of scores and of outcomes, read for a backtest: a sentence for each line that is wrong."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from bot.content.mistakes import ContentError, Mistake
from flows import measures
from flows.backtest import Filled
from flows.measure import Measure
from flows.state import Score
from flows.walk.finding import unknown

ITEM = "item"
NEEDED = ("patient", "at", "measure")
LABELS = {"yes": True, "1": True, "true": True, "no": False, "0": False, "false": False}
NEAR = 0.005
"""Totals are written with two decimals."""

Row = Mapping[str, str]
T = TypeVar("T")


class _Wrong(Exception):
    """A sentence about the row that is being read."""


def read_cohort(file: Path, known: Mapping[str, Measure]) -> list[Filled]:
    """The scores in a CSV file, or ContentError with a sentence for each row that is wrong."""
    rows = _rows(file, NEEDED)
    return _all(file, rows, lambda row: _filled(row, known))


def read_outcomes(file: Path) -> dict[str, bool]:
    """Who had the outcome and who had not, or ContentError."""
    return dict(_all(file, _rows(file, ("patient", "outcome")), _labelled))


def _rows(file: Path, needed: Iterable[str]) -> list[tuple[int, Row]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        sentence = f"this file cannot be read as text: {type(error).__name__}"
        raise ContentError([Mistake(file.name, 1, sentence)]) from None
    reader = csv.DictReader(io.StringIO(text), strict=True, restval="", restkey=None)
    try:
        return list(_numbered(file, reader, needed))
    except csv.Error as error:
        # the row that begins here cannot be read; those before it could
        line = reader.line_num + 1
        raise ContentError([Mistake(file.name, line, f"no CSV: {error}")]) from None


def _numbered(
    file: Path, reader: csv.DictReader[str], needed: Iterable[str]
) -> Iterator[tuple[int, Row]]:
    missing = [name for name in needed if name not in (reader.fieldnames or ())]
    if missing:
        sentence = f"the first line must name the columns: {' and '.join(missing)} is not there"
        raise ContentError([Mistake(file.name, 1, sentence)])
    for row in reader:
        # more cells than columns stand under no name
        plain = {name: (cell or "").strip() for name, cell in row.items() if name is not None}
        if any(plain.values()):
            yield reader.line_num, plain


def _all(file: Path, rows: list[tuple[int, Row]], read: Callable[[Row], T]) -> list[T]:
    found, mistakes = [], []
    for line, row in rows:
        try:
            found.append(read(row))
        except _Wrong as wrong:
            mistakes.append(Mistake(file.name, line, str(wrong)))
    if not rows:
        mistakes.append(Mistake(file.name, 1, "there is no row in this file"))
    if mistakes:
        raise ContentError(mistakes)
    return found


def _filled(row: Row, known: Mapping[str, Measure]) -> Filled:
    name, patient = row["measure"], row["patient"]
    if not patient:
        raise _Wrong("the patient is missing")
    if name not in known:
        raise _Wrong(unknown("measure", name, known))
    score = _score(row, known[name], _moment(row["at"]))
    return Filled(patient, score, row.get("within", ""))


def _score(row: Row, measure: Measure, at: datetime) -> Score:
    items = _items(row, measure)
    total = _number(row["total"], "total") if row.get("total") else None
    if not items and total is None:
        raise _Wrong("there is neither a total nor an item")
    if not items:
        low, high = measure.range
        if total is not None and not low <= total <= high:
            raise _Wrong(f"{measure.measure} goes from {low:g} to {high:g}: {total:g} is outside")
        return Score(measure=measure.measure, at=at, turn=0, total=total, items={})
    found = measures.score(measure, items, at=at, turn=0)
    if total is not None and (found.total is None or abs(found.total - total) > NEAR):
        said = "none" if found.total is None else f"{found.total:g}"
        raise _Wrong(f"the items give a total of {said}, and here stands {total:g}")
    return found


def _items(row: Row, measure: Measure) -> dict[int, int | None]:
    """The answers by number, empty ones too; none at all where no item column has anything."""
    given: dict[int, int | None] = {}
    for name, cell in row.items():
        if not name.startswith(ITEM) or not name[len(ITEM) :].isdecimal() or not cell:
            continue
        number = int(name[len(ITEM) :])
        if not 1 <= number <= len(measure.items):
            raise _Wrong(f"{measure.measure} has {len(measure.items)} items, and no {name}")
        given[number] = _answer(cell, name, measure.bounds_of(number))
    if not given:
        return {}
    return {number: given.get(number) for number in range(1, len(measure.items) + 1)}


def _answer(cell: str, name: str, bounds: tuple[int, int]) -> int:
    value = _number(cell, name)
    low, high = bounds
    if value != int(value) or not low <= value <= high:
        raise _Wrong(f"{name} goes from {low} to {high} in whole numbers: {cell} is outside")
    return int(value)


def _number(cell: str, name: str) -> float:
    # what float() takes besides numbers: nan, infinity, 1_000
    plain = cell.replace(".", "", 1).removeprefix("-")
    if not (plain.isascii() and plain.isdecimal()):
        raise _Wrong(f"{name} is no number: {cell}")
    return float(cell)


def _moment(cell: str) -> datetime:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        raise _Wrong(f"at is no moment such as 2026-03-02T09:00: {cell}") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _labelled(row: Row) -> tuple[str, bool]:
    label = LABELS.get(row["outcome"].lower())
    if not row["patient"]:
        raise _Wrong("the patient is missing")
    if label is None:
        raise _Wrong(f"the outcome is yes or no (1 or 0): {row['outcome'] or 'it is empty'}")
    return row["patient"], label
