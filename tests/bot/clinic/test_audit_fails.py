"""Whoever looks at a patient is noted; where that cannot be, nothing is shown and nothing done."""

from __future__ import annotations

import pytest

from tests.bot.clinic.conftest import Clinic
from tests.bot.clinic.test_patient_page import path

NOTED = "SELECT act FROM audit WHERE patient_id IS NOT NULL ORDER BY id"
LISTED = "SELECT act FROM audit WHERE act LIKE 'open-%' AND patient_id IS NULL ORDER BY id"


async def test_nothing_is_shown_that_cannot_be_noted(page: Clinic) -> None:
    """The page fails whole, and is there again as soon as the audit can be written."""
    _, lees = await page.joins(1, "Dr Lee")
    alex = await page.practice.patient(7, "at-consent")
    await alex.says("I want to die")
    addresses = (path(alex), "/clinic/alerts/1", "/clinic/patients", "/clinic/today")
    page.practice.fail("INSERT ON audit")

    for address in addresses:
        with pytest.raises(Exception, match="the disk is full"):
            await lees.get(address)
    with pytest.raises(Exception, match="the disk is full"):
        await lees.post("/clinic/alerts/1/take")

    assert page.practice.rows(NOTED) == []
    assert page.practice.rows("SELECT taken_by FROM alerts") == [(None,)]
    page.practice.mend()
    for address in addresses:
        assert await lees.shows(address)
    assert len(page.practice.rows(NOTED)) == 2
    assert page.practice.rows(LISTED) == [("open-patients",), ("open-today",)]


async def test_nothing_is_said_in_the_chat_that_cannot_be_noted(page: Clinic) -> None:
    """A card is not shown, and words are not sent on, until the audit can be written."""
    practice = page.practice
    lee, alex = await practice.clinician(8, "Dr Lee"), await practice.patient(7, "agreed")
    lee.news()
    practice.fail("INSERT ON audit")

    await lee.says(f"/patients {alex.pseudonym}")
    assert not any(alex.pseudonym in text for text in lee.news())
    assert practice.rows(NOTED) == []

    practice.mend()
    await lee.says(f"/patients {alex.pseudonym}")
    assert any(alex.pseudonym in text for text in lee.news())
    assert practice.rows(NOTED) == [("open-card",)]
