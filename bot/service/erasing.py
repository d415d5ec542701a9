"""A patient is erased: their key is destroyed, and what was kept of them goes with it.

Who was erased is kept, in the database and in a file beside it, so that they stay erased when a
backup is restored that still knows them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from bot.service import clearing
from bot.service.folders import sync_folder, write_through
from bot.service.forgetting import forget
from bot.service.posting import post_to
from bot.service.reasons import Reason
from bot.service.site import Site
from bot.service.spool import FOLDER
from bot.service.team import care_team
from bot.service.wording import fixed
from bot.store import alerts, audit, erasing, outbox
from bot.store.calls import of_patient as calls_of
from bot.store.erasing import LONGEST_REASON, Found, Stone
from bot.store.inbox import Kept
from bot.store.people import Patient
from bot.store.unit import Unit
from flows.state import State

log = logging.getLogger(__name__)

LIST = "erased.jsonl"
"""The file in DATA_DIR that says who was erased; lines are only ever added."""

ASKED = "their own wish"
"""The reason that the list gives for whoever typed the word in the chat."""

OUTCOME = "erased"
_BOOKED = "booked"


class Nobody(Exception):
    """No patient has just this pseudonym; its words say so, and what to do."""


class NotNow(Nobody):
    """Something must end before this patient can be erased; its words say what."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was closed when a patient was erased."""

    pseudonym: str
    alerts: int
    calls: int


def erase(unit: Unit, site: Site, pseudonym: str, reason: str, *, at: datetime) -> Erased:
    """What was closed with the patient who has exactly this pseudonym; or Nobody, or NotNow."""
    found = known(unit, pseudonym)
    _forget_words(unit, found, site)
    return _aloud(unit, site, found, Stone(pseudonym, at, reason), at=at)


def erase_asked(unit: Unit, site: Site, patient: Patient, asked: Kept, *, at: datetime) -> Erased:
    """What was closed with a patient whose own last word, this arrival, was to be erased.

    OSError, and nothing is erased, if the list cannot be written.
    """
    found, stone = known(unit, patient.pseudonym), Stone(patient.pseudonym, at, ASKED)
    # first on the list: if we die here, they are erased at the next start
    note_in(site.settings.data_dir / LIST, stone)
    _forget_words_if_it_goes(unit, found, site, asked.received_at)
    return _aloud(unit, site, found, stone, at=at, until=asked.id)


def known(unit: Unit, pseudonym: str) -> Found:
    """The patient with exactly this pseudonym, who was not erased yet; or Nobody."""
    found = erasing.find(unit, pseudonym)
    if found is None:
        msg = (
            f"Nobody has the pseudonym {pseudonym!r}. It must be written exactly as on the clinic"
            " page, and stands for one patient; nobody was erased"
        )
        raise Nobody(msg)
    for stone in erasing.buried(unit):
        if stone.pseudonym == pseudonym and found.created_at < stone.erased_at:
            msg = f"{pseudonym} was erased already, on {stone.erased_at:%Y-%m-%d}"
            raise Nobody(msg)
    return found


def erase_again(
    unit: Unit,
    stones: Iterable[Stone],
    *,
    at: datetime,
    site: Site | None = None,
    is_start: bool = False,
) -> list[str]:
    """Whoever of these is back with a restored backup, erased again without a word to anybody.

    With the site, what they wrote goes from its disk too. At a start, whoever was put on the list
    just now may have been erased by nobody yet: a process died between the list and the database.
    """
    gone, done = {each.pseudonym: each for each in erasing.buried(unit)}, []
    for stone in sorted(stones, key=lambda each: each.erased_at):
        found = erasing.find(unit, stone.pseudonym)
        before = gone.get(stone.pseudonym)
        is_known = before is not None and before.erased_at >= stone.erased_at
        # somebody who came later may have been given the same name
        if found is not None and found.created_at < stone.erased_at and not is_known:
            if site is not None:
                _forget_words_if_it_goes(unit, found, site, stone.erased_at)
            if site is not None and is_start and at - stone.erased_at < clearing.LONGEST:
                _aloud(unit, site, found, stone, at=at)
            else:
                _erase(unit, found, stone, at=at)
            done.append(stone.pseudonym)
        elif not is_known:
            erasing.bury(unit, stone)
        gone[stone.pseudonym] = stone if not is_known or before is None else before
    return done


def note_in(file: Path, stone: Stone) -> None:
    """Add to the list who is erased; it is on the disk when this returns, or OSError."""
    line = {"pseudonym": stone.pseudonym, "erased_at": stone.erased_at, "reason": stone.reason}
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.ftruncate(handle, _whole(file))
        write_through(handle, orjson.dumps(line) + b"\n")
    finally:
        os.close(handle)
    sync_folder(file.parent)


