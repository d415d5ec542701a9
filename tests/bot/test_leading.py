"""What only the leader does is begun and stopped as the lead comes and goes."""

from __future__ import annotations

import asyncio

import pytest

from bot.app.leading import while_leading
from bot.clock import Clock
from bot.keys import Vault
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
