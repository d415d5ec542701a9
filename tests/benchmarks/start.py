"""How long the bot takes to its first poll, and what it holds in memory when it is at rest.

`python -m tests.benchmarks.start`: a cold start on an empty DATA_DIR, then warm ones, each a real
process of the whole programme against a server that only listens for the poll.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bot.keys import new_key

ROOT = Path(__file__).parents[2]
TOKEN = f"1000001:{'A' * 35}"
REST_SECONDS = 6.0
_TICKS = os.sysconf("SC_CLK_TCK")
_ME = {"id": 1, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}


@dataclass(frozen=True, slots=True)
class Started:
    """One start: seconds by the wall and of the processor to the first poll, and MiB at rest."""

    seconds: float
    processor: float
    resident: float
    own: float


class Listener(ThreadingHTTPServer):
    """A Bot API server that notes when it was polled for the first time."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.polled = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer any method of the Bot API."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        method = self.path.partition("?")[0].rpartition("/")[2]
        if method == "getUpdates":
            self.server.polled.set()
            time.sleep(1)
        results = {"getMe": _ME, "getUpdates": []}
        body = json.dumps({"ok": True, "result": results.get(method, True)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        # a bot that was told to stop does not wait for its poll
        with suppress(BrokenPipeError):
            self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        """Nothing: only the first poll is looked for."""


def starts(folder: Path, times: int) -> Iterator[Started]:
    """So many starts on one DATA_DIR, the first of them cold."""
    key = new_key()
    for _ in range(times):
        yield _start(folder, key)


def _start(folder: Path, key: str) -> Started:
    with _listening() as server:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"], env=_settings(folder, key, server), cwd=ROOT
        )
        try:
            assert server.polled.wait(60), "it never polled"
            seconds, processor = time.monotonic() - began, _processor(process.pid)
            time.sleep(REST_SECONDS)
            memory = _memory(process.pid)
        finally:
            process.terminate()
            process.wait(60)
    return Started(seconds, processor, memory["Rss"], memory["Private"])


@contextmanager
def _listening() -> Iterator[Listener]:
    server = Listener()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def _settings(folder: Path, key: str, server: Listener) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "BOT_TOKEN": TOKEN,
        "BOT_API_URL": f"http://127.0.0.1:{server.server_port}",
        "DATA_DIR": str(folder),
        "SECRET_KEYS": key,
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(_free_port()),
        "COUNTRY": "CA",
        "LOG_LEVEL": "WARNING",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(pid: int) -> dict[str, float]:
    """MiB that are resident, and those of them that no other process shares."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    found = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return {"Rss": found["Rss"], "Private": found["Private_Clean"] + found["Private_Dirty"]}


def main() -> None:
    """Print one line for each start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=4, help="how many starts, the first cold")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for number, made in enumerate(starts(Path(folder) / "data", wish.times)):
            sys.stdout.write(
                f"{'warm' if number else 'cold'}: first poll after {made.seconds:.2f} s, "
                f"{made.processor:.2f} s of processor; at rest {made.resident:.0f} MiB resident, "
                f"{made.own:.0f} MiB of its own\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
