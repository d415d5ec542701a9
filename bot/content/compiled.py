"""Content that was read and proved once, taken up at the next start without doing so again."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from bot.content.cache import Cache, made_by
from bot.content.folder import hash_of
from flows.program import Release

_NAME = "release"
_LIBRARIES = ("pydantic", "pydantic-core", "rapidfuzz", "ruamel.yaml", "transitions")


def compiled(directory: Path, cache: Cache | None) -> Release:
    """The release in this folder, fit to start with; ContentError with every mistake if it is not.

    What is in the cache was made from the very same files by the very same code, and was proved.
    """
    if cache is None:
        return _proved(directory)
    made_from = _made_from(hash_of(directory))
    return _kept(cache.get(_NAME, made_from)) or _keep(_proved(directory), cache)


def _kept(body: bytes | None) -> Release | None:
    try:
        return Release.model_validate_json(body) if body is not None else None
    except ValidationError:
        return None


def _proved(directory: Path) -> Release:
    # what reads and proves is 3 MiB of code, which most starts do not need
    from bot.content.proofreading import proved_to_start

    return proved_to_start(directory)


def _keep(release: Release, cache: Cache) -> Release:
    body = release.model_dump_json(by_alias=True).encode()
    # by the hash of what was read just now: the files may have changed since they were looked at
    cache.keep(_NAME, _made_from(release.hash), body)
    return release


def _made_from(hash_: str) -> str:
    return f"{made_by(*_LIBRARIES)} {hash_}"
