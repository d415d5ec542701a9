"""A visit: one request by a clinician who is signed in, inside one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from urllib.parse import urlencode

from bot.clinic.answers import Forbidden, Missing
from bot.service import access
from bot.service.site import Site
from bot.store.pages import Session
from bot.store.people import Clinician
from bot.store.unit import Unit
from flows import timing

LARGEST_NUMBER = 1 << 62


@dataclass(frozen=True, slots=True)
class Asked:
    """What the browser asked for: parts of the path, the query, the form, and how it asked."""

    path: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    polls: bool
    """Whether the page asked by itself, and not the person who looks at it."""

    @property
    def here(self) -> str:
        """The address at which the same can be asked for again, without what was said once."""
        query = urlencode({name: self.query[name] for name in self.query if name != "said"})
        return f"{self.path}?{query}" if query else self.path


@dataclass(frozen=True, slots=True)
class Visit:
    """What a page or an act works with."""

    unit: Unit
    site: Site
    clinician: Clinician
    session: Session
    asked: Asked
    at: datetime

    @property
    def is_lead(self) -> bool:
        """Whether the clinician leads the team."""
        return self.clinician.role == "lead"

    @property
    def zone_name(self) -> str:
        """The time zone in which the clinician reads times."""
        return getattr(self.clinician, "zone", None) or self.site.settings.time_zone

    @property
    def zone(self) -> tzinfo:
        """The same as a time zone."""
        return timing.zone_of(self.zone_name)

    def part(self, name: str) -> int:
        """The number in the path, or Missing."""
        number = _number(self.asked.parts.get(name, ""))
        if number is None:
            raise Missing
        return number

    def word(self, name: str) -> str:
        """The word in the path."""
        return self.asked.parts.get(name, "")

    def query_number(self, name: str) -> int | None:
        """The number that the query gives, or None."""
        return _number(self.asked.query.get(name, ""))

    def query(self, name: str) -> str:
        """What the query gives, without spaces around it; empty if nothing."""
        return self.asked.query.get(name, "").strip()

    def field(self, name: str) -> str:
        """What was filled into that field, without spaces around it; empty if nothing."""
        return self.asked.form.get(name, "").strip()

    def needs_lead(self) -> None:
        """Nothing, or Forbidden for everybody but a lead."""
        if not self.is_lead:
            raise Forbidden

    def may_open(self, patient_id: int) -> bool:
        """Whether the clinician may see what is kept about this patient."""
        return access.may_open(self.unit, self.clinician, patient_id, self.at)

    def needs(self, patient_id: int) -> None:
        """Nothing, or Forbidden if the clinician may not open this patient."""
        if not self.may_open(patient_id):
            raise Forbidden


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(LARGEST_NUMBER)):
        return None
    number = int(text)
    return number if number <= LARGEST_NUMBER else None
