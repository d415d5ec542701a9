"""`paceful sandbox --demo`: a living clinic, opened by one command."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.sandbox.supervise import free_port
from tests.journeys.processes import environment, until

PATIENTS = 2
MAKING = 540.0
LEAD = 2001
Json = dict[str, Any]


class Demo:
    """The page of a demo that runs, as a browser asks it."""

    def __init__(self, port: int) -> None:
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}/sandbox", timeout=20, trust_env=False
        )

    def says(self, user: int, text: str, answered: str) -> str:
        """All that is in somebody's chat once what they wrote was answered so."""
        said = self.client.post("/say", json={"user": user, "text": text})
        assert said.is_success, said.text
        until(lambda: answered in self.chat(user), f"{text} is answered with {answered}")
        return self.chat(user)

    def chat(self, user: int) -> str:
        """Somebody's chat as plain lines."""
        return self.client.get(f"/transcript/{user}").text

    def state(self) -> Json:
        """How the sandbox stands."""
        return dict(self.client.get("/state").json())


@contextmanager
def demo(folder: Path) -> Iterator[tuple[Demo, list[str]]]:
    """A demo and what its process told until the page opened; stopped in order at the end."""
    port = free_port()
    command = (sys.executable, "-m", "bot", "sandbox", "--demo")
    process = subprocess.Popen(
        [*command, "--patients", str(PATIENTS), "--port", str(port)],
        env=environment({"DATA_DIR": str(folder / "data")}),
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    page = Demo(port)
    try:
        yield page, _told_until_open(process)
    finally:
        page.client.close()
        process.terminate()
        assert process.wait(30) == 0
        process.stdout.close()


def _told_until_open(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    lines, given_up = [], time.monotonic() + MAKING
    for line in process.stdout:
        lines.append(line.strip())
        assert time.monotonic() < given_up, lines
        if "open http://" in line:
            return lines
    raise AssertionError(lines)


@pytest.mark.slow
def test_one_command_opens_a_clinic_that_lives_and_keeps_it(tmp_path: Path) -> None:
    """Made once; the lead sees alerts, a patient goes on where they were; nobody is refused."""
    with demo(tmp_path) as (page, told):
        assert told[0] == f"Making a clinic of {PATIENTS} patients: about a minute"
        assert any(line.startswith("alerts: ") for line in told)
        assert "raised" in page.says(LEAD, "/alerts", "Open alerts")
        assert "within five minutes" in page.says(LEAD, "/page", "/clinic/")
        patient = page.says(1001, "/menu", "[")
        assert "Welcome" not in patient
        assert page.state()["refusals"] == []
    assert [each.name for each in (tmp_path / "data").iterdir()] == ["sandbox-demo"]

    with demo(tmp_path) as (page, told):
        assert not any("Making" in line for line in told)
        page.says(LEAD, "/patients", "last seen")
