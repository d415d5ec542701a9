"""What people type for a command, folded once: its words, and its name behind a slash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flows.folding import bare

SLASH = "/"


def spoken(typed: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The command that each phrase stands for, the first of those that share one."""
    found: dict[str, str] = {}
    for name, words in typed.items():
        found[SLASH + name] = name
        for phrase in (name, *words):
            found.setdefault(bare(phrase), name)
    return found
