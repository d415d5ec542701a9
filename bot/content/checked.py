"""What `paceful check` found of each flow, kept for the next one: only what changed is played."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from bot.content.cache import Cache, made_by
from flows.walk import Earlier

LIBRARIES = ("pydantic", "pydantic-core", "rapidfuzz", "ruamel.yaml", "transitions")
"""What reads and plays content beside our own code."""

_NAME = "checked"
_EARLIER = TypeAdapter(Earlier)


@dataclass(frozen=True, slots=True)
class Checked:
    """Where the last check of an installation lies; without a cache, or afresh, nowhere."""

    cache: Cache | None = None
    afresh: bool = False

    def earlier(self) -> Earlier:
        """What the last check found by this very code; nothing where that is not to be had."""
        if self.cache is None or self.afresh:
            return Earlier()
        try:
            return _EARLIER.validate_json(self.cache.get(_NAME, made_by(*LIBRARIES)) or b"")
        except ValidationError:
            return Earlier()

    def keep(self, earlier: Earlier) -> None:
        """Keep this in place of what was there."""
        if self.cache is not None:
            self.cache.keep(_NAME, made_by(*LIBRARIES), _EARLIER.dump_json(earlier))
