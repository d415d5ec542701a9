"""The content proved before any patient meets it: read for names and ways, then played through."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from flows.program import Release
from flows.walk.answers import answers
from flows.walk.feedback import feedback
from flows.walk.finding import Finding
from flows.walk.graph import Atlas
from flows.walk.injections import unheard
from flows.walk.measures import measures
from flows.walk.messages import messages
from flows.walk.names import ENGINE_VALUES, names
from flows.walk.order import order
from flows.walk.proof import Each, Earlier, Explored, explore
from flows.walk.rules import rules
from flows.walk.ways import circles, silent_loops, unreached, ways_of
from flows.walk.wording import wording

__all__ = [
    "ENGINE_VALUES",
    "Each",
    "Earlier",
    "Explored",
    "Finding",
    "Walked",
    "explored",
    "read_through",
    "walk",
    "walk_again",
]

_SHARED = frozenset({"program", "messages", "escalation", "crisis", "lines"})


@dataclass(frozen=True, slots=True)
class Walked:
    """What a walk found, which flows it played, and what the next one may take up from it."""

    findings: tuple[Finding, ...]
    anew: tuple[str, ...]
    earlier: Earlier


def walk(
    release: Release, each: Each = map, only: Collection[str] | None = None
) -> tuple[Finding, ...]:
    """Everything that is wrong or doubtful in a release, nothing when it can be used.

    `each` may play flows side by side where `map` plays one after the other; with `only`, all is
    read, and of the flows just those are played in which one of these opens.
    """
    return walk_again(release, Earlier(), each, only).findings


def walk_again(
    release: Release, earlier: Earlier, each: Each = map, only: Collection[str] | None = None
) -> Walked:
    """The same, where of the flows just those are played that an earlier walk did not know so."""
    atlas = Atlas(release)
    structure, rest = _read(atlas)
    played = _play(atlas, structure, each, only, earlier)
    if played is None:
        return Walked(tuple(dict.fromkeys([*structure, *rest])), (), earlier)
    findings = tuple(dict.fromkeys([*structure, *rest, *played.findings]))
    return Walked(findings, played.anew, played.earlier)


def read_through(release: Release) -> tuple[Finding, ...]:
    """What reading alone finds, within a second: playing all ways takes too long for a start."""
    structure, rest = _read(Atlas(release))
    return tuple(dict.fromkeys([*structure, *rest]))


def explored(release: Release, each: Each = map) -> Explored | None:
    """What playing the release through shows; None when what all flows share is not sound."""
    atlas = Atlas(release)
    structure, _ = _read(atlas)
    return _play(atlas, structure, each)


def _read(atlas: Atlas) -> tuple[list[Finding], list[Finding]]:
    """What reading finds: first what would stop a flow from being played, then the rest."""
    release = atlas.release
    structure = [
        *ways_of(atlas),
        *answers(atlas),
        *names(atlas),
        *measures(release),
        *rules(release),
        *unheard(release),
        *messages(release),
    ]
    round_about = list(circles(atlas))
    # this follows flows into flows, and would never come back from a circle
    structure += round_about or silent_loops(atlas)
    ordered = list(order(atlas))
    structure += [finding for finding in ordered if finding.flow in _SHARED]
    rest = [finding for finding in ordered if finding.flow not in _SHARED]
    return structure, [*unreached(atlas), *wording(atlas), *feedback(atlas), *rest]


def _play(
    atlas: Atlas,
    structure: Iterable[Finding],
    each: Each,
    only: Collection[str] | None = None,
    earlier: Earlier | None = None,
) -> Explored | None:
    unsound = frozenset(finding.flow for finding in structure if finding.severity == "error")
    return None if unsound & _needed_by_all(atlas) else explore(atlas, unsound, each, only, earlier)


def _needed_by_all(atlas: Atlas) -> frozenset[str]:
    """What every flow relies on: the shared files, the replies to danger, all of setting up."""
    set_up = [flow for flows in atlas.release.program.phases.values() for flow in flows]
    replies = [name for name in atlas.release.flows if name.startswith("safety/")]
    inside = (atlas.within.get(name, frozenset([name])) for name in [*set_up, *replies])
    return _SHARED.union(*inside)
