"""The running service: everything wired together, from the first poll to the last commit."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from importlib.metadata import version
from typing import Any

import uvicorn

from bot.app.deadman import DeadMan, watching
from bot.app.listening import Listening, beat
from bot.app.logs import secrets_of, set_up
from bot.app.memory import give_back
from bot.app.web import web
from bot.clinic import clinic
from bot.clinic.shell import headers
from bot.clock import Clock
from bot.content.cache import cache_of
from bot.content.compiled import compiled
from bot.content.places import places
from bot.keys import Vault
from bot.mail import Courier, route_of
from bot.service.auditing import Exporting
from bot.service.deliver import Delivery
from bot.service.erasing import stay_erased
from bot.service.health import Pulse, health
from bot.service.mail_delivery import MailDelivery
from bot.service.picture import Painter
from bot.service.releases import Releases
from bot.service.renewal import take_up
from bot.service.shelter import Shelter
from bot.service.site import Site
from bot.service.spool import FOLDER, Spool
from bot.service.unaided import Unaided
from bot.settings import BadSetting, Settings
from bot.store.engine import file_of
from bot.store.errors import BadDatabase
from bot.store.keyring import check_database
from bot.store.migrate import migrate
from bot.store.replicas import Replica, join
from bot.store.same_file import same_file
from bot.store.store import Store
from bot.telegram import gateway
from bot.telegram.intake import Intake
from bot.telegram.reading import read as read_update
from bot.workers import Workers

log = logging.getLogger(__name__)

DRAIN_SECONDS = 7


def site_for(settings: Settings) -> Site:
    """This installation's content, clock and hours; ContentError if the content is broken."""
    if not (settings.content_dir / "program.yaml").is_file():
        raise BadSetting("CONTENT_DIR", "CONTENT_DIR must be a folder with a program.yaml in it.")
    cache = cache_of(settings)
    release = compiled(settings.content_dir, cache)
    if settings.language != release.program.language:
        sentence = f"LANGUAGE must be {release.program.language}: the content has no other."
        raise BadSetting("LANGUAGE", sentence)
    clock = Clock(settings.clock_offset_file)
    return Site(settings, Releases(release, partial(places, cache)), clock, read_update)


def courier_for(settings: Settings) -> Courier | None:
    """The way to the mail server, or None where none is set."""
    if settings.smtp_url is None or settings.mail_from is None:
        return None
    return Courier(route_of(settings.smtp_url.get_secret_value()), settings.mail_from)


def make_data_dir(settings: Settings) -> None:
    """The folder for the database is there after this; BadSetting if it cannot be made."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sentence = f"DATA_DIR cannot be made: {error.strerror}. Choose another folder."
        raise BadSetting("DATA_DIR", sentence) from None


def open_store(settings: Settings) -> Store:
    """The migrated database; BadDatabase if it cannot be used."""
    make_data_dir(settings)
    vault = Vault(settings.keys)
    check_database(settings.database, vault)
    migrate(settings.database)
    return Store.open(settings.database, vault)


def _keep_together(settings: Settings) -> None:
    """BadDatabase if the database's file is gone while messages for it wait beside it."""
    file = file_of(settings.database)
    waiting = any(settings.data_dir.joinpath(FOLDER).glob("*.jsonl"))
    if waiting and file is not None and not file.exists():
        msg = (
            "The database file is gone, and messages for it wait in DATA_DIR/spool: put the file "
            "back, or use `paceful restore FILE`, and they will be handled"
        )
        raise BadDatabase(msg)


