"""What a patient agreed to before their state kept it: read from the consent and its release."""

from __future__ import annotations

from bot.service.releases import MissingRelease
from bot.service.site import Site
from bot.store import records
from bot.store.unit import Unit
from flows import agreement
from flows.state import State

UNKNOWN = "unknown"
"""Stands for words that cannot be told any more: whoever agreed to them is asked anew."""


def with_agreement(unit: Unit, site: Site, patient_id: int, state: State) -> State:
    """The state in which it is known what they agreed to, if they agreed to anything."""
    if state.agreed is not None or state.phase in agreement.NOT_ASKED:
        return state
    hash_ = records.agreed_on(unit, patient_id)
    if hash_ is None:
        return state
    return state.model_copy(update={"agreed": _terms(unit, site, hash_)})


def _terms(unit: Unit, site: Site, hash_: str) -> str:
    try:
        release = site.releases.get(unit, hash_)
    except MissingRelease:
        return UNKNOWN
    if release.hash != hash_:
        return UNKNOWN
    return agreement.terms(release, site.settings.retention.record_words)
