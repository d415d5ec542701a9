"""The sandbox as a web server: the Bot API, the control interface and the page."""

import argparse
import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bot.loop import run_to_end
from bot.sandbox import control, switches
from bot.sandbox.bot_api import bot_api, bot_file
from bot.sandbox.clock import Clock
from bot.sandbox.connection import BreakableProtocol
from bot.sandbox.refusal import Refused
from bot.sandbox.switches import BotProcess
from bot.sandbox.travel import Traveller
from bot.sandbox.webhook import Deliveries
from bot.sandbox.world import TOKEN, World

HOST = "127.0.0.1"
PAGE = Path(__file__).with_name("page")
POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"


class PortTaken(Exception):
    """The port that was asked for cannot be used."""


class Page(StaticFiles):
    """The page's files, with a policy that lets nothing foreign in."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file of that path."""
        response = await super().get_response(path, scope)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cache-Control"] = "no-cache"
        return response


class Server(uvicorn.Server):
    """A uvicorn server that leaves signals to whoever started it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: signals stay where they are."""
        yield


def application(
    world: World, *, host: str = HOST, health_url: str | None = None,
    process: BotProcess | None = None, data_dir: Path | None = None,
) -> Starlette:  # fmt: skip
    """The web application of one world."""
    app = Starlette(
        routes=[
            Route("/bot{token}/{method}", bot_api, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", bot_file),
            *control.ROUTES,
            *switches.ROUTES,
            Mount("/", Page(directory=PAGE, html=True)),
        ],
        exception_handlers={HTTPException: _say_why, Refused: _say_refused},
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=_names(host))],
        lifespan=_deliveries,
    )
    app.state.world = world
    app.state.traveller = Traveller(world, health_url)
    app.state.process = process
    app.state.data_dir = str(data_dir or "")
    app.state.background = set()
    return app


def _names(host: str) -> list[str]:
    # On the loopback nobody has a reason to call us by another name, unless to trick a browser.
    return ["127.0.0.1", "localhost"] if host == HOST else ["*"]


@contextlib.asynccontextmanager
async def serve(
    world: World, port: int = 0, *, host: str = HOST, health_url: str | None = None,
    process: BotProcess | None = None, data_dir: Path | None = None,
) -> AsyncIterator[str]:  # fmt: skip
    """The address at which that world can be called, while the block lasts."""
    app = application(world, host=host, health_url=health_url, process=process, data_dir=data_dir)
    with _socket(host, port) as listening:
        config = uvicorn.Config(
            app, http=BreakableProtocol, ws="none", lifespan="on", log_level="warning",
            access_log=False, timeout_graceful_shutdown=2, timeout_keep_alive=75,
        )  # fmt: skip
        server = Server(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            await _until_started(server, running)
            yield f"http://{host}:{listening.getsockname()[1]}"
        finally:
            world.close()
            server.should_exit = True
            await running


async def _until_started(server: uvicorn.Server, running: asyncio.Task[None]) -> None:
    while not server.started:
        if running.done():
            running.result()
            raise RuntimeError("the sandbox server ended before it had started")
        await asyncio.sleep(0.005)


def _socket(host: str, port: int) -> socket.socket:
    # Only a socket that says TCP gets TCP_NODELAY from asyncio; without it answers take 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise PortTaken(
            f"Port {port} on {host} cannot be used ({error.strerror}): "
            "choose another one with --port, or with HTTP_PORT for `paceful run`."
        ) from error
    return listening


@contextlib.asynccontextmanager
async def _deliveries(app: Starlette) -> AsyncIterator[None]:
    delivering = asyncio.create_task(Deliveries(app.state.world).run())
    try:
        yield
    finally:
        app.state.world.close()
        for task in (delivering, *app.state.background):
            task.cancel()
        await asyncio.gather(delivering, *app.state.background, return_exceptions=True)


def tell(line: str) -> None:
    """Print a line at once: whoever started this process reads it."""
    print(line, flush=True)  # noqa: T201 - a program in a terminal speaks by printing


async def _say_why(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return JSONResponse({"error": getattr(error, "detail", "")}, status)


async def _say_refused(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 404)


async def _run(port: int, clock_file: Path | None, health_url: str | None, token: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    world = World(token, clock=Clock(clock_file))
    async with serve(world, port, health_url=health_url) as url:
        tell(url)
        await stop.wait()


def main() -> None:
    """Run only the server, without a bot, until a signal ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--clock-file", type=Path)
    parser.add_argument("--bot-health", metavar="URL")
    parser.add_argument("--token", default=TOKEN)
    given = parser.parse_args()
    run_to_end(_run(given.port, given.clock_file, given.bot_health, given.token))


if __name__ == "__main__":
    main()
