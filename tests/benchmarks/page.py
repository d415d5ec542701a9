"""The page of results: what was measured is put between two marks, with machine and date."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.processes import ROOT

PAGE = ROOT / "docs" / "performance.md"


def put(name: str, told: str, page: Path = PAGE) -> None:
    """The page says this now at the place of that name; an error if it has no such place."""
    before = page.read_text(encoding="utf-8")
    place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    assert place.search(before), f"the page has no place for {name}"
    said = f"\n{machine()}\n\n{told}\n\n"
    page.write_text(place.sub(lambda at: at[1] + said + at[2], before), encoding="utf-8")


def machine() -> str:
    """What this was measured on, and when."""
    now = f"{datetime.now(UTC):%d %B %Y %H:%M} UTC"
    load = "/".join(f"{each:.0f}" for each in os.getloadavg())
    return (
        f"{now}; {_processor()}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}; load average {load} at the end."
    )


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    text = told.read_text(encoding="utf-8") if told.exists() else ""
    found = re.search(r"^model name\s*: (.+)$", text, re.M)
    return found[1] if found else platform.machine()
