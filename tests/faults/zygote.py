"""A process that has read everything once, and forks a bot, or a sandbox, for each run.

Orders come in as lines of JSON and each is answered by one: `start` with a process id, `poll` with
an exit status or null. It has no thread and no event loop, so that a fork is as good as new.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import random
import signal
import ssl
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from tests.faults.striking import Order, install

Json = dict[str, Any]
BOT, SANDBOX = PROGRAMS = ("bot.cli", "bot.sandbox.server")
"""The modules whose `main` can be had as a process."""


def main() -> None:
    """Serve orders until the input ends; then end every child."""
    warm(*map(Path, sys.argv[1:]))
    assert threading.active_count() == 1
    gc.freeze()
    children: dict[int, int | None] = {}
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_obey(json.loads(line), children)) + "\n")
        sys.stdout.flush()
    for child, status in children.items():
        if status is None:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)


def warm(*contents: Path) -> None:
    """Everything imported, and the content read and proofread, before the first fork."""
    run = importlib.import_module("bot.app.run")
    compiling = importlib.import_module("bot.content.compiled")
    # every first start of a bot does this with the same folder and the same outcome
    once = cache(vars(compiling)["_proved"])
    for content in contents:
        once(content)
    setattr(compiling, "_proved", once)  # noqa: B010
    run.places()
    with tempfile.TemporaryDirectory() as folder:
        # alembic and its scripts are read here, and not at every start
        run.migrate(f"sqlite:///{folder}/scratch.sqlite3")
    for needed in (*PROGRAMS, "bot.cli.operators", "anyio._backends._asyncio", "psycopg"):
        importlib.import_module(needed)
    # the list of all authorities, for a server that is reached without TLS
    setattr(ssl, "create_default_context", cache(ssl.create_default_context))  # noqa: B010


def _obey(order: Json, children: dict[int, int | None]) -> Json:
    if "start" in order:
        child = _start(order["start"])
        children[child] = None
        return {"pid": child}
    child = int(order["poll"])
    if children[child] is None:
        ended, status = os.waitpid(child, 0 if order["wait"] else os.WNOHANG)
        children[child] = os.waitstatus_to_exitcode(status) if ended else None
    return {"status": children[child]}


def _start(wish: Json) -> int:
    child = os.fork()
    if child:
        return child
    with suppress(BaseException):
        os._exit(_bot(wish))
    os._exit(70)


def _bot(wish: Json) -> int:
    """The exit status of a command with this environment, folder, log and strike."""
    appending = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    said, log = (os.open(wish[name], appending) for name in ("said", "log"))
    nothing = os.open(os.devnull, os.O_RDWR)
    for number, file in enumerate((nothing, said, log)):
        os.dup2(file, number)
    os.environ.clear()
    os.environ.update(wish["environment"])
    os.chdir(wish["folder"])
    random.seed()
    for module, name, value in wish["hurry"]:
        hurried = importlib.import_module(module)
        assert hasattr(hurried, name), f"{module} has no {name} any more"
        setattr(hurried, name, value)
    if wish["breaks"]:
        importlib.import_module(wish["breaks"]).breaks()
    if wish["order"]:
        install(Order(**wish["order"]))
    sys.argv = ["paceful", *wish["arguments"]]
    return _run(importlib.import_module(wish["program"]).main)


def _run(command: Callable[[], None]) -> int:
    try:
        command()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - the end of a process, told as Python does
        sys.excepthook(*sys.exc_info())
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    main()
