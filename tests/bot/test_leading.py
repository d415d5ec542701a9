"""What only the leader does is begun and stopped as the lead comes and goes."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from bot.app.leading import GLANCE, while_leading
from bot.clock import Clock
from bot.keys import Vault
from bot.store import replicas
from bot.store.replicas import join
from tests.bot.service.practice import until


class Work:
    """Something that goes on until it is stopped."""

    def __init__(self) -> None:
        self.begun, self.is_on = 0, False

    async def go_on(self) -> None:
        """Go on for ever."""
        self.begun, self.is_on = self.begun + 1, True
        try:
            await asyncio.Event().wait()
        finally:
            self.is_on = False


@contextmanager
def standing_still(url: str, number: int) -> Iterator[None]:
    """Meanwhile the server's end of this replica's session does nothing, as on a hung disk."""
    query = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND classid = %s"
    with psycopg.connect(url) as connection:
        found = connection.execute(query, (number, replicas._OURS)).fetchone()
    assert found is not None
    os.kill(found[0], signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(found[0], signal.SIGCONT)


@pytest.mark.postgres
async def test_the_work_passes_from_one_to_the_other(postgres_url: str, vault: Vault) -> None:
    """It is on in one process at a time, and ends where the lead is lost."""
    first, second = (join(postgres_url, vault, Clock(), "1.0") for _ in range(2))
    works = Work(), Work()
    tasks = [
        asyncio.create_task(while_leading(replica, work.go_on))
        for replica, work in zip((first, second), works, strict=True)
    ]
    await until(lambda: works[0].is_on)
    assert not works[1].is_on

    first.leave()
    await until(lambda: not works[0].is_on)
    await second.beat()
    await until(lambda: works[1].is_on)

    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    second.leave()
    assert [work.begun for work in works] == [1, 1]
    assert not works[1].is_on


async def test_what_breaks_in_it_is_raised(sqlite_url: str, vault: Vault) -> None:
    """A poller that ends by a fault of ours must not end in silence."""

    async def breaks() -> None:
        raise LookupError

    replica = join(sqlite_url, vault, Clock(), "1.0")
    with pytest.raises(LookupError):
        await while_leading(replica, breaks)
    replica.leave()


@pytest.mark.postgres
async def test_what_listens_goes_on_while_the_database_stands_still(
    postgres_url: str, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that neither answers nor breaks the connection lets nobody lead, but words come."""
    monkeypatch.setattr(replicas, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(replicas, "SILENCE_SECONDS", 1)
    replica, work = join(postgres_url, vault, Clock(), "1.0"), Work()
    beating = asyncio.create_task(replica.live())
    listening = asyncio.create_task(while_leading(replica, work.go_on, lambda: replica.is_cut_off))
    await until(lambda: work.is_on)

    with standing_still(postgres_url, replica.number):
        await until(lambda: not replica.leads)
        await asyncio.sleep(2 * GLANCE)
        assert replica.is_cut_off
        assert work.is_on
        assert work.begun == 1
    await until(lambda: replica.leads)

    assert not replica.is_cut_off
    for task in (beating, listening):
        task.cancel()
    await asyncio.gather(beating, listening, return_exceptions=True)
    replica.leave()