def read_list(file: Path) -> list[Stone]:
    """Who was erased by this list; ValueError with the line's number if one cannot be read."""
    lines = file.read_bytes()[: _whole(file)].splitlines()
    return [_stone(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def stay_erased(unit: Unit, site: Site) -> list[str]:
    """Whoever the list says is erased and is here again, by whatever copy was put back."""
    file = site.settings.data_dir / LIST
    try:
        stones = read_list(file) if file.exists() else []
    except (OSError, ValueError) as error:
        # patients must not wait for an answer until somebody has mended a list
        log.error("%s cannot be read: %s", LIST, error)
        return []
    return erase_again(unit, stones, at=site.clock.now(), site=site, is_start=True)


def _whole(file: Path) -> int:
    """How many bytes of the list are whole lines: who was killed while writing erased nobody."""
    return file.read_bytes().rfind(b"\n") + 1


def _stone(number: int, line: bytes) -> Stone:
    try:
        kept = orjson.loads(line)
        moment = datetime.fromisoformat(kept["erased_at"])
        return Stone(str(kept["pseudonym"]), moment, str(kept["reason"])[:LONGEST_REASON])
    except (ValueError, KeyError, TypeError):
        msg = f"line {number} is not one that `paceful erase` wrote"
        raise ValueError(msg) from None


def _aloud(
    unit: Unit, site: Site, found: Found, stone: Stone, *, at: datetime, until: int | None = None
) -> Erased:
    """What was closed; the patient hears a last word and the team hears of it."""
    senders = erasing.lookups(unit, found.id)
    posts = clearing.posts(unit, site, found.id, senders, at=at, until=until)
    leaves_at = at + clearing.LONGEST if posts else None
    erased = _erase(unit, found, stone, at=at, leaves_at=leaves_at, until=until)
    outbox.add(unit, posts)
    told = {"alerts": str(erased.alerts), "calls": str(erased.calls)}
    bubble = fixed(site.release, "c-erased", pseudonym=stone.pseudonym, **told)
    post_to(unit, care_team(unit), bubble, None, at=at)
    return erased


def _erase(
    unit: Unit,
    found: Found,
    stone: Stone,
    *,
    at: datetime,
    leaves_at: datetime | None = None,
    until: int | None = None,
) -> Erased:
    closed, ahead = _close(unit, found.id, at), _calls_ahead(unit, found.id)
    left = State(release=found.release, phase="withdrawn", invited=False, reachable=False)
    erasing.empty(
        unit,
        found.id,
        state_json=left.model_dump_json(),
        facts=_without,
        at=at,
        leaves_at=leaves_at,
        until=until,
    )
    erasing.bury(unit, stone)
    audit.note(unit, at=at, clinician_id=None, act="erase", patient_id=found.id)
    return Erased(stone.pseudonym, closed, ahead)


def _forget_words(unit: Unit, found: Found, site: Site, until: datetime | None = None) -> None:
    """Take what they wrote off the disk, where it waits for the database or lies aside."""
    folder, senders = site.settings.data_dir / FOLDER, erasing.lookups(unit, found.id)
    try:
        forget(folder, unit.vault, senders, until)
    except BlockingIOError:
        msg = "Words of theirs are on their way from the disk: try again in a minute"
        raise NotNow(msg) from None


def _forget_words_if_it_goes(unit: Unit, found: Found, site: Site, until: datetime) -> None:
    try:
        _forget_words(unit, found, site, until)
    # everybody else waits for the start, or for the backup, that this is a part of
    except (NotNow, OSError) as error:
        log.error("words of somebody erased may lie on the disk: %s", type(error).__name__)


def _close(unit: Unit, patient_id: int, at: datetime) -> int:
    """How many alerts were open: a person closes them, who has to do so whatever their state."""
    found: Sequence[alerts.Alert] = alerts.open_of_patient(unit, patient_id)
    for alert in found:
        alerts.save_move(
            unit,
            alert.id,
            expected_state=alert.state,
            state=alerts.CLOSED,
            move="close",
            clinician_id=None,
            at=at,
            deadline_at=None,
            outcome=OUTCOME,
        )
    return len(found)


def _calls_ahead(unit: Unit, patient_id: int) -> int:
    return sum(call.state == _BOOKED for call in calls_of(unit, patient_id))


def _without(facts: str) -> str:
    """An alert's reason as its rule gives it, without a score or an item of the patient's."""
    reason = Reason.model_validate_json(facts)
    return reason.model_copy(update={"facts": (), "measures": {}}).model_dump_json()
