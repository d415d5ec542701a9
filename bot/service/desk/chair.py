"""A clinician at their desk: who did something, where, when, and how they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.service import alerts as alerting
from bot.service.post import Bubble, Toast
from bot.service.site import Site
from bot.service.wording import fixed
from bot.store import outbox, people
from bot.store.alerts import Alert
from bot.store.outbox import NewPost
from bot.store.people import Clinician, Patient
from bot.store.unit import Unit
from flows.scene import Rows


@dataclass(frozen=True, slots=True)
class Chair:
    """A clinician at their desk, for one thing they did."""

    unit: Unit
    site: Site
    clinician: Clinician
    cause: int
    at: datetime

    def say(
        self, name: str, alert: Alert | None = None, buttons: Rows = (), /, **values: str
    ) -> None:
        """Answer the clinician with a fixed text."""
        self.post(fixed(self.site.release, name, buttons, **values), alert)

    def post(
        self, bubble: Bubble, alert: Alert | None, *, to: list[Clinician] | None = None
    ) -> None:
        """Put a bubble into the outbox for this clinician, or for others."""
        alerting.post_to(self.unit, to or [self.clinician], bubble, alert, at=self.at)

    def patient(self, patient_id: int) -> Patient:
        """The patient of that number."""
        return people.load(self.unit, [patient_id])[patient_id]

    def toast(self, query: str, notice: str | None) -> None:
        """Answer a tap, with a short notice or none."""
        text = self.site.release.text(notice).strip() if notice else ""
        outbox.add(
            self.unit,
            [
                NewPost(
                    contact_id=self.clinician.contact_id or 0,
                    lane="reply",
                    shape="toast",
                    body=Toast(query=query, text=text).model_dump_json(),
                    created_at=self.at,
                )
            ],
        )
