"""Team: who is in it, where they are signed in, who is asked in and who leaves; for leads."""

from __future__ import annotations

from starlette.routing import Route

from bot.clinic.answers import Answer, Missing, Shown, Unfit, Went
from bot.clinic.frame import ROOT, Frame
from bot.clinic.sessions import agent_words
from bot.clinic.visit import Visit
from bot.service import joining, leaving, signing_in
from bot.service.team import CARING
from bot.store import audit, members
from bot.store.members import Member

TEAM = f"{ROOT}/team"
MEMBER = f"{TEAM}/{{member}}"
MOST_NAME = 64


def routes(frame: Frame) -> list[Route]:
    """The team, one member, and what a lead does there."""
    return [
        frame.page(TEAM, view),
        frame.act(f"{TEAM}/invite", invite),
        frame.page(MEMBER, view_member),
        frame.act(f"{MEMBER}/disable", disable),
    ]


def view(visit: Visit) -> Answer:
    """Everyone in the team, those who left, and every session that is open."""
    visit.needs_lead()
    team = members.everyone(visit.unit)
    names = {each.id: each.name for each in team}
    open_ = signing_in.sessions(visit.unit, visit.at)
    return Shown(
        "team.html",
        {
            "members": [each for each in team if each.disabled_at is None],
            "gone": [each for each in team if each.disabled_at is not None],
            "sessions": [
                (each, names[each.clinician_id], agent_words(each.agent)) for each in open_
            ],
            "this": visit.session.id,
            "roles": [(role, _role(visit, role)) for role in CARING],
            "role_words": {each.role: _role(visit, each.role) for each in team},
        },
    )


def view_member(visit: Visit) -> Answer:
    """One member, and what they have in hand."""
    visit.needs_lead()
    member = _member(visit)
    return Shown(
        "member.html",
        {
            "member": member,
            "role": _role(visit, member.role),
            "burden": members.burden(visit.unit, member.id, visit.at),
            "is_self": member.id == visit.clinician.id,
        },
    )


def invite(visit: Visit) -> Answer:
    """A one-time code for a new member, shown once."""
    visit.needs_lead()
    name, role = visit.field("name")[:MOST_NAME], visit.field("role")
    if not name or role not in CARING:
        raise Unfit("invite-name")
    code = joining.invite(visit.unit, "clinician", name, role, at=visit.at)
    _note(visit, "invite", f"as {role}")
    minutes = int(joining.VALID.total_seconds() // 60)
    values = {"code": code, "name": name, "role": _role(visit, role), "minutes": minutes}
    return Shown("invited.html", values)


def disable(visit: Visit) -> Answer:
    """The member can no longer look or write; what they had is shown to be handed on."""
    visit.needs_lead()
    member = _member(visit)
    if member.id == visit.clinician.id:
        raise Unfit("member-self")
    leaving.leave(visit.unit, visit.site, member.id, at=visit.at, by=visit.clinician.id)
    return Went(MEMBER.format(member=member.id), "member-disabled")


def _member(visit: Visit) -> Member:
    wanted = visit.part("member")
    for each in members.everyone(visit.unit):
        if each.id == wanted:
            return each
    raise Missing


def _note(visit: Visit, act: str, subject: str) -> None:
    audit.note(visit.unit, at=visit.at, clinician_id=visit.clinician.id, act=act, subject=subject)


def _role(visit: Visit, role: str) -> str:
    return visit.site.release.label(f"role-{role}")