async def run(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; turns in hand are finished, the rest waits in the inbox."""
    set_up(settings.log_level, secrets_of(settings))
    stopping = _stop_signal()
    make_data_dir(settings)
    site, vault = site_for(settings), Vault(settings.keys)
    _keep_together(settings)
    # before anything is touched: another process may be at work on the same file
    replica = join(settings.database, vault, site.clock, version("paceful"))
    try:
        store = Store.open(settings.database, vault)
        try:
            await store.write(take_up, site)
            await store.write(stay_erased, site)
            await Service(settings, site, store, replica, stopping).serve()
        finally:
            store.close()
    finally:
        replica.leave()


class Service:
    """The loops of one process, started together and stopped in order."""

    def __init__(
        self,
        settings: Settings,
        site: Site,
        store: Store,
        replica: Replica,
        stopping: asyncio.Event,
    ) -> None:
        token = settings.bot_token
        if token is None:
            raise BadSetting("BOT_TOKEN", "BOT_TOKEN is missing.")
        self._settings, self._site, self._store = settings, site, store
        self._replica = replica
        self._token = token.get_secret_value()
        self._wire = gateway.open_wire()
        self._bot = gateway.open_bot(self._token, settings.bot_api_url, self._wire)
        self._pulse = Pulse()
        self._painter = Painter()
        delivery = Delivery(store, site, gateway.Telegram(self._bot), self._painter, replica)
        mail = MailDelivery(store, site, courier_for(settings), replica)
        exporting = Exporting(store, site)
        self._workers = Workers(store, site, delivery, self._pulse, mail, replica, exporting)
        vault = Vault(settings.keys)
        self._is_there = same_file(settings.database)
        self._shelter = Shelter(
            store,
            site,
            Spool(settings.data_dir / FOLDER, vault),
            Unaided(site, gateway.Telegram(self._bot)),
            commit=self._workers.take_in,
            wake=self._workers.wake,
            is_there=self._is_there,
        )
        self._intake = Intake(store, vault, site.clock, self._arrived, self._shelter.keep, replica)
        self._listening = Listening(
            self._bot, self._intake, store, site, pulse=self._pulse, replica=replica
        )
        self._stopping = stopping

    async def serve(self) -> None:
        """Serve until told to stop; the first loop that breaks stops the others and is raised."""
        server = self._server()
        door = _listen(self._settings.http_host, self._settings.http_port)
        await self._shelter.begin()
        # a search for garbage would look at the whole release, and nobody be served meanwhile
        gc.freeze()
        give_back()
        # work that nobody should wait for when the first patient names a city
        warming = asyncio.create_task(asyncio.to_thread(self._warm))
        async with self._watched(), asyncio.TaskGroup() as group:
            living = group.create_task(self._replica.live())
            sheltering = group.create_task(self._shelter.live())
            serving = group.create_task(server.serve(sockets=[door]))
            working = group.create_task(self._workers.run())
            beating = group.create_task(beat(self._pulse))
            coming_in = group.create_task(self._listening.run())
            await self._stopping.wait()
            coming_in.cancel()
            self._workers.stop()
            server.should_exit = True
            # what is still being sent after this is sent again at the next start
            _, late = await asyncio.wait((serving, working), timeout=DRAIN_SECONDS)
            for task in (*late, living, sheltering, beating):
                task.cancel()
        await warming
        await self._painter.close()
        await self._shelter.close()
        # a bot that never reached Telegram would not close them
        await self._wire.shutdown()

    def _warm(self) -> None:
        _ = self._site.release.places
        give_back()

    @asynccontextmanager
    async def _watched(self) -> AsyncIterator[None]:
        with watching(self._watch):
            yield

    @asynccontextmanager
    async def _watch(self) -> AsyncIterator[DeadMan]:
        # connections of its own: those of the service may be what it is stuck in
        bot = gateway.open_bot(self._token, self._settings.bot_api_url)
        say, courier = gateway.Telegram(bot).bubble, courier_for(self._settings)
        await bot.request.initialize()
        try:
            yield DeadMan(
                self._store,
                self._site,
                self._pulse,
                say,
                courier,
                in_vain=lambda: self._wire.in_vain,
                is_there=self._is_there,
                sheltered=lambda: self._shelter.oldest,
                astray=lambda: self._shelter.astray,
            )
        finally:
            await bot.request.shutdown()

    def _server(self) -> uvicorn.Server:
        secret = self._settings.webhook_secret
        pages = clinic(self._store, self._site, self._painter, self._workers.wake)
        around = headers(over_tls=self._settings.page_root.startswith("https://"))
        checked = secret.get_secret_value() if secret else None
        config = uvicorn.Config(
            web(self._health, self._intake, checked, pages, around),
            log_config=None,
            access_log=False,
            server_header=False,
            http="h11",
            ws="none",
            forwarded_allow_ips=self._settings.trusted_proxies,
            lifespan="off",
            timeout_graceful_shutdown=5,
        )
        return _Server(config)

    async def _health(self) -> dict[str, Any]:
        return await self._shelter.health(lambda: self._store.read(health, self._site, self._pulse))

    def _arrived(self) -> None:
        """Something was kept that Telegram, or its webhook, brought."""
        if self._settings.webhook_url:
            self._pulse.hooked_at = self._site.clock.now()
            self._pulse.heard += 1


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the service, which stops everything in order."""
        yield


def _stop_signal() -> asyncio.Event:
    """Set by SIGTERM or SIGINT, from the first moment on: while starting, too."""
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # named as TCP, or asyncio leaves Nagle's delay of 40 ms on every answer
    door = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
    except OSError as error:
        door.close()
        sentence = f"HTTP_PORT {port} on {host} cannot be used: {error.strerror}. Choose another."
        raise BadSetting("HTTP_PORT", sentence) from None
    return door
