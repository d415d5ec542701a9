"""Starting the sandbox as a process of its own, and waiting for what it tells."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from bot.sandbox.supervise import free_port
from tests.bot.sandbox.conftest import ROOT

ECHO = Path(__file__).with_name("echo_bot.py")
START = """
import asyncio, pathlib, sys
from bot.sandbox.supervise import run_sandbox
asyncio.run(run_sandbox(int(sys.argv[1]), pathlib.Path(sys.argv[2]), bot=sys.argv[3:]))
"""


async def start(*arguments: str) -> Process:
    """A Python process of this project."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("SECRET_KEYS", None)
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=environment, stdout=PIPE, stderr=PIPE
    )


@asynccontextmanager
async def running_sandbox(folder: Path) -> AsyncIterator[tuple[Process, httpx.AsyncClient]]:
    """The whole sandbox with the echo bot, until its process is ended."""
    port = free_port()
    process = await start("-c", START, str(port), str(folder), sys.executable, str(ECHO))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        try:
            await told(process, "open http://")
            yield process, client
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def told(process: Process, words: str) -> str:
    """The line that says so."""
    assert process.stdout is not None
    async with asyncio.timeout(20):
        while True:
            line = (await process.stdout.readline()).decode()
            assert line, "the process ended without a word"
            if words in line:
                return line


async def until(client: httpx.AsyncClient, path: str, done: Callable[[str], bool]) -> str:
    """The answer, as soon as it is as wished."""
    async with asyncio.timeout(20):
        while True:
            text = (await client.get(path)).text
            if done(text):
                return text
            await asyncio.sleep(0.05)
