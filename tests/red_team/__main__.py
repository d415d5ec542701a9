"""Tries all forty-two attacks against one running instance and tells what became of each.

    python -m tests.red_team            # or with names of some: P4 O7
    python -m tests.red_team --table    # the table of docs/security.md

The exit status is 1 if any of them succeeded or broke.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.red_team.attack import Attack
from tests.red_team.attacks import ATTACKS, table
from tests.red_team.siege import Siege


def main(wanted: list[str]) -> int:
    """The exit status."""
    if wanted == ["--table"]:
        _say(table())
        return 0
    chosen = [each for each in ATTACKS if not wanted or each.id in wanted]
    with tempfile.TemporaryDirectory(prefix="red-team-") as folder:
        siege = Siege.begins(Path(folder))
        try:
            failed = [each for each in chosen if not _tried(siege, each)]
        finally:
            siege.ends()
    _say(f"{len(chosen) - len(failed)} of {len(chosen)} attacks were refused.")
    return int(bool(failed))


def _tried(siege: Siege, attack: Attack) -> bool:
    began = time.monotonic()
    outcome = attack.outcome(siege)
    took = time.monotonic() - began
    _say(f"{attack.id:4} {attack.actor:20} {attack.stride}  {attack.does}")
    _say(f"     {outcome or 'refused'} ({took:.1f} s)")
    return not outcome


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
