"""What the play of one flow rested on: everything of a release that it looked at, by digests.

Where all of that is the same, another play would show the same: it need not be played again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flows.program import Release
from flows.steps import Flow
from flows.walk.classes import Classes
from flows.walk.graph import Atlas
from flows.walk.singles import subject

if TYPE_CHECKING:
    from flows.walk.needs import Needs
    from flows.walk.shown import Places

Grounds = Mapping[str, str]
"""What was looked at, each with the digest of what was seen there."""

_ALL = "*"


class LookedAt(dict[str, Flow]):
    """The flows of a release, of which those are here that somebody looked for."""

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        super().__init__()
        self._flows, self.missed = flows, set[str]()

    def __missing__(self, name: str) -> Flow:
        """That flow, which is here from now on."""
        self[name] = self._flows[name]
        return self[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is such a flow."""
        is_there = name in self._flows
        if not is_there:
            self.missed.add(str(name))
        return is_there

    def get(self, name: str, default: Any = None) -> Any:
        """That flow, if there is one."""
        try:
            return self[name]
        except KeyError:
            self.missed.add(name)
            return default

    def __iter__(self) -> Iterator[str]:
        """All names: whoever goes through them looked at every flow."""
        self.missed.add(_ALL)
        return iter(self._flows)

    def keys(self) -> Any:
        """All names, as above."""
        return list(self)

    def values(self) -> Any:
        """All flows, as above."""
        return [self._flows[name] for name in self]

    def items(self) -> Any:
        """All names and flows, as above."""
        return [(name, self._flows[name]) for name in self]

    def forget(self) -> None:
        """Nobody looked for anything yet."""
        self.clear()
        self.missed.clear()

    @property
    def names(self) -> frozenset[str]:
        """What was looked for, found or not."""
        return frozenset([*dict.keys(self), *self.missed])


class Ground:
    """A release, as what plays rest on; `flows` are those that can be played."""

    def __init__(
        self,
        atlas: Atlas,
        flows: Collection[str],
        classes: Classes,
        places: Places,
        inside: Callable[[str], Needs],
        matters: Callable[[str], tuple[bool, bool]],
    ) -> None:
        self._atlas, self._flows, self._classes = atlas, flows, classes
        self._places, self._inside, self._matters = places, inside, matters
        self._digests: dict[str, str] = {}

    def of(self, root: str, looked_at: Iterable[str], *more: str) -> dict[str, str]:
        """What a play of this flow rested on that looked at these flows, and at what else."""
        atlas = self._atlas
        met = [root, *looked_at, *self._always]
        inside = frozenset[str]().union(
            *(atlas.within.get(name, frozenset([name])) for name in met)
        )
        names = {"shared", f"together {root}", *(f"flow {name}" for name in inside), *more}
        return {name: self.digest(name) for name in sorted(names)}

    def bears(self, grounds: Grounds) -> bool:
        """Whether all of that is still the same."""
        return all(self.digest(name) == digest for name, digest in grounds.items())

    def digest(self, name: str) -> str:
        """What tells this thing as it is from any other that it might be."""
        if name not in self._digests:
            self._digests[name] = _digest(self._words(name))
        return self._digests[name]

    @cached_property
    def _always(self) -> tuple[str, ...]:
        """What anybody may come to anywhere: the replies to danger, and what was agreed to."""
        agreed = self._atlas.release.program.phases.get("consenting", ())
        return (
            *agreed,
            *(name for name in self._atlas.release.flows if name.startswith("safety/")),
        )

    def _words(self, name: str) -> str:
        kind, _, rest = name.partition(" ")
        match kind:
            case "shared":
                return _without_flows(self._atlas.release)
            case "flow":
                return self._flow(rest)
            case "tests":
                about, _, of = rest.partition(" ")
                return repr(self._classes.tests.about((about, of)))
            case "values":
                return repr(self._classes.values(rest))
            case "text":
                return repr(self._places.get(rest, ())[:1])
            case "matters":
                return repr(self._matters(rest))
            case "together":
                return self._together(rest)
            case _:
                raise LookupError(name)

    def _flow(self, name: str) -> str:
        if name == _ALL:
            return "".join(map(self._flow, self._atlas.release.flows))
        flow = self._atlas.release.flows.get(name)
        is_sound = name in self._flows
        return f"{is_sound} {flow.model_dump_json(by_alias=True)}" if flow else str(is_sound)

    def _together(self, root: str) -> str:
        """What is asked about together, of all that this flow asks about."""
        tests = self._inside(root).tests
        own = {about for test in tests if (about := subject(test)) is not None}
        groups = (sorted(group) for group in self._classes.tests.together if group <= own)
        return repr(sorted(groups))


def _digest(words: str) -> str:
    """What tells these words from any others."""
    return hashlib.sha256(words.encode()).hexdigest()


def _without_flows(release: Release) -> str:
    bare = release.model_copy(update={"flows": {}, "hash": ""})
    return bare.model_dump_json(by_alias=True)
