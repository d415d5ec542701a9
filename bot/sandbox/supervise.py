"""The whole sandbox: the server, the page, and the unchanged bot as a child process."""

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

from bot.keys import new_key
from bot.sandbox.child import BOT, Child, environment
from bot.sandbox.clock import Clock
from bot.sandbox.server import HOST, PortTaken, serve, tell
from bot.sandbox.world import TOKEN, World
from bot.service.folders import alone
from bot.settings import BadSetting

PATIENT = {"id": 1001, "first_name": "Alex", "is_bot": False, "language_code": "en"}
CLINICIAN = {"id": 2001, "first_name": "Robin", "is_bot": False, "language_code": "en"}
DATABASE = "paceful.sqlite3"
Json = dict[str, Any]
# Numbers count on from the seconds since this moment, so that no run repeats those of another.
FIRST_SECOND = 1_790_000_000


async def run_sandbox(
    port: int,
    data_dir: Path,
    host: str = HOST,
    *,
    bot: Sequence[str] = BOT,
    demo: Sequence[Json] = (),
    first: Sequence[str] = (),
) -> None:
    """Nothing, once a signal has ended the sandbox and the bot in it.

    `demo` are people who have long been writing to the bot; `first` is the bot's command that
    makes their database, run when there is none. BadSetting if it cannot be here.
    """
    data_dir = _made(data_dir)
    with _only_one_in(data_dir):
        await _run(port or free_port(), data_dir, host, bot, demo, first)


@contextlib.contextmanager
def _only_one_in(data_dir: Path) -> Iterator[None]:
    # they would share a clock and a database, and each number its messages for itself
    try:
        with alone(data_dir):
            yield
    except BlockingIOError:
        sentence = (
            f"Another sandbox is running in {data_dir}: stop that one first, or set DATA_DIR to"
            " another folder."
        )
        raise BadSetting("DATA_DIR", sentence) from None


async def _run(
    port: int,
    data_dir: Path,
    host: str,
    bot: Sequence[str],
    demo: Sequence[Json],
    first: Sequence[str],
) -> None:
    bot_port = free_port()
    world = new_world(data_dir)
    for person in demo:
        world.add_person(person).started = True
    child = Child(world, environment(_wiring(port, bot_port, data_dir)), data_dir, bot)
    if first and not (data_dir / DATABASE).exists():
        await _prepare(child, first)
    health_url = f"http://127.0.0.1:{bot_port}/healthz"
    try:
        async with serve(
            world, port, host=host, health_url=health_url, process=child, data_dir=data_dir
        ):
            tell(f"Paceful sandbox: open http://{host}:{port}")
            await _until_signalled(child)
    except PortTaken as taken:
        raise BadSetting("HTTP_PORT", str(taken)) from None


async def _prepare(child: Child, command: Sequence[str]) -> None:
    status = await child.carry_out(*command)
    if status:
        raise SystemExit(status)


def new_world(data_dir: Path) -> World:
    """A world with a patient and a clinician, whose clock is the one kept in that folder."""
    first = int(time.time()) - FIRST_SECOND
    clock = Clock(data_dir / "sandbox-clock")
    world = World(clock=clock, first_update=first, first_message=first)
    for person in (PATIENT, CLINICIAN):
        world.add_person(dict(person))
    return world


def free_port() -> int:
    """A port on the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def secret_keys(data_dir: Path) -> str:
    """The keys of this sandbox: those of the environment, or its own, made at the first start."""
    if given := os.environ.get("SECRET_KEYS"):
        return given
    file = data_dir / "sandbox-keys"
    with contextlib.suppress(FileNotFoundError):
        return file.read_text(encoding="utf-8").strip()
    key = new_key()
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as fresh:
        fresh.write(key + "\n")
    tell(f"SECRET_KEYS is not set, so the sandbox made a key of its own: {file}")
    return key


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def _wiring(port: int, bot_port: int, data_dir: Path) -> dict[str, str]:
    return {
        "BOT_TOKEN": TOKEN,
        "BOT_API_URL": f"http://127.0.0.1:{port}",
        "DATA_DIR": str(data_dir),
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(bot_port),
        "CLOCK_OFFSET_FILE": str(data_dir / "sandbox-clock"),
        "SECRET_KEYS": secret_keys(data_dir),
    }


async def _until_signalled(child: Child) -> None:
    async with _stop_signal() as stop:
        living = asyncio.create_task(child.keep_running())
        ended = asyncio.create_task(stop.wait())
        await asyncio.wait((living, ended), return_when=asyncio.FIRST_COMPLETED)
        await child.stop()
        for task in (living, ended):
            task.cancel()
        outcome, _ = await asyncio.gather(living, ended, return_exceptions=True)
        if isinstance(outcome, Exception):
            raise outcome


@contextlib.asynccontextmanager
async def _stop_signal() -> AsyncIterator[asyncio.Event]:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
