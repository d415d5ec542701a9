"""That no tier can be written whose alerts would fall asleep."""

from __future__ import annotations

from typing import Any

import pytest

from flows.rule import Storm
from flows.walk.rules import rules
from tests.flows.starts import real_release


@pytest.mark.parametrize(
    ("tier", "change", "complaint"),
    [
        ("red", {"remind_minutes": 0}, "remind_minutes must be above 0"),
        ("amber", {"act_minutes": -5}, "act_minutes must be above 0"),
        ("amber", {"act_minutes": 99_999}, "acting comes before closing"),
        ("grey", {"chain": ("on-call", "next")}, "the chain must end with team or mail"),
        ("grey", {"chain": ()}, "the chain must end with team or mail"),
        ("grey", {"chain": ("team", "team")}, "stands in the chain twice"),
        ("red", {"digest": True}, "cannot wait for a digest"),
        ("amber", {"digest": True}, "cannot wait for a digest"),
    ],
)
def test_a_tier_that_could_fall_asleep_is_refused(
    tier: str, change: dict[str, Any], complaint: str
) -> None:
    """Each clock runs, the last hop is everybody, and danger waits for no digest."""
    release = real_release()
    tiers = dict(release.escalation.tiers)
    tiers[tier] = tiers[tier].model_copy(update=change)
    escalation = release.escalation.model_copy(update={"tiers": tiers})

    found = list(rules(release.model_copy(update={"escalation": escalation})))

    assert [each.step for each in found] == [f"tiers.{tier}"]
    assert complaint in found[0].text


def test_a_storm_of_nothing_is_refused() -> None:
    """It would hold every alert back."""
    release = real_release()
    storm = {"storm": Storm(alerts=0, minutes=60)}
    escalation = release.escalation.model_copy(update=storm)

    found = list(rules(release.model_copy(update={"escalation": escalation})))

    assert [each.step for each in found] == ["storm"]
