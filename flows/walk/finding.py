"""What the checker of the content finds: a place and a sentence with what to do."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. `flow` is a flow's id, `measure/peg`, or a single file (`program`).

    `step` is a step's name in a flow, or names joined by dots in any other file.
    """

    flow: str
    step: str
    text: str
    severity: Literal["error", "warning"] = "error"


def warning(flow: str, step: str, text: str) -> Finding:
    """A finding that stops nothing."""
    return Finding(flow, step, text, "warning")


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """A sentence that this name is not there, with the nearest one that is."""
    names = sorted(known)
    near = get_close_matches(name, names, 1, 0.6) or [other for other in names if name in other]
    hint = f"did you mean {near[0]}?" if near else "write it, or name another one"
    return f"there is no {what} {name}: {hint}"
