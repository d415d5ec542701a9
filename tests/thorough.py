"""How many examples a property gets: few each time, ten times as many in the thorough profile."""

from __future__ import annotations

from hypothesis import settings

PROFILE = "thorough"
"""`pytest --hypothesis-profile thorough`, which is `make thorough`."""


def examples(few: int) -> int:
    """So many, or ten times as many in the thorough profile."""
    return few * 10 if settings.get_current_profile_name() == PROFILE else few
