"""Who is on call, as a clinician asks for it in their chat."""

from __future__ import annotations

from datetime import datetime

from bot.service import rota
from bot.service.desk.chair import Chair
from bot.service.when import zoned
from bot.service.wording import line
from bot.store import rota as plan


def show(chair: Chair, rest: str) -> None:
    """Answer with who is on call now, and who will be next."""
    unit = chair.unit
    if not plan.shifts(unit) and not plan.swaps(unit, chair.at):
        chair.say("c-oncall-none")
        return
    chair.say("c-oncall", now="\n".join(_people(chair, chair.at)), next=_next(chair))


def _next(chair: Chair) -> str:
    moment = rota.next_change(chair.unit, chair.site, chair.at)
    if moment is None:
        return line(chair.site.release, "c-oncall-same")
    zone = chair.clinician.zone or chair.site.settings.time_zone
    there = zoned(chair.site, moment, zone)
    people = ", ".join(_people(chair, moment))
    return line(chair.site.release, "c-oncall-from", **{"from": there, "people": people})


def _people(chair: Chair, at: datetime) -> list[str]:
    release = chair.site.release
    places = rota.by_place(chair.unit, chair.site, at)
    return [
        line(release, "c-oncall-line", place=str(place + 1), name=someone.name)
        for place, someone in sorted(places.items())
    ] or [line(release, "c-oncall-nobody")]
