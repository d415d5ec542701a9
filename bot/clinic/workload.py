"""Workload: minutes of guidance, and how soon alerts and words were answered."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from starlette.routing import Route

from bot.clinic.answers import Answer, File, Shown
from bot.clinic.frame import ROOT, Frame
from bot.clinic.visit import Visit
from bot.service.workload import Waits, Work, work
from bot.store import members

WORKLOAD = f"{ROOT}/workload"
PERIODS = (1, 4, 12)
USUAL = 4
HEAD = (
    "clinician", "weeks", "minutes", "patients", "minutes a patient and week", "alerts taken",
    *(f"{what} {which} (min)"
      for what in ("until taken", "until acted on", "until answered")
      for which in ("median", "nine in ten", "longest")),
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def routes(frame: Frame) -> list[Route]:
    """The workload, and the same as a file."""
    return [frame.page(WORKLOAD, view), frame.page(f"{WORKLOAD}/workload.csv", download)]


def view(visit: Visit) -> Answer:
    """Everyone's workload for a lead, one's own for a clinician."""
    weeks = _weeks(visit)
    rows = _rows(visit, weeks)
    kinds = sorted({kind for _, each in rows for kind in each.minutes})
    values = {"rows": rows, "weeks": weeks, "periods": PERIODS, "kinds": kinds}
    return Shown("workload.html", values)


def download(visit: Visit) -> Answer:
    """The same figures as a CSV file, for leads."""
    visit.needs_lead()
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(HEAD)
    writer.writerows(_cells(name, each) for name, each in _rows(visit, _weeks(visit)))
    return File(written.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", "workload.csv")


def _weeks(visit: Visit) -> int:
    chosen = visit.query_number("weeks")
    return chosen if chosen in PERIODS else USUAL


def _rows(visit: Visit, weeks: int) -> list[tuple[str, Work]]:
    """The name and work of each member that this clinician may read of, in order of joining."""
    found = work(visit.unit, visit.at - timedelta(weeks=weeks), visit.at)
    none = Waits()
    return [
        (each.name, found.get(each.id) or Work(each.id, {}, 0, weeks, 0, none, none, none))
        for each in members.everyone(visit.unit)
        if (visit.is_lead or each.id == visit.clinician.id)
        and (each.disabled_at is None or each.id in found)
    ]


def _cells(name: str, each: Work) -> list[str]:
    figures = [each.total, each.patients, each.each_week, each.taken]
    times = [
        None if seconds is None else seconds / 60
        for waits in (each.to_take, each.to_act, each.to_answer)
        for seconds in (waits.median, waits.ninth, waits.worst)
    ]
    numbers = ["" if figure is None else f"{figure:g}" for figure in figures]
    return [_safe(name), f"{each.weeks:g}", *numbers, *(_minutes(each) for each in times)]


def _minutes(minutes: float | None) -> str:
    return "" if minutes is None else f"{minutes:.1f}"


def _safe(text: str) -> str:
    """The text, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
