"""The zygote as its user sees it: bots that are started in no time, struck where it was ordered."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

from tests.faults.striking import Order
from tests.faults.zygote import BOT, SANDBOX
from tests.journeys.processes import PATIENCE, ROOT, Bot, Server, environment, until

Json = dict[str, Any]
TINY = ROOT / "tests" / "content" / "tiny"
"""The smallest content that has a consent, a measure, a plan, a nudge, a lesson and rules."""
ASKS_TOWN = """steps:
  - write: zone
    read: zone
    text: Which town are you in?
"""
"""Nobody is reminded before they have told what time it is for them."""
Hurry = tuple[tuple[str, str, float], ...]
HURRY: Hurry = (
    ("bot.workers", "TRAVEL_TICK_SECONDS", 0.2),
    ("bot.workers", "_PAUSE_AFTER_FAULT", 0.1),
    ("bot.telegram.intake", "_PAUSE", 0.1),
    ("bot.telegram.intake", "_RETRY", 0.2),
    ("bot.telegram.intake", "_LONGEST_PAUSE", 2.0),
)
"""Pauses that are shorter here, so that thousands of runs take hours and not days."""
GLANCE = 0.01


def small_content(folder: Path) -> Path:
    """The tiny content in a folder of its own there, with a question for the town in front."""
    content = folder / "content"
    shutil.copytree(TINY, content)
    setup = content / "flows" / "setup.yaml"
    setup.write_text(setup.read_text().replace("steps:\n", ASKS_TOWN, 1))
    return content


@dataclass
class Fork:
    """A bot that the zygote forked, with the manners of a `Popen`."""

    zygote: Zygote
    pid: int

    def poll(self) -> int | None:
        """Its exit status, or None while it runs."""
        status = self.zygote.asks({"poll": self.pid, "wait": False})["status"]
        return None if status is None else int(status)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to stop."""
        self.send_signal(signal.SIGTERM)

    def send_signal(self, number: int) -> None:
        """Have it get this signal, if it still runs."""
        # one that has ended and was not polled yet still has its number
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, once it ended."""
        until = time.monotonic() + (timeout or 60)
        while (status := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired("bot", timeout or 60)
            time.sleep(GLANCE)
        return status


@dataclass
class Zygote:
    """The process that forks; it ends with its user."""

    content: Path = TINY
    others: Sequence[Path] = ()
    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote", *map(str, (self.content, *self.others))],
            cwd=ROOT,
            env=environment({"OPENBLAS_NUM_THREADS": "1"}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def starts(
        self,
        folder: Path,
        settings: Mapping[str, str],
        log: Path,
        *,
        order: Order | None = None,
        breaks: str = "",
        hurry: Hurry = (),
        program: str = BOT,
        arguments: Sequence[str] = ("run",),
        said: Path | None = None,
    ) -> Fork:
        """A bot with these settings, struck as ordered, or broken by that module's `breaks`.

        With `arguments`, another of its commands, whose words go to the file `said`; with
        `program`, the module of another program.
        """
        wish = {
            "folder": str(folder),
            "environment": environment(settings),
            "log": str(log),
            "said": str(said or os.devnull),
            "order": asdict(order) if order else None,
            "hurry": hurry,
            "breaks": breaks,
            "program": program,
            "arguments": list(arguments),
        }
        return Fork(self, int(self.asks({"start": wish})["pid"]))

    def asks(self, order: Json) -> Json:
        """What it answers to an order."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the zygote is dead"
        return dict(json.loads(answer))

    def ends(self) -> None:
        """End it and all of its bots."""
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        self.process.wait(60)


@dataclass
class ForkedBot(Bot):
    """The bot as an operator runs it, forked; the first start is struck, every later one is not."""

    zygote: Zygote | None = None
    order: Order | None = None
    breaks: str = ""
    hurry: Hurry = HURRY
    command: Sequence[str] = ()

    def begins(self) -> None:
        """Start it without waiting for anything."""
        assert self.zygote is not None
        order, self.order = self.order, None
        fork = self.zygote.starts(
            self.folder, self.settings, self.log,
            order=order, breaks=self.breaks, hurry=self.hurry,
        )  # fmt: skip
        # it has the manners of a Popen, as far as anybody here asks for them
        self.process = cast("subprocess.Popen[bytes]", fork)

    def runs(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What one of its other commands said."""
        assert self.zygote is not None
        with tempfile.TemporaryDirectory() as words:
            said, log = Path(words, "said"), Path(words, "log")
            fork = self.zygote.starts(
                self.folder, self.settings, log, arguments=arguments, said=said
            )
            try:
                status = fork.wait(PATIENCE)
            finally:
                fork.kill()
            return subprocess.CompletedProcess(
                list(arguments), status, said.read_text(), log.read_text()
            )


class ForkedServer(Server):
    """The sandbox's server, forked like the bot that it serves."""

    def starts(self) -> None:
        """Start it, and learn where it is."""
        clock, said = self.folder / "clock", self.folder / "server"
        self.fork = shared_zygote().starts(
            self.folder, {}, self.folder / "server.log", program=SANDBOX, said=said,
            arguments=("--port", "0", "--clock-file", str(clock), "--bot-health", self.health),
        )  # fmt: skip
        until(lambda: said.exists() and said.read_text().endswith("\n"), "the sandbox is there")
        self.url = said.read_text().strip()

    def ends(self) -> None:
        """End it."""
        self.fork.terminate()
        self.fork.wait(PATIENCE)


@cache
def shared_zygote() -> Zygote:
    """One for all stories of this process, with the whole content; it ends with the process."""
    zygote = Zygote(ROOT / "content")
    atexit.register(zygote.ends)
    return zygote
