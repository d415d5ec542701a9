"""Content folders to deploy: the real one, one with other words, and one with more questions."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.journeys.processes import ROOT

CONTENT = ROOT / "content"
RELEASES: dict[str, dict[str, tuple[str, str]]] = {
    "real": {},
    "reworded": {
        "messages.yaml": ("    What would you like to do?", "    What would you like to do now?"),
    },
    "longer": {
        "flows/suitability.yaml": (
            "  - ask: seen\n",
            "  - ask: pain-days\n    text: Is it there on most days of a week?\n"
            '    choices: {"yes": "Yes", "no": "No"}\n  - ask: seen\n',
        ),
    },
}
"""What each release says otherwise; a step that is in one and not in the other is the hard case."""


def folder_of(name: str, under: Path) -> Path:
    """The folder of that release, made below the given one when it is first asked for."""
    edits = RELEASES[name]
    if not edits:
        return CONTENT
    made = under / f"content-{name}"
    if not made.exists():
        shutil.copytree(CONTENT, made)
        for file, (old, new) in edits.items():
            text = (made / file).read_text(encoding="utf-8")
            assert text.count(old) == 1, f"{old!r} in {file}"
            (made / file).write_text(text.replace(old, new), encoding="utf-8", newline="\n")
    return made
