"""All forty-two attacks in the order in which they are tried."""

from __future__ import annotations

from tests.red_team.attack import Attack
from tests.red_team.by_authors import AUTHORS
from tests.red_team.by_clinicians import CLINICIANS
from tests.red_team.by_operators import OPERATORS
from tests.red_team.by_patients import PATIENTS

ACTORS = (PATIENTS, CLINICIANS, AUTHORS, OPERATORS)
ATTACKS: tuple[Attack, ...] = tuple(each for actor in ACTORS for each in actor.attacks)
HEAD = "| | who | STRIDE | attack | why it fails | tried by |\n|---|---|---|---|---|---|"


def table() -> str:
    """The table as it stands in docs/security.md."""
    return "\n".join([HEAD, *(attack.row for attack in ATTACKS)])
