"""What the forms on a patient's page offer to choose from."""

from __future__ import annotations

from bot.service.offers import SETTINGS, title_of
from bot.store.caseload import MODES
from flows.calls import PURPOSES
from flows.events import Setting
from flows.program import Release

__all__ = ["KINDS", "MODES", "PURPOSES", "proposals", "setting_of"]

KINDS = ("reading", "writing", "call", "team", "other")
"""What minutes of guidance may be spent on."""


def proposals(release: Release) -> list[tuple[Setting, list[tuple[str, str]]]]:
    """What may be proposed to a patient: by setting, the value and its title."""
    return [
        (
            kind,
            [
                (f"{kind}:{value}", title_of(release, kind, value))
                for value in _values(release, kind)
            ],
        )
        for kind in SETTINGS
    ]


def setting_of(release: Release, chosen: str) -> tuple[Setting, str] | None:
    """The setting and the value that were chosen, or None if there is no such thing."""
    name, _, value = chosen.partition(":")
    for kind in SETTINGS:
        if kind == name and value in _values(release, kind):
            return kind, value
    return None


def _values(release: Release, kind: Setting) -> tuple[str, ...]:
    program = release.program
    match kind:
        case "addon":
            return tuple(program.addons)
        case "track":
            return tuple(program.tracks)
        case "pace":
            return tuple(program.pace)
        case "pack":
            return ("short", "whole")
