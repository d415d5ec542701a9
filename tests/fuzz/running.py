"""A number of random requests to one target, and each kind of thing that was wrong."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz import odd
from tests.fuzz.asked import Asked
from tests.fuzz.target import Target

EACH = 1000
HANDLED_EVERY = 200


def fuzzed(target: Target, requests: int, chance: int) -> dict[str, str]:
    """Each kind of finding, with the first request that showed it."""
    found: dict[str, str] = {}

    # nothing is made shorter: what is found may hang on what was asked before
    @seed(chance)
    @settings(
        max_examples=requests,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(odd.asked())
    def ask(asked: Asked) -> None:
        for wrong in target.asks(asked):
            found.setdefault(f"seed {chance}: {wrong}", repr(asked)[:2000])
        if target.asked % HANDLED_EVERY == 0:
            target.works()

    ask()
    target.works()
    return found
