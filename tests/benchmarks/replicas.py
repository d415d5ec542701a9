"""One process and three on one PostgreSQL: how many turns a second, and nothing twice.

`python -m tests.benchmarks.replicas`: 200 chats act again as soon as they were answered; one
process, three, one, three. One of them polls, all work. PostgreSQL waits for its disk as it does
by itself; nothing is bound to a core, for there are more programs than cores.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.__main__ import say
from tests.benchmarks.contest import (
    Load,
    Result,
    first_poll,
    lean_server,
    play,
    product,
    result_of,
    running,
)
from tests.benchmarks.page import put
from tests.benchmarks.rehearsal import Rehearsal
from tests.benchmarks.table import by_name, faults, lines
from tests.conftest import Server, name_in, own_server

NAMES = {1: "one process", 3: "three processes"}
HEADS = ("what", "turns/s", "range", "×", "CPU s / 1,000", "p50 ms", "p99 ms")
JOINING_SECONDS = 15.0
"""So long after the first poll every other process has begun to work."""


class Stage:
    """A PostgreSQL with patients who were enrolled beforehand; each round has a copy."""

    def __init__(self, server: Server, folder: Path, chats: int) -> None:
        self._server, self._folder = server, folder
        self._rehearsal = Rehearsal(folder, chats)
        url = server.create()
        self._rehearsal.live(url)
        self._template = name_in(url)

    def round(self, count: int, load: Load) -> Result:
        """What so many processes came to."""
        database = self._server.create(self._template)
        with TemporaryDirectory(dir=self._folder) as made, ExitStack() as stack:
            twin = stack.enter_context(running(lean_server(), None, {}, Path(made)))
            assert twin.stdout is not None
            url = twin.stdout.readline().strip()
            folders = [Path(made) / str(number) for number in range(count)]
            bots = [stack.enter_context(self._bot(each, database, url)) for each in folders]
            first_poll(url, bots[0])
            time.sleep(JOINING_SECONDS if count > 1 else 0.0)
            found = play(url, load, self._rehearsal.script, [each.pid for each in bots])
        return result_of(NAMES[count], found, 0.0)

    def _bot(
        self, folder: Path, database: str, url: str
    ) -> AbstractContextManager[subprocess.Popen[str]]:
        folder.mkdir()
        settings = self._rehearsal.settings_on(database, folder, url)
        return running(product(self._rehearsal).command, None, settings, folder)


def main() -> int:
    """0 if nothing was done twice, else 1."""
    given = _arguments()
    load = Load(given.chats, given.warm, given.seconds)
    with own_server(durable=True) as server, TemporaryDirectory() as folder:
        stage = Stage(server, Path(folder), given.chats)
        results = [stage.round(count, load) for _ in range(given.rounds) for count in NAMES]
    told = lines(HEADS, _rows(results))
    say(told)
    wrong = faults(results)
    say("\n".join(wrong))
    if given.write:
        put("replicas", told)
    return 1 if wrong else 0


def _rows(results: Sequence[Result]) -> list[list[str]]:
    every = by_name(results)
    alone = every[NAMES[1]].middle(_rate)
    return [
        [
            *(name, f"{of.middle(_rate):,.0f}", of.span(_rate, ",.0f")),
            *(f"{of.middle(_rate) / alone:.2f}", f"{of.middle(lambda it: it.cpu):.2f}"),
            *(f"{of.middle(lambda it: it.median):,.0f}", f"{of.middle(lambda it: it.late):,.0f}"),
        ]
        for name, of in every.items()
    ]


def _rate(result: Result) -> float:
    return result.rate


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--chats", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--warm", type=float, default=3)
    parser.add_argument("--write", action="store_true", help="put the table into the page")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
