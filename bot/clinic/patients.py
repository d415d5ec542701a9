"""The table of patients: a page at a time, sorted and filtered by what the address says."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.routing import Route

from bot.clinic.answers import Listed, Shown
from bot.clinic.frame import ROOT, Frame
from bot.clinic.visit import Visit
from bot.service import charts
from bot.service.charts import Spark
from bot.store import people, roster, wants
from bot.store.roster import Line
from bot.store.wants import Wanted
from flows.journey import PHASES
from flows.measure import Measure
from flows.program import Release

PATH = f"{ROOT}/patients"
MOST_MEASURES = 4
"""More columns of small courses would not fit; the patient's own page shows every measure."""

LONGEST_SEARCH = 64
WHOSE = ("all", "mine")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table as this clinician may see it; shut ones show no score and no time."""

    line: Line
    is_open: bool
    sparks: tuple[Spark | None, ...]
    guides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of this table with one thing about it changed."""

    query: dict[str, str]

    def sort(self, name: str) -> str:
        """The same sorted by that; the other way round if it is so sorted already."""
        turned = "" if self.query.get("sort") != name or self.query.get("down") else "1"
        return self._with(sort=name, down=turned, page="")

    def page(self, number: int) -> str:
        """Another page of the same."""
        return self._with(page=str(number))

    def _with(self, **changes: str) -> str:
        kept = {name: value for name, value in {**self.query, **changes}.items() if value}
        return f"{PATH}?{urlencode(kept)}" if kept else PATH


def routes(frame: Frame) -> list[Route]:
    """The address of the table."""
    return [frame.page(PATH, table)]


def table(visit: Visit) -> Shown:
    """The page of the table that the address asks for."""
    measures = followed(visit.site.release)
    wanted = _wanted(visit, measures)
    # the team is known just now, from who asks
    names = {each.id: each.name for each in people.clinicians(visit.unit)}
    found = roster.page(visit.unit, wanted, [m.measure for m in measures], at=visit.at)
    measures = [each for each in measures if _is_shown(each, wanted, found.lines)]
    measures = measures[:MOST_MEASURES]
    rows = _rows(visit, found.lines, measures, names)
    return Shown(
        "patients.html",
        {
            "rows": rows,
            "found": found,
            "first": (found.number - 1) * roster.PAGE + 1,
            "wanted": wanted,
            "measures": measures,
            "phases": {phase: visit.site.release.label(f"phase-{phase}") for phase in PHASES},
            "tier_names": wants.TIERS,
            "to": Addresses(_asked(visit)),
            "only_open": wanted.open_to is not None,
        },
        listed=Listed("open-patients", frozenset(row.line.id for row in rows if row.is_open)),
    )


def followed(release: Release) -> list[Measure]:
    """The measures that patients follow and that are on, in the order of the first baseline."""
    shown = [each for each in release.measures.values() if each.progress and each.is_on]
    return asked_first(release, shown)


def _is_shown(measure: Measure, wanted: Wanted, lines: tuple[Line, ...]) -> bool:
    """Whether a measure has its column: somebody on this page was asked it."""
    is_sorted = wanted.sort == f"score-{measure.measure}"
    return is_sorted or any(measure.measure in line.courses for line in lines)


def asked_first(release: Release, measures: Iterable[Measure]) -> list[Measure]:
    """These measures, those of the first baseline in its order before the others."""
    places = _places(release)
    return sorted(measures, key=lambda each: places.get(each.measure, math.inf))


def _places(release: Release) -> dict[str, int]:
    """Where each measure is first asked: those of the first baseline come first."""
    baseline = release.flow("flow/baseline") if "flow/baseline" in release.flows else None
    asked = [str(getattr(step, "do", "")) for step in baseline.steps] if baseline else []
    return {name.removeprefix("measure/"): place for place, name in enumerate(asked)}


def _wanted(visit: Visit, measures: list[Measure]) -> Wanted:
    sort = visit.query("sort") or "need"
    by_score = {f"score-{measure.measure}" for measure in measures}
    sort = sort if sort in by_score or sort in wants.SORTS else "need"
    phase, tier = visit.query("phase"), visit.query("tier")
    is_off = visit.query("track") == "off"
    tells = sort in by_score or sort in wants.TELLING or phase in PHASES or is_off
    return Wanted(
        words=visit.query("words")[:LONGEST_SEARCH],
        phase=phase if phase in PHASES else None,
        tier=tier if tier in wants.TIERS else None,
        of_clinician=visit.clinician.id if visit.query("whose") == "mine" else None,
        # what a filter or an order goes by it would tell, of whomever it shows
        open_to=visit.clinician.id if tells and not visit.is_lead else None,
        off_track=is_off,
        sort=sort,
        down=visit.query("down") == "1",
        page=visit.query_number("page") or 1,
    )


def _asked(visit: Visit) -> dict[str, str]:
    names = ("words", "phase", "tier", "whose", "track", "sort", "down", "page")
    return {name: visit.query(name) for name in names if visit.query(name)}


def _rows(
    visit: Visit, lines: tuple[Line, ...], measures: list[Measure], names: dict[int, str]
) -> list[Row]:
    ids = [line.id for line in lines]
    shown = set(ids) if visit.is_lead else _open(visit, ids)
    return [
        Row(
            line=line,
            is_open=line.id in shown,
            sparks=tuple(charts.spark(m, line.courses.get(m.measure, ())) for m in measures),
            guides=tuple(names[each] for each in line.clinicians if each in names),
        )
        for line in lines
    ]


def _open(visit: Visit, ids: list[int]) -> set[int]:
    return roster.open_to(visit.unit, visit.clinician.id, ids, visit.at)
