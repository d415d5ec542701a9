"""The bot as a child process: started, watched, restarted, stopped."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from bot.sandbox.signal import Signal
from bot.sandbox.world import World

ROOT = Path(__file__).parents[2]
# What points at a real service, and what a person has chosen for every bot they run.
REAL = frozenset(
    {
        "ALERT_MAIL",
        "BOT_TOKEN",
        "CARE_TEAM_HOURS",
        "DATABASE_URL",
        "MAIL_FROM",
        "OPERATOR_MAIL",
        "PUBLIC_URL",
        "SECRET_KEYS_FILE",
        "SMTP_URL",
        "WEBHOOK_SECRET",
        "WEBHOOK_URL",
    }
)
CHOSEN = frozenset({"CONTENT_DIR", "COUNTRY", "ENROLMENT", "LANGUAGE", "LOG_LEVEL", "TIME_ZONE"})
BOT = (sys.executable, "-m", "bot")
STOP_SECONDS = 10.0
INVITE_SECONDS = 60.0
STEADY_SECONDS = 30.0
LONGEST_PAUSE = 30.0


class Child:
    """The unchanged bot, run beside the sandbox with an environment of its own."""

    def __init__(
        self,
        world: World,
        environment: Mapping[str, str],
        folder: Path,
        bot: Sequence[str] = BOT,
    ) -> None:
        self._world = world
        self._environment = dict(environment)
        self._folder = folder
        self._bot = bot
        self._hurry = Signal()
        self._process: Process | None = None
        self._standing = "starting"
        self._polls = 0
        self._stopping = False

    @property
    def standing(self) -> str:
        """How it is: starting, running, restarting, stopped, or that it died."""
        fetched = self._world.poll != self._polls or self._world.webhook is not None
        return "running" if self._standing == "starting" and fetched else self._standing

    async def keep_running(self) -> None:
        """Start it, and start it again whenever it ends unasked, until stopped."""
        pause = 1.0
        while not self._stopping:
            began = asyncio.get_running_loop().time()
            status = await self._live()
            if self._stopping or self._standing == "restarting":
                continue
            steady = asyncio.get_running_loop().time() - began > STEADY_SECONDS
            pause = 1.0 if steady else min(pause * 2, LONGEST_PAUSE)
            self._show(f"died with status {status}, restarting in {pause:.0f} s")
            await self._hurry.wait(pause)

    async def restart(self) -> None:
        """Stop it; whoever keeps it running starts it again."""
        self._show("restarting")
        self._hurry.give()
        await self._end()

    async def stop(self) -> None:
        """Stop it for good."""
        self._stopping = True
        self._hurry.give()
        await self._end()
        self._show("stopped")

    async def invite(self, name: str) -> str:
        """The one-time code that the bot prints on its last line for a clinician."""
        process = await self._begin("invite", "clinician", name, stdout=PIPE, stderr=PIPE)
        try:
            async with asyncio.timeout(INVITE_SECONDS):
                said, complaint = await process.communicate()
        except TimeoutError:
            process.kill()
            raise RuntimeError("The bot took too long to make a code.") from None
        lines = said.decode().split()
        if process.returncode != 0 or not lines:
            raise RuntimeError(_last_line(complaint) or "The bot made no code.")
        return lines[-1]

    async def carry_out(self, *command: str) -> int:
        """The exit status of another command of the bot's, which speaks for itself."""
        process = await self._begin(*command)
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                process.kill()

    async def _live(self) -> int:
        self._polls = self._world.poll
        self._show("starting")
        # A session of its own: Ctrl-C reaches the sandbox, which then stops the bot in order.
        self._process = await self._begin("run", start_new_session=True)
        return await self._process.wait()

    async def _begin(self, *arguments: str, **pipes: Any) -> Process:
        return await asyncio.create_subprocess_exec(
            *self._bot, *arguments, env=self._environment, cwd=self._folder, **pipes
        )

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    def _show(self, standing: str) -> None:
        self._standing = standing
        self._world.changes.give()


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


def environment(own: Mapping[str, str], env_file: Path = Path(".env")) -> dict[str, str]:
    """The environment of the child: ours, without what points at a real service.

    The child runs in a folder of its own and so never reads the `.env` of a real installation;
    only harmless choices are handed on from there.
    """
    chosen = {n: v for n, v in dotenv_values(env_file).items() if n in CHOSEN and v}
    inherited = {name: value for name, value in os.environ.items() if name not in REAL}
    whole = {**chosen, **inherited, **own}
    if "CONTENT_DIR" in whole:
        whole["CONTENT_DIR"] = str(Path(whole["CONTENT_DIR"]).resolve())
    path = [str(ROOT), *filter(None, [inherited.get("PYTHONPATH")])]
    return {**whole, "PYTHONPATH": os.pathsep.join(path)}
