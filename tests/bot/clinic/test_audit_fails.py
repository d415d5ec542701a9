"""Whoever looks at a patient is noted; where that cannot be, nothing is shown and nothing done."""

from __future__ import annotations

import pytest

from tests.bot.clinic.conftest import Clinic
from tests.bot.clinic.test_patient_page import path, someone_elses


@pytest.mark.parametrize("page_of", ["/clinic/alerts/1", "{patient}/chart/peg.svg"])
async def test_nothing_is_shown_that_cannot_be_noted(page: Clinic, page_of: str) -> None:
    """The page fails whole, and is back as soon as the audit can be written."""
    alex, lees, _ = await someone_elses(page)
    await alex.says("I want to die")
    address = page_of.format(patient=path(alex, ""))
    page.practice.fail("INSERT ON audit")

    refused = await fetched(lees, address)

    assert alex.pseudonym not in refused
    assert page.practice.rows("SELECT count(*) FROM audit WHERE act != 'sign-in'") == [(0,)]
    page.practice.mend()
    assert await lees.shows(address)
