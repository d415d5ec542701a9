"""Everything that can be played, by name, for authors who look for something."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from bot.content.personas import Persona
from flows.program import Release
from flows.steps import Flow


def listing(release: Release, people: Mapping[str, Persona]) -> str:
    """Each flow under its kind and each saved person, a line each."""
    flows = sorted(release.all_flows.values(), key=lambda flow: flow.id)
    groups = [(kind, list(found)) for kind, found in groupby(flows, key=lambda flow: flow.kind)]
    lines = [line for kind, found in groups for line in (kind, *map(_flow, found), "")]
    return "\n".join(
        [*lines, "people (--as)", *(_line(p.persona, p.title) for p in people.values())]
    )


def _flow(flow: Flow) -> str:
    return _line(flow.id, f"{flow.title} ({flow.minutes} min)")


def _line(name: str, title: str) -> str:
    return f"  {name:<28} {title}"
