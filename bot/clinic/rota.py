"""Rota: who is on call now, the weekly pattern, those who stand in, holidays, and gaps."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from starlette.routing import Route

from bot.clinic.answers import Answer, Missing, Shown, Unfit, Went
from bot.clinic.frame import ROOT, Frame
from bot.clinic.visit import Visit
from bot.service import rota as on_duty
from bot.service.team import care_team
from bot.store import audit, members, rota
from flows import timing
from flows.coverage import Gap, gaps
from flows.rota import MIDNIGHT

ROTA = f"{ROOT}/rota"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Holiday")
PLACES = ("first", "next", "third")
AHEAD = 14
HOLIDAYS_AHEAD = 90
LONGEST_SWAP = timedelta(days=60)
MOST_GAPS = 12


def routes(frame: Frame) -> list[Route]:
    """The rota, and what a lead changes in it."""
    return [
        frame.page(ROTA, view),
        frame.act(f"{ROTA}/shifts", add_shift),
        frame.act(f"{ROTA}/shifts/{{shift}}/remove", remove_shift),
        frame.act(f"{ROTA}/swaps", add_swap),
        frame.act(f"{ROTA}/swaps/{{swap}}/remove", remove_swap),
    ]


def view(visit: Visit) -> Answer:
    """Who is on call, the pattern day by day, swaps, coming holidays and gaps."""
    shifts, swaps = rota.shifts(visit.unit), rota.swaps(visit.unit, visit.at)
    coming = _coming_holidays(visit)
    found = _gaps(visit, [day for day, _ in coming]) if shifts or swaps else []
    return Shown(
        "rota.html",
        {
            "now_on_call": on_duty.by_place(visit.unit, visit.site, visit.at),
            "is_empty": not shifts and not swaps,
            "days": [
                (number, name, [shift for shift in shifts if shift.day == number])
                for number, name in enumerate(DAYS)
            ],
            "swaps": swaps,
            "names": {each.id: each.name for each in members.everyone(visit.unit)},
            "team": [(each.id, each.name) for each in care_team(visit.unit)],
            "day_choices": list(enumerate(DAYS)),
            "place_choices": list(enumerate(PLACES)),
            "places": PLACES,
            "coming": coming,
            "has_holidays": visit.site.settings.holidays is not None,
            "clinic_zone": visit.site.settings.time_zone,
            "gaps": found[:MOST_GAPS],
            "more_gaps": max(0, len(found) - MOST_GAPS),
            "ahead": AHEAD,
        },
    )


def add_shift(visit: Visit) -> Answer:
    """A stretch of the weekly pattern that somebody takes from now on."""
    visit.needs_lead()
    start, until = _time(visit.field("start")), _time(visit.field("until"), is_end=True)
    day, place = _one_of(visit.field("day"), DAYS), _one_of(visit.field("place"), PLACES)
    if start == until:
        raise Unfit("rota-times")
    rota.add_shift(
        visit.unit, day=day, start=start, until=until, clinician_id=_whom(visit), place=place
    )
    _note(visit, "shift-add", f"{DAYS[day]} {start}-{until}, {PLACES[place]}")
    return Went(ROTA, "rota-changed")


def remove_shift(visit: Visit) -> Answer:
    """The pattern without that shift."""
    visit.needs_lead()
    number = visit.part("shift")
    gone = next((each for each in rota.shifts(visit.unit) if each.id == number), None)
    if gone is None:
        raise Missing
    rota.remove_shift(visit.unit, number)
    _note(visit, "shift-remove", f"{DAYS[gone.day]} {gone.start}-{gone.until}")
    return Went(ROTA, "rota-changed")


def add_swap(visit: Visit) -> Answer:
    """Somebody who stands in from one moment until another."""
    visit.needs_lead()
    start_at, until_at = _moment(visit, "start_at"), _moment(visit, "until_at")
    if not start_at < until_at <= start_at + LONGEST_SWAP or until_at <= visit.at:
        raise Unfit("rota-swap")
    place = _one_of(visit.field("place"), PLACES)
    rota.add_swap(
        visit.unit,
        start_at=start_at,
        until_at=until_at,
        clinician_id=_whom(visit),
        place=place,
        made_by=visit.clinician.id,
        at=visit.at,
    )
    _note(visit, "swap-add", f"{start_at:%Y-%m-%d %H:%M} to {until_at:%Y-%m-%d %H:%M} UTC")
    return Went(ROTA, "rota-changed")


def remove_swap(visit: Visit) -> Answer:
    """The pattern holds again where somebody stood in."""
    visit.needs_lead()
    number = visit.part("swap")
    if number not in {each.id for each in rota.swaps(visit.unit, visit.at)}:
        raise Missing
    rota.remove_swap(visit.unit, number, at=visit.at)
    _note(visit, "swap-remove", f"swap {number}")
    return Went(ROTA, "rota-changed")


def _coming_holidays(visit: Visit) -> list[tuple[date, str]]:
    today = timing.local_date(visit.at, visit.site.settings.time_zone)
    days = [today + timedelta(days=number) for number in range(HOLIDAYS_AHEAD)]
    named = [(day, on_duty.holiday_name(visit.site, day)) for day in days]
    return [(day, name) for day, name in named if name is not None]


def _gaps(visit: Visit, holidays: Collection[date]) -> list[Gap]:
    return gaps(
        rota.shifts(visit.unit),
        rota.swaps(visit.unit, visit.at),
        visit.at,
        AHEAD,
        visit.site.settings.time_zone,
        holidays,
    )


def _whom(visit: Visit) -> int:
    chosen = visit.field("clinician")
    for each in care_team(visit.unit):
        if str(each.id) == chosen:
            return each.id
    raise Unfit("rota-whom")


def _one_of(field: str, names: tuple[str, ...]) -> int:
    known = {str(number): number for number in range(len(names))}
    if field not in known:
        raise Unfit("rota-times")
    return known[field]


def _time(field: str, *, is_end: bool = False) -> str:
    try:
        given = time.fromisoformat(field)
    except ValueError:
        raise Unfit("rota-times") from None
    words = f"{given:%H:%M}"
    return MIDNIGHT if is_end and words == "00:00" else words


def _moment(visit: Visit, name: str) -> datetime:
    """The moment that was chosen, which the browser sends without a zone."""
    try:
        given = datetime.fromisoformat(visit.field(name))
    except ValueError:
        raise Unfit("rota-swap") from None
    return given.replace(tzinfo=visit.zone).astimezone(visit.at.tzinfo)


def _note(visit: Visit, act: str, subject: str) -> None:
    audit.note(visit.unit, at=visit.at, clinician_id=visit.clinician.id, act=act, subject=subject)
