"""The real bot and the sandbox's server, each as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

import httpx

from tests.journeys.line import Line, as_json

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
GLANCE = 0.01
LONGEST_GLANCE = 0.1
"""Whoever has waited long already looks less often: each look costs the one who is waited for."""
OURS = (sys.executable, "-m", "bot")
OURSELVES = frozenset(
    [
        "BOT_TOKEN",
        "BOT_API_URL",
        "DATABASE_URL",
        "DATA_DIR",
        "SECRET_KEYS",
        "SECRET_KEYS_FILE",
        "WEBHOOK_URL",
        "WEBHOOK_SECRET",
        "HTTP_HOST",
        "HTTP_PORT",
        "CONTENT_DIR",
        "ENROLMENT",
        "COUNTRY",
        "TIME_ZONE",
        "LANGUAGE",
        "CARE_TEAM_HOURS",
        "HOLIDAYS",
        "PUBLIC_URL",
        "TRUSTED_PROXIES",
        "SMTP_URL",
        "MAIL_FROM",
        "ALERT_MAIL",
        "OPERATOR_MAIL",
        "LOG_LEVEL",
        "CLOCK_OFFSET_FILE",
    ]
)


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """An environment with these settings of the bot's and no others."""
    plain = {name: value for name, value in os.environ.items() if name not in OURSELVES}
    return {**plain, "PYTHONPATH": str(ROOT), **settings}


def until(done: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Nothing, as soon as it is so; a failure that says what was waited for when it never is."""
    began = time.monotonic()
    while not done():
        waited = time.monotonic() - began
        assert waited < patience, f"waited in vain: {what}"
        time.sleep(min(LONGEST_GLANCE, max(GLANCE, waited / 4)))


@dataclass
class Server:
    """The sandbox's Bot API server."""

    folder: Path
    health: str
    url: str = ""
    process: subprocess.Popen[str] = field(init=False, repr=False)

    def starts(self) -> None:
        """Start it, and learn where it is."""
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "bot.sandbox.server", "--port", "0"),
                *("--clock-file", str(self.folder / "clock"), "--bot-health", self.health),
            ],
            env=environment({}),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def ends(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(PATIENCE)
        if self.process.stdout is not None:
            self.process.stdout.close()


@dataclass
class Bot:
    """The bot as an operator runs it: started, stopped, killed, asked how it is."""

    folder: Path
    settings: dict[str, str]
    command: Sequence[str] = OURS
    process: subprocess.Popen[bytes] | None = None
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=5, trust_env=False))
    line: Line = field(init=False)

    def __post_init__(self) -> None:
        self.line = Line(self.url, patience=5)

    @property
    def url(self) -> str:
        """Where its own pages are."""
        return f"http://127.0.0.1:{self.settings['HTTP_PORT']}"

    @property
    def log(self) -> Path:
        """All that it ever wrote to standard error."""
        return self.folder / "bot.log"

    def starts(self) -> None:
        """Start it and wait until it answers."""
        self.begins()
        until(self._answers, "the bot answers at /healthz")

    def begins(self) -> None:
        """Start it without waiting for anything."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command, "run"], env=environment(self.settings), cwd=self.folder, stderr=log
            )

    def stops(self) -> float:
        """Send SIGTERM, and tell how many seconds it took to leave with exit status 0."""
        assert self.process is not None
        began = time.monotonic()
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0
        self.process = None
        return time.monotonic() - began

    def dies(self) -> None:
        """Kill it with SIGKILL, at once."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)
        self.process = None

    def restarts(self) -> None:
        """Stop it and start it."""
        self.stops()
        self.starts()

    def runs(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What one of its other commands said."""
        return subprocess.run(
            [*OURS, *arguments],
            env=environment(self.settings),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def health(self) -> dict[str, object]:
        """What /healthz tells, or nothing while it does not answer."""
        try:
            _, told = self.line.gets("/healthz")
            return as_json(told)
        # a process that is just ending says in plain words that it cannot answer
        except (OSError, HTTPException, ValueError):
            return {}

    def hangs_up(self) -> None:
        """Close every connection to it."""
        self.line.ends()
        self.client.close()

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the bot ended: {self.log.read_text()[-2000:]}"
        return bool(self.health())
