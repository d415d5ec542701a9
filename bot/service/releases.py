"""The releases that patients stand on, by hash: the newest, and every one still in use."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from pydantic import ValidationError

from bot.store import releases
from bot.store.unit import Unit
from flows.places import Places
from flows.program import Release

log = logging.getLogger(__name__)


class MissingRelease(Exception):
    """A patient stands on a release that is not in the database; restore it before going on."""


class Releases:
    """Holds the releases in memory; one that is not there is read from the database once.

    A release that was stored by older code may be one that today's models cannot read. Whoever
    stands on it goes on with the newest.
    """

    def __init__(self, newest: Release, places: Callable[[], Places]) -> None:
        self._places = places
        self.newest = newest.with_places(places)
        self._known = {newest.hash: self.newest}

    def keep(self, unit: Unit, at: datetime) -> bool:
        """Store the newest release; whether it is new. Storing it twice changes nothing."""
        body = self.newest.model_dump_json(by_alias=True)
        return releases.keep(unit, self.newest.hash, body, at)

    def get(self, unit: Unit, hash_: str) -> Release:
        """The release with that hash, the newest in place of an unreadable one, or MissingRelease.

        The caller sees by its hash which it is.
        """
        if hash_ not in self._known:
            body = releases.get(unit, hash_)
            if body is None:
                raise MissingRelease(hash_)
            self._known[hash_] = self._read(hash_, body)
        return self._known[hash_]

    def unreadable(self, unit: Unit, hashes: Iterable[str]) -> list[str]:
        """Those of the stored releases that today's models cannot read."""
        return [each for each in hashes if self.get(unit, each).hash != each]

    def _read(self, hash_: str, body: str) -> Release:
        try:
            return self._completed(Release.model_validate_json(body))
        except ValidationError as error:
            log.warning("release %s cannot be read: %d mistakes", hash_, error.error_count())
            return self.newest

    def _completed(self, old: Release) -> Release:
        """An old release with the fixed texts that newer code says and it does not have yet."""
        new, kept = self.newest.messages, old.messages
        texts, labels = {**new.texts, **kept.texts}, {**new.labels, **kept.labels}
        messages = kept.model_copy(update={"texts": texts, "labels": labels})
        return old.model_copy(update={"messages": messages}).with_places(self._places)
