"""How a clinician comes onto the clinic page: a link from their chat, then a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.keys import Vault, new_token, same_secret
from bot.service.site import Site
from bot.service.team import CARING
from bot.store import audit, pages, people
from bot.store.pages import Session
from bot.store.people import Clinician
from bot.store.unit import Unit

LINK_HOLDS = timedelta(minutes=5)
IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=12)
"""Idle and longest time of a session (OWASP ASVS 5.0, 7.3; HIPAA 45 CFR 164.312(a)(2)(iii))."""

MOST_TOKEN = 64


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that was just begun: the secret for its cookie, and whose it is."""

    token: str
    clinician: Clinician


def link(unit: Unit, site: Site, clinician: Clinician, at: datetime) -> str:
    """The address that opens the page for this clinician once; older ones open nothing more."""
    token = _token_for(clinician.id)
    pages.make_link(
        unit,
        digest=_digest(unit, "page link", token),
        clinician_id=clinician.id,
        at=at,
        expires_at=at + LINK_HOLDS,
    )
    return f"{site.settings.page_root}/clinic/enter/{token}"


def whose(unit: Unit, token: str, at: datetime) -> Clinician | None:
    """Who would sign in with this token; asking uses nothing up."""
    if len(token) > MOST_TOKEN:
        return None
    owner = pages.owner_of_link(unit, unit.vault.lookups("page link", token), at)
    return _caring(unit, owner) if _is_of(token, owner) else None


def nonce_fits(unit: Unit, token: str, nonce: str, given: str) -> bool:
    """Whether the form was shown to the browser that holds this nonce, for this token."""
    return bool(nonce) and same_secret(given, *_form_secrets(unit, token, nonce))


def form_secret(unit: Unit, token: str, nonce: str) -> str:
    """What the sign-in form must bring along: it fits one link and one browser."""
    return _form_secrets(unit, token, nonce)[0]


def enter(unit: Unit, token: str, nonce: str, agent: str, at: datetime) -> Begun | None:
    """A session for whose link this is, which opens nothing more; None if it opened nothing."""
    if len(token) > MOST_TOKEN:
        return None
    browser = _digest(unit, "page browser", nonce)
    owner = pages.use_link(unit, unit.vault.lookups("page link", token), browser, at)
    clinician = _caring(unit, owner) if _is_of(token, owner) else None
    if clinician is None:
        return None
    secret = _token_for(clinician.id)
    digest = _digest(unit, "page session", secret)
    pages.begin(unit, digest=digest, clinician_id=clinician.id, agent=agent, at=at)
    audit.note(unit, at=at, clinician_id=clinician.id, act="sign-in")
    return Begun(secret, clinician)


def session_of(unit: Unit, secret: str, at: datetime) -> tuple[Session, Clinician] | None:
    """The session behind a cookie and whose it is; None if it is over or they may not look."""
    if not secret or len(secret) > MOST_TOKEN:
        return None
    session = pages.find(unit, unit.vault.lookups("page session", secret))
    if session is None or not lives(session, at) or not _is_of(secret, session.clinician_id):
        return None
    clinician = _caring(unit, session.clinician_id)
    return None if clinician is None else (session, clinician)


def lives(session: Session, at: datetime) -> bool:
    """Whether the session is neither ended, nor idle for too long, nor too old."""
    is_idle, is_old = at - session.seen_at >= IDLE, at - session.made_at >= LONGEST
    return session.ended_at is None and not is_idle and not is_old


def sessions(unit: Unit, at: datetime, clinician: Clinician | None = None) -> list[Session]:
    """The sessions that live at that moment, of one clinician or of all."""
    owner = clinician.id if clinician else None
    return pages.living(unit, seen_after=at - IDLE, made_after=at - LONGEST, clinician_id=owner)


def session_secret(vault: Vault, secret: str) -> str:
    """What every form of a session must bring along."""
    return vault.lookup("page csrf", secret)


def fits_session(vault: Vault, secret: str, given: str) -> bool:
    """Whether a form brought along what it must, by whichever of the keys it was made."""
    return same_secret(given, *vault.lookups("page csrf", secret))


def _form_secrets(unit: Unit, token: str, nonce: str) -> tuple[str, ...]:
    return unit.vault.lookups("page form", f"{token} {nonce}")


def _token_for(clinician_id: int) -> str:
    # it says whose it is, and its keyed digest says so too: a row that is changed to somebody
    # else's number opens nothing
    return f"{clinician_id}-{new_token()}"


def _is_of(token: str, clinician_id: int | None) -> bool:
    return token.partition("-")[0] == str(clinician_id)


def _digest(unit: Unit, purpose: str, secret: str) -> str:
    return unit.vault.lookup(purpose, secret)


def _caring(unit: Unit, clinician_id: int | None) -> Clinician | None:
    # read anew each time: whoever was disabled or changed role loses the page at once
    team = {each.id: each for each in people.clinicians(unit)}
    found = team.get(clinician_id or 0)
    return found if found is not None and found.role in CARING else None
