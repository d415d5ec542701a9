"""Programs that are measured: each on a core of its own, and what the system knows of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
KIB = 1024


def tree(pid: int) -> list[int]:
    """A process and all that came from it, as far as they still live."""
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            found += [int(child) for child in _read(task).split()]
    return found


def cpu_seconds(pid: int) -> float:
    """How much time of a processor it used so far, and all that came from it."""
    return sum(_cpu_ticks(each) for each in tree(pid)) / TICKS


def memory(pid: int) -> dict[str, float]:
    """How many bytes it holds, and what is the most it held; without what came from it."""
    told = dict(line.split(":", 1) for line in _read(Path(f"/proc/{pid}/status")).splitlines())
    names = {"resident": "VmRSS", "most": "VmHWM"}
    return {name: float(told.get(line, "0 kB").split()[0]) * KIB for name, line in names.items()}


def start(
    command: Sequence[str], core: int | None, settings: Mapping[str, str], folder: Path
) -> subprocess.Popen[str]:
    """The program, bound to that core if the machine has more than one; its answers by pipe."""
    bound = ("taskset", "-c", str(core)) if core is not None and shutil.which("taskset") else ()
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [*bound, *command],
            env={**os.environ, "PYTHONPATH": str(ROOT), **settings},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )


def end(process: subprocess.Popen[str]) -> None:
    """The process is gone after this."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _cpu_ticks(pid: int) -> int:
    # the name may hold spaces and brackets: what is counted stands after the last one
    told = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return sum(map(int, told[11:15])) if told else 0


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
