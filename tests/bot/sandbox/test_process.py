"""The sandbox as people and tests start it: as a process, with the bot as its child."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.sandbox.child import environment
from bot.sandbox.supervise import free_port, secret_keys
from tests.bot.sandbox.processes import START, running_sandbox, start, told, until

Json = dict[str, Any]


async def test_the_bot_answers_is_restarted_and_stops_in_order(tmp_path: Path) -> None:
    """A person writes, the bot is restarted, it answers again, and SIGTERM ends both with 0."""
    async with running_sandbox(tmp_path) as (process, client):
        await until(client, "/sandbox/state", lambda text: '"bot":"running"' in text)
        await client.post("/sandbox/say", json={"user": 1001, "text": "one"})
        await until(client, "/sandbox/transcript/1001", lambda text: "You said: one" in text)

        await client.post("/sandbox/restart", json={})
        await client.post("/sandbox/say", json={"user": 1001, "text": "two"})
        await until(client, "/sandbox/transcript/1001", lambda text: "You said: two" in text)
        process.send_signal(signal.SIGTERM)
        status = await process.wait()

    assert status == 0
    assert (tmp_path / "sandbox-keys").stat().st_mode & 0o777 == 0o600
    assert float((tmp_path / "sandbox-clock").read_text()) == 0


async def test_a_clinician_is_invited_by_the_bot_itself(tmp_path: Path) -> None:
    """The code is the last line of what the bot's own command prints; options are no names."""
    async with running_sandbox(tmp_path) as (_, client):
        invited = await client.post("/sandbox/invite", json={"name": "Robin"})
        refused = await client.post("/sandbox/invite", json={"name": "--help"})

    assert invited.json() == {"code": "CODE-42"}
    assert refused.status_code == 400


async def test_a_bot_that_dies_is_started_again_and_seen_to_be(tmp_path: Path) -> None:
    """The page shows that it died, and when it will be tried again."""
    port = free_port()
    dying = [sys.executable, "-c", "raise SystemExit(3)"]
    process = await start("-c", START, str(port), str(tmp_path), *dying)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        await told(process, "open http://")
        again = "died with status 3, restarting in 4 s"
        await until(client, "/sandbox/state", lambda text: again in text)
    process.send_signal(signal.SIGINT)

    assert await process.wait() == 0


async def test_a_taken_port_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command itself: the setting to change is named, and no trace is shown."""
    listener = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    process = await start("-m", "bot", "sandbox", "--port", str(port))

    _, complaint = await process.communicate()
    listener.close()

    assert process.returncode == 2
    wanted = f"Paceful did not start. Port {port} on 127.0.0.1 cannot be used"
    assert complaint.decode().splitlines()[-1].startswith(wanted)
    assert complaint.decode().strip().endswith("HTTP_PORT for `paceful run`.")


async def test_a_second_sandbox_in_the_same_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command itself; it names the way out, and the first one lives on."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    command = ("-m", "bot", "sandbox", "--port", "0")
    first = await start(*command)
    url = (await told(first, "open http://")).split("open ")[1].strip()
    second = await start(*command)
    _, complaint = await second.communicate()

    async with httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/sandbox/state")).is_success
    first.send_signal(signal.SIGTERM)
    assert (await first.wait(), second.returncode) == (0, 2)
    (sentence,) = complaint.decode().splitlines()
    assert sentence.startswith("Paceful did not start. Another sandbox is running in ")
    assert sentence.endswith("stop that one first, or set DATA_DIR to another folder.")


async def test_the_server_alone_runs_as_a_process(tmp_path: Path) -> None:
    """It prints its address, keeps the clock file, and ends with 0."""
    clock = tmp_path / "clock"
    process = await start("-m", "bot.sandbox.server", "--port", "0", "--clock-file", str(clock))
    url = (await told(process, "http://")).strip()
    async with httpx.AsyncClient(base_url=url) as client:
        await client.post("/sandbox/clock", json={"offset_seconds": 60})
        state: Json = (await client.get("/sandbox/state")).json()
        no_bot = await client.post("/sandbox/restart", json={})
    process.send_signal(signal.SIGTERM)

    assert await process.wait() == 0
    assert (state["bot"], clock.read_text()) == ("elsewhere", "60.000\n")
    assert no_bot.status_code == 409


def test_a_sandbox_never_touches_a_real_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What points at a real service stays behind, be it in the environment or in a file."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://real")
    monkeypatch.setenv("SMTP_URL", "smtp://real")
    env_file = tmp_path / ".env"
    env_file.write_text("WEBHOOK_URL=https://real\nCOUNTRY=NO\nCONTENT_DIR=content\n")

    found = environment({"BOT_TOKEN": "sandbox"}, env_file)

    assert not {"DATABASE_URL", "SMTP_URL", "WEBHOOK_URL"} & set(found)
    assert (found["BOT_TOKEN"], found["COUNTRY"]) == ("sandbox", "NO")
    assert Path(found["CONTENT_DIR"]).is_absolute()


def test_keys_of_the_environment_are_used_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox makes a key only when there is none, and keeps it for the next start."""
    own = secret_keys(tmp_path)
    assert secret_keys(tmp_path) == own
    monkeypatch.setenv("SECRET_KEYS", "given")
    assert secret_keys(tmp_path) == "given"
