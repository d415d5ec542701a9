"""Says whether a bill of materials names all that is pinned: `python -m tests.sbom LOCK BOM`.

It needs nothing but Python, for it runs where only the tools are installed.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==(\S+)", re.IGNORECASE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})(?![0-9a-f])")

Pinned = Mapping[tuple[str, str], frozenset[str]]
"""Name and version of each package, with the hashes of its files."""


def requirements(lock: str) -> list[str]:
    """Each requirement of a lock file on a line of its own, without the comments."""
    lines = [line for line in lock.splitlines() if not line.lstrip().startswith("#")]
    return [line for line in "\n".join(lines).replace("\\\n", " ").splitlines() if line.strip()]


def pinned(lock: str) -> Pinned:
    """What a lock file pins; ValueError for a line that pins no version by its hash."""
    found = {}
    for line in requirements(lock):
        name, hashes = _PINNED.match(line), frozenset(_HASH.findall(line))
        if name is None or not hashes:
            msg = f"is not pinned by a hash: {line.strip()[:80]}"
            raise ValueError(msg)
        found[name[1].lower(), name[2]] = hashes
    return found


def named(bom: Mapping[str, Any]) -> Pinned:
    """What a bill of materials in CycloneDX's JSON names."""
    return {(each["name"].lower(), each["version"]): _hashes(each) for each in bom["components"]}


def _hashes(component: Mapping[str, Any]) -> frozenset[str]:
    places = component.get("externalReferences", ())
    return frozenset(
        each["content"]
        for place in places
        for each in place.get("hashes", ())
        if each["alg"] == "SHA-256"
    )


def differences(lock: Pinned, bom: Pinned) -> list[str]:
    """The packages that one of them lacks, or of which it has other hashes."""
    packages = sorted({*lock, *bom})
    return [f"{name} {number}" for name, number in packages if not _same(lock, bom, name, number)]


def _same(lock: Pinned, bom: Pinned, name: str, number: str) -> bool:
    return lock.get((name, number)) == bom.get((name, number))


def main(lock_file: str, bom_file: str) -> int:
    """Print what differs, or how many packages there are; 1 if anything differs."""
    lock = pinned(Path(lock_file).read_text(encoding="utf-8"))
    bom = named(json.loads(Path(bom_file).read_text(encoding="utf-8")))
    wrong = differences(lock, bom)
    lines = wrong or [f"{bom_file}: {len(bom)} packages, each with its version and hashes"]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
