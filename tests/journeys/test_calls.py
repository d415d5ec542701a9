"""A call with a real process: offered, booked, moved in time, and a process that was killed."""

from __future__ import annotations

from datetime import datetime, timedelta

from icalendar import Calendar

from tests.journeys.scripts import PLACE, WELCOME
from tests.journeys.world import World

HOUR = timedelta(hours=1)


def test_a_call_is_booked_reminded_and_settled_across_a_restart(world: World) -> None:
    """Offer, tap, files for both, kill between, reminders once, done; no name in the log."""
    lee = world.clinician("Dr Lee")
    patient = world.patient("Philippa Canarybird")
    patient.rushes(*WELCOME, *PLACE)
    patient.sees()
    name = world.kept(patient).records.patient.pseudonym
    lee.sees()

    lee.says(f"/patients {name}")
    lee.sees()
    lee.taps("Offer a call")
    lee.sees()
    day = (world.now + timedelta(days=3)).strftime("%Y-%m-%d")
    lee.says(f"{day} 15:00, {day} 17:00, 20 min")
    assert "Offer this to" in lee.sees()
    lee.taps("Offer it")
    lee.sees()
    offer = patient.sees().with_words("offers you a call")
    patient.taps_on(offer, offer.labels[0])

    assert "is set for" in patient.sees()
    booked = lee.sees()
    assert f"Call with {name}:" in booked
    (file,) = [each.file for each in booked if each.kind == "document" and each.file]
    entry = Calendar.from_ical(world.client.get(world.server.url + file["url"]).content).events[0]
    assert str(entry["SUMMARY"]) == f"Call with {name}"
    begins = entry.start
    assert isinstance(begins, datetime)
    assert begins.strftime("%Y-%m-%d %H:%M") == f"{day} 15:00"

    world.bot.dies()
    world.bot.starts()
    world.skips(until=begins - 20 * HOUR)
    assert "A reminder: your call with Dr Lee" in patient.sees()
    assert "Soon: call with" in lee.sees()
    world.skips(until=begins - HOUR / 4)
    assert "is soon" in patient.sees()
    assert "In half an hour or less" in lee.sees()
    world.skips(until=begins + HOUR)
    assert "How did it go?" in lee.sees()
    lee.taps("It took place")
    assert "took place, 20 minutes" in lee.sees()

    world.is_in_order()
