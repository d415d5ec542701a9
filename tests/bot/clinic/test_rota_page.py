"""The rota on the page: who reads it, who changes it, and what it says of gaps and holidays."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest

from tests.bot.clinic.conftest import ROOT, Clinic
from tests.bot.service.practice import Practice

SHIFT = {"clinician": "1", "day": "2", "start": "09:00", "until": "17:00", "place": "0"}
SWAP = {
    "clinician": "2",
    "start_at": "2027-03-02T08:00",
    "until_at": "2027-03-04T08:00",
    "place": "0",
}


async def test_a_lead_fills_the_week_and_takes_a_shift_out_again(page: Clinic) -> None:
    """The shift stands in the table and in the audit; removed, nobody is on call."""
    await page.joins(1, "Dr Lee")
    _, desk = await page.joins(2, "Lead Low", "lead")
    assert "because there is no rota yet" in await desk.shows("/clinic/rota")

    await desk.post("/clinic/rota/shifts", SHIFT)
    shown = await desk.shows("/clinic/rota")
    number = re.search(r"/clinic/rota/shifts/(\d+)/remove", shown)
    assert number
    assert "09:00–17:00" in shown
    assert "Gaps" in shown
    assert "Somebody is on call at every moment" not in shown

    await desk.post(f"/clinic/rota/shifts/{number[1]}/remove")
    assert "09:00–17:00" not in await desk.shows("/clinic/rota")
    kept = page.practice.rows("SELECT act FROM audit WHERE act LIKE 'shift%' ORDER BY id")
    assert kept == [("shift-add",), ("shift-remove",)]


async def test_somebody_stands_in_by_the_clocks_of_the_lead(
    open_practice: Callable[..., Practice],
) -> None:
    """Times are read in the zone of whoever chose them; the end of a swap is its end."""
    practice = open_practice(public_url=ROOT, time_zone="Europe/Berlin")
    async with AsyncExitStack() as browsers:
        page = Clinic(practice, browsers)
        await page.joins(1, "Dr Lee")
        _, desk = await page.joins(2, "Lead Low", "lead")
        at = page.practice.clock.now()
        day = f"{at:%Y-%m-%d}"
        times = {"start_at": f"{day}T00:00", "until_at": f"{day}T23:00"}

        answer = await desk.post("/clinic/rota/swaps", {**SWAP, **times})

        assert "rota-changed" in answer.headers["location"]
        [(start,)] = practice.rows("SELECT start_at FROM swaps")
        assert "22:00" in str(start) or "23:00" in str(start)
        assert "Lead Low" in await desk.shows("/clinic/rota")


@pytest.mark.parametrize(
    ("where", "form", "notice"),
    [
        ("shifts", {**SHIFT, "day": "8"}, "choose a day"),
        ("shifts", {**SHIFT, "until": "09:00"}, "two different times"),
        ("shifts", {**SHIFT, "start": "soon"}, "two different times"),
        ("shifts", {**SHIFT, "clinician": "77"}, "somebody of the team"),
        ("swaps", {**SWAP, "until_at": "2027-03-01T08:00"}, "two moments"),
        ("swaps", {**SWAP, "start_at": "2001-03-01T08:00"}, "two moments"),
        ("swaps", {**SWAP, "start_at": "'; DROP"}, "two moments"),
        ("swaps", {**SWAP, "place": "-1"}, "choose a day"),
    ],
)
async def test_what_cannot_be_is_said_and_nothing_is_kept(
    page: Clinic, where: str, form: dict[str, str], notice: str
) -> None:
    """One sentence says what to do."""
    await page.joins(1, "Dr Lee")
    _, desk = await page.joins(2, "Lead Low", "lead")

    answer = await desk.post(f"/clinic/rota/{where}", form)

    assert answer.status_code == 409
    assert notice in answer.text
    assert page.practice.rows(f"SELECT count(*) FROM {where}") == [(0,)]  # noqa: S608


async def test_a_clinician_reads_the_rota_and_changes_nothing(page: Clinic) -> None:
    """No form is offered, and none is taken."""
    _, desk = await page.joins(1, "Dr Lee")

    shown = await desk.shows("/clinic/rota")

    assert "Add to every week" not in shown
    assert (await desk.post("/clinic/rota/shifts", SHIFT)).status_code == 403


async def test_coming_holidays_stand_there(open_practice: Callable[..., Practice]) -> None:
    """By the setting, for three months."""
    practice = open_practice(public_url=ROOT, holidays="DE")
    async with AsyncExitStack() as browsers:
        _, desk = await Clinic(practice, browsers).joins(1, "Lead Low", "lead")

        shown = await desk.shows("/clinic/rota")

    assert "the rota knows of none" not in shown
    assert "Public holidays ahead" in shown
