"""Rules and workload on the page: true figures, one's own for a clinician, all for a lead."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from bot.store import guidance
from tests.bot.clinic.conftest import Clinic


async def test_minutes_and_times_are_counted(page: Clinic) -> None:
    """Thirty minutes for one patient in a week; an alert that waited twelve minutes."""
    _, lees = await page.joins(1, "=Dr Lee")
    _, lows = await page.joins(2, "Lead Low", "lead")
    alex = await page.practice.patient(7, "agreed")
    await alex.says("I want to die")
    page.practice.clock.moment += timedelta(minutes=12)
    await lees.post("/clinic/alerts/1/take")
    at = page.practice.clock.now()
    page.practice.store.write_now(guidance.spent, alex.patient_id, 1, "round", 30.0, at)

    shown = await lows.shows("/clinic/workload?weeks=1")
    saved = (await lows.get("/clinic/workload/workload.csv?weeks=1")).content.decode("utf-8-sig")

    assert "30.0 min" in shown
    assert "12 min" in shown
    head, lee, low = list(csv.reader(io.StringIO(saved)))
    assert lee[0] == "'=Dr Lee"
    assert dict(zip(head, lee, strict=True))["minutes a patient and week"] == "30"
    assert dict(zip(head, lee, strict=True))["until taken longest (min)"] == "12.0"
    assert low[2] == "0"


async def test_a_clinician_sees_only_their_own_figures(page: Clinic) -> None:
    """Nobody else's name, and no file."""
    await page.joins(1, "Dr Lee")
    _, desk = await page.joins(2, "Dr Ortiz")

    shown = await desk.shows("/clinic/workload")

    assert "Dr Ortiz" in shown
    assert "Dr Lee" not in shown
    assert (await desk.get("/clinic/workload/workload.csv")).status_code == 403


async def test_a_rule_tells_how_often_it_fired_and_was_false(page: Clinic) -> None:
    """Raised once in all three periods, one false alarm of one that was closed."""
    _, desk = await page.joins(1, "Dr Lee")
    alex = await page.practice.patient(7, "agreed")
    await alex.says("I want to die")
    await desk.post("/clinic/alerts/1/take")
    await desk.post("/clinic/alerts/1/close", {"outcome": "false-alarm"})

    shown = await desk.shows("/clinic/rules")

    rule = shown[shown.index("<strong>crisis-words</strong>") :]
    assert "1 / 1 / 1" in rule[: rule.index("</tr>")]
    assert "1 of 1" in rule[: rule.index("</tr>")]
    assert "PHQ-9" in shown or "Mood" in shown
    assert "not verified" in shown
