"""The releases that patients stand on, by hash: the newest, and every one still in use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.store import releases
from bot.store.unit import Unit
from flows.places import Places
from flows.program import Release


class MissingRelease(Exception):
    """A patient stands on a release that is not in the database; restore it before going on."""


class Releases:
    """Holds the releases in memory; one that is not there is read from the database once."""

    def __init__(self, newest: Release, places: Callable[[], Places]) -> None:
        self._places = places
        self.newest = newest.with_places(places)
        self._known = {newest.hash: self.newest}

    def keep(self, unit: Unit, at: datetime) -> None:
        """Store the newest release. Storing it twice changes nothing."""
        releases.keep(unit, self.newest.hash, self.newest.model_dump_json(by_alias=True), at)

    def get(self, unit: Unit, hash_: str) -> Release:
        """The release with that hash, or MissingRelease."""
        if hash_ not in self._known:
            body = releases.get(unit, hash_)
            if body is None:
                raise MissingRelease(hash_)
            self._known[hash_] = self._completed(Release.model_validate_json(body))
        return self._known[hash_]

    def _completed(self, old: Release) -> Release:
        """An old release with the fixed texts that newer code says and it does not have yet."""
        new, kept = self.newest.messages, old.messages
        texts, labels = {**new.texts, **kept.texts}, {**new.labels, **kept.labels}
        messages = kept.model_copy(update={"texts": texts, "labels": labels})
        return old.model_copy(update={"messages": messages}).with_places(self._places)
