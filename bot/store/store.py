"""The store: one thread that writes, two that read, one transaction for each call."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from bot.keys import Vault
from bot.store import engine, keyring
from bot.store.errors import BadDatabase
from bot.store.unit import Unit

READERS = 2
P = ParamSpec("P")
T = TypeVar("T")


class Store:
    """The database, open. Begin with `Store.open`, end with `close`."""

    def __init__(self, url: str, vault: Vault) -> None:
        self._vault = vault
        self._writing = engine.writing(url)
        self._reading = engine.reading(url, READERS)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")

    @classmethod
    def open(cls, url: str, vault: Vault) -> Self:
        """The store on a migrated database, or BadDatabase if these keys are not its keys."""
        store = cls(url, vault)
        try:
            # with another key nobody would be recognised, and every patient would be a stranger
            store.write_now(keyring.take_up)
        except DBAPIError as error:
            store.close()
            msg = "The database cannot be used; `paceful migrate` says why"
            raise BadDatabase(msg) from error
        except BadDatabase:
            store.close()
            raise
        return store

    @property
    def vault(self) -> Vault:
        """What opens and recognises what is kept here."""
        return self._vault

    async def write(
        self, work: Callable[Concatenate[Unit, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What the work gives back, after one transaction that was committed.

        Where the work raises, nothing of it is kept. Work that has begun is finished by its thread
        even if nobody waits for it any more.
        """
        return await self._in_thread(
            self._writer, lambda: self._run(self._writing, work, *args, **kwargs)
        )

    async def read(
        self, work: Callable[Concatenate[Unit, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What the work gives back; it cannot write."""
        return await self._in_thread(
            self._readers, lambda: self._run(self._reading, work, *args, **kwargs)
        )

    def write_now(
        self, work: Callable[Concatenate[Unit, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Like `write`, for callers that have no event loop."""
        return self._writer.submit(lambda: self._run(self._writing, work, *args, **kwargs)).result()

    def read_now(
        self, work: Callable[Concatenate[Unit, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Like `read`, for callers that have no event loop."""
        return self._readers.submit(
            lambda: self._run(self._reading, work, *args, **kwargs)
        ).result()

    def tidy(self) -> None:
        """What was overwritten in an SQLite file is gone from the log beside it too, if it can."""
        self._writer.submit(engine.empty_log, self._writing).result()

    def close(self) -> None:
        """Finish what has begun, and let go of the database."""
        for executor in (self._writer, self._readers):
            executor.shutdown(wait=True)
        for each in (self._writing, self._reading):
            each.dispose()

    async def _in_thread(self, executor: Executor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(executor, work)

    def _run(
        self,
        source: Engine,
        work: Callable[Concatenate[Unit, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        with source.begin() as connection:
            unit = Unit(connection, self._vault)
            done = work(unit, *args, **kwargs)
            unit.finish()
            return done
