"""A disk that is slower than this one: each fsync of a program takes some milliseconds more."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

MILLISECONDS = 5
SOURCE = Path(__file__).with_suffix(".c")


def slow_disk(folder: Path) -> dict[str, str]:
    """What a program's environment needs for it; an error where there is no C compiler."""
    compiler = shutil.which("cc")
    assert compiler is not None, "a slow disk needs a C compiler"
    folder.mkdir(parents=True, exist_ok=True)
    shim = folder / "slow_disk.so"
    given = ("-shared", "-fPIC", "-O2", f"-DMILLISECONDS={MILLISECONDS}", "-o", str(shim))
    subprocess.run([compiler, *given, str(SOURCE), "-ldl"], check=True)
    return {"LD_PRELOAD": str(shim)}
