"""A clinician at their desk: who did something, where, when, and how they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from bot.service.post import Bubble, Settled, Toast
from bot.service.posting import post_to
from bot.service.site import Site
from bot.service.wording import fixed
from bot.store import outbox, people
from bot.store.alerts import Alert
from bot.store.outbox import NewPost
from bot.store.people import Clinician, Patient
from bot.store.unit import Unit
from flows.scene import Rows

Room = Literal["draft", "offer", "call", "round"]
"""Whose cards may lose their buttons again, beside the alerts'."""


def slot_of(room: Room, number: int) -> int:
    """Where the buttons of that room's card of this number lie; never where an alert's do."""
    rooms = get_args(Room)
    return -(number * len(rooms) + rooms.index(room)) - 1


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
        post_to(self.unit, to or [self.clinician], bubble, alert, at=self.at)

    def about(
        self,
        patient_id: int | None,
        name: str,
        buttons: Rows = (),
        slot: int | None = None,
        /,
        **values: str,
    ) -> None:
        """Answer with a fixed text about a patient: a reply to it goes to them.

        Buttons that are to be taken off some day lie in a slot, which `settle` names again.
        """
        bubble = fixed(self.site.release, name, buttons, **values)
        self._put("bubble", bubble.model_dump_json(), patient_id, slot)

    def settle(self, slot: int) -> None:
        """Take the buttons off the last bubble that lies in this slot."""
        self._put("settle", Settled().model_dump_json(), None, slot)

    def patient(self, patient_id: int) -> Patient:
        """The patient of that number."""
        return people.load(self.unit, [patient_id])[patient_id]

    def toast(self, query: str, notice: str | None) -> None:
        """Answer a tap, with a short notice or none."""
        text = self.site.release.text(notice).strip() if notice else ""
        self._put("toast", Toast(query=query, text=text).model_dump_json(), None, None)

    def _put(
        self,
        shape: Literal["bubble", "settle", "toast"],
        body: str,
        patient_id: int | None,
        turn: int | None,
    ) -> None:
        post = NewPost(
            contact_id=self.clinician.contact_id or 0,
            patient_id=patient_id,
            # not as an alert: what answers one clinician is never handed over to the others
            lane="reply",
            shape=shape,
            body=body,
            created_at=self.at,
            turn=turn,
        )
        outbox.add(self.unit, [post])
