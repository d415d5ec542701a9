"""Somebody leaves the team: what they had in hand goes back to the others at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.service import alerts as alerting
from bot.service import calls as calling
from bot.service import silence
from bot.service.posting import post_to
from bot.service.site import Site
from bot.service.team import readers
from bot.service.wording import fixed
from bot.store import alerts, audit, calls, members, pages, people, presence, tries
from bot.store.calls import Call
from bot.store.members import Freed, Member
from bot.store.unit import Unit

MOST_NAMED = 20


class NotThem(Exception):
    """Nobody is meant who could leave; its words say why, and what to do."""


@dataclass(frozen=True, slots=True)
class Gone:
    """What became of what somebody had who left the team."""

    alerts: tuple[int, ...]
    calls: tuple[str, ...]
    alone: tuple[str, ...]
    """The pseudonyms of the patients whom nobody guides now."""
    handed_back: int
    freed: Freed
    sessions: int


def leave(
    unit: Unit, site: Site, clinician_id: int, *, at: datetime, by: int | None = None
) -> Gone | None:
    """What became of what they had, or None for somebody who is not in the team.

    They are signed out, and off the rota and the caseloads. Where they had taken over the program
    goes on, and alerts that they had are told to everyone whom their rule reaches. Their calls are
    cancelled, and the leads hear of each.
    """
    found = {each.id: each.name for each in people.clinicians(unit)}
    if clinician_id not in found:
        return None
    # while they are still in the team, so that the patient reads whose call it was
    ended = _end_calls(unit, site, clinician_id, at)
    taken_over = len(presence.of_clinician(unit, clinician_id))
    if not members.disable(unit, clinician_id, at):
        return None
    sessions = pages.end_all(unit, clinician_id, "disabled", at)
    silence.left(unit, site, clinician_id, at=at)
    for call in ended:
        _tell(unit, site, call, found[clinician_id], at)
    alerts_ = _put_back(unit, site, clinician_id, at)
    freed = members.free(unit, clinician_id, at)
    _say_no_more(unit, clinician_id, at)
    alone = tuple(members.pseudonyms(unit, freed.patients, alone=True))
    gone = Gone(alerts_, _of(unit, ended), alone, taken_over, freed, sessions)
    _keep(unit, clinician_id, gone, at, by)
    _tell_leads(unit, site, found[clinician_id], gone, at)
    return gone


def who(unit: Unit, named: str) -> Member:
    """The one in the team with that number or name; or NotThem."""
    team = [each for each in members.everyone(unit) if each.disabled_at is None]
    name = named.strip().casefold()
    found = [each for each in team if str(each.id) == name or each.name.casefold() == name]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{each.id} {each.name}" for each in found or team)
    msg = f"Choose one by the number: {listed}" if team else "Nobody is in the team"
    raise NotThem(msg)


def is_last_lead(unit: Unit, clinician_id: int) -> bool:
    """Whether nobody leads the team when this one has left."""
    leads = {each.id for each in people.clinicians(unit) if each.role in silence.LEADING}
    return leads == {clinician_id}


def told(gone: Gone, name: str) -> Iterator[str]:
    """What became of it all, in words for the operator."""
    yield f"{name} has left the team, and is signed out of {gone.sessions} sessions of the page."
    yield f"alerts given back to the others: {_listed(gone.alerts)}"
    yield f"conversations given back to the program: {gone.handed_back}"
    yield f"calls cancelled, with: {_listed(gone.calls)}"
    yield f"patients without a clinician now: {_listed(gone.alone)}"
    yield f"taken off the rota: {gone.freed.shifts} shifts, {gone.freed.swaps} swaps"
    yield f"unsent words dropped: {gone.freed.drafts}"
    yield "Take them out of the team's groups by hand: the bot cannot know who is in a group."


def _put_back(unit: Unit, site: Site, clinician_id: int, at: datetime) -> tuple[int, ...]:
    taken = [each for each in alerts.open_(unit) if each.taken_by == clinician_id]
    for alert in taken:
        alerting.put_back(unit, site, alert, clinician_id, at=at)
    return tuple(each.id for each in taken)


def _say_no_more(unit: Unit, clinician_id: int, at: datetime) -> None:
    # an alert's tries to reach them are settled, for they come to nothing
    posts, letters = members.say_no_more(unit, clinician_id)
    for post_id in posts:
        tries.settle(unit, post_id=post_id, mail_id=None, ok=False, error="left", at=at)
    for mail_id in letters:
        tries.settle(unit, post_id=None, mail_id=mail_id, ok=False, error="left", at=at)


def _keep(unit: Unit, clinician_id: int, gone: Gone, at: datetime, by: int | None) -> None:
    whom = f"clinician {clinician_id}"
    audit.note(unit, at=at, clinician_id=by, act="disable", subject=whom)
    for patient_id in gone.freed.patients:
        audit.note(
            unit,
            at=at,
            clinician_id=by,
            act="unassign",
            patient_id=patient_id,
            subject=f"{whom} left",
        )


def _tell_leads(unit: Unit, site: Site, name: str, gone: Gone, at: datetime) -> None:
    """The leads hear of what is now nobody's, if anything is."""
    if not (gone.alone or gone.freed.shifts or gone.freed.swaps):
        return
    more = ["…"] if len(gone.alone) > MOST_NAMED else []
    named = ", ".join([*gone.alone[:MOST_NAMED], *more]) or "–"
    times = str(gone.freed.shifts + gone.freed.swaps)
    values = {"name": name, "patients": named, "count": str(len(gone.alone)), "times": times}
    bubble = fixed(site.release, "c-left-behind", **values)
    post_to(unit, readers(unit, silence.LEADING), bubble, None, at=at)


def _of(unit: Unit, ended: Sequence[Call]) -> tuple[str, ...]:
    return tuple(members.pseudonyms(unit, [call.patient_id for call in ended]))


def _listed(things: Iterable[object]) -> str:
    return ", ".join(str(each) for each in things) or "none"


def _end_calls(unit: Unit, site: Site, clinician_id: int, at: datetime) -> list[Call]:
    """The calls that were to come, each cancelled; how those that are over went is still asked."""
    return [
        call
        for call in calls.of_clinician(unit, clinician_id)
        if call.state in calling.AHEAD
        and calling.cancel(unit, site, call, at=at, name=f"left:{at.isoformat()}")
    ]


def _tell(unit: Unit, site: Site, call: Call, name: str, at: datetime) -> None:
    values = {**calling.values_for(unit, site, call), "name": name}
    again = calling.call_buttons(site, call, "again")
    bubble = fixed(site.release, "c-call-left", again, **values)
    post_to(unit, readers(unit, silence.LEADING), bubble, None, at=at, patient_id=call.patient_id)
