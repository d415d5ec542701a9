"""Somebody who has just downloaded the program and set nothing."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import httpx

from bot.sandbox.supervise import free_port
from tests.journeys.processes import OURS, PATIENCE, environment, until

ALEX = 1001


def test_without_settings_the_sandbox_opens_and_leaves_when_told(tmp_path: Path) -> None:
    """It says where to open it, the real bot answers there, and SIGTERM ends both."""
    # the one setting: on a shared machine the usual port may be taken
    settings = environment({"HTTP_PORT": str(free_port())})
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [*OURS, "run"],
            cwd=tmp_path,
            env=settings,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    assert process.stdout is not None
    said = ""
    while "open http://" not in said:
        line = process.stdout.readline()
        assert line, (tmp_path / "log").read_text()
        said += line
    [url] = re.findall(r"open (http://\S+)", said)
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        page = client.get("/").text
        client.post("/sandbox/say", json={"user": ALEX, "text": "/start"})
        until(lambda: "not for emergencies" in client.get(f"/sandbox/transcript/{ALEX}").text, "it")

    [child] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.terminate()
    status = process.wait(PATIENCE)
    process.stdout.close()

    assert "No BOT_TOKEN is set" in said
    assert f":{settings['HTTP_PORT']}" in url
    assert "<html" in page.lower()
    assert status == 0
    assert not is_alive(int(child))
    assert not (tmp_path / ".env").exists()


def is_alive(number: int) -> bool:
    """Whether there is a process of that number."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True
