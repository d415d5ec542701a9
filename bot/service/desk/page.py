"""A clinician asks in their chat for the clinic page."""

from __future__ import annotations

from bot.service import signing_in
from bot.service.desk.chair import Chair


def send_link(chair: Chair, rest: str) -> None:
    """Answer with a link that opens the page once, within five minutes."""
    address = signing_in.link(chair.unit, chair.site, chair.clinician, chair.at)
    chair.say("c-page", link=address)
