"""Connections that hang are opened anew; a network that only fails is left alone."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from traceback import format_exception

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from telegram.error import NetworkError, TimedOut

from bot.sandbox.server import serve
from bot.sandbox.world import World
from bot.service.post import Bubble, Doubtful, Later
from bot.telegram import wire as wires
from bot.telegram.errors import NeverLeft, Occupied
from bot.telegram.gateway import Telegram, open_bot
from bot.telegram.line import Address, Answer, Lines
from bot.telegram.proxy import proxy_for
from bot.telegram.wire import OCCUPIED, Wire

SHORT = 0.3
TOKEN = f"7000000003:{'Secret':0<35}"
BEGUN = b'HTTP/1.1 200 OK\r\nContent-Length: 37\r\n\r\n{"ok":true,"result":{"message'
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Hanging(Lines):
    """Waits for ever while it is told to, whatever the time-outs are."""

    hangs = True

    async def ask(self, where: Address, request: bytes, patience: float) -> Answer:
        """An answer, or nothing ever."""
        if Hanging.hangs:
            await asyncio.get_running_loop().create_future()
        return await super().ask(where, request, patience)


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    # all the time-outs of its own together, and a little
    monkeypatch.setattr(wires, "GRACE_SECONDS", -30 + SHORT)
    monkeypatch.setattr(wires, "UPLOAD_SECONDS", SHORT)
    monkeypatch.setattr(wires, "_OLD_SECONDS", SHORT)
    monkeypatch.setattr(wires, "Lines", Hanging)
    Hanging.hangs = False


@asynccontextmanager
async def short_wire() -> AsyncIterator[Wire]:
    """A wire with one connection and no patience."""
    wire = Wire(connections=1, read=SHORT, pool=SHORT)
    try:
        yield wire
    finally:
        await wire.shutdown()


@asynccontextmanager
async def wire_that_hangs() -> AsyncIterator[Wire]:
    """A wire whose connections hang, until `Hanging.hangs` is taken back."""
    Hanging.hangs = True
    async with short_wire() as wire:
        yield wire


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server of the name localhost needs, and what those need who trust it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.DNSName("localhost")
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    begin = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder(named, named, key.public_key(), 7, begin, begin + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    file = folder / "localhost.pem"
    file.write_bytes(made + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    mine = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    mine.load_cert_chain(file)
    return mine, ssl.create_default_context(cafile=file)


@asynccontextmanager
async def listening(serves: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The address of a server that does this with each connection."""
    ends: list[asyncio.Task[None]] = []

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await serves(reader, writer)
        with suppress(OSError):
            writer.close()
            await writer.wait_closed()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(asyncio.create_task(serve_one(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.gather(*ends)


async def asks(wire: Wire, url: str) -> int:
    """The status of the answer."""
    status, _ = await wire.do_request(f"{url}/healthz", "GET")
    return status


async def test_a_call_that_neither_ends_nor_fails_has_the_pool_replaced() -> None:
    """It counts as slow for its caller; each replacement is counted until one call comes back."""
    async with serve(World()) as url, wire_that_hangs() as wire:
        for times in (1, 2):
            with pytest.raises(TimedOut):
                await asks(wire, url)
            assert wire.in_vain == times

        Hanging.hangs = False
        assert await asks(wire, url)
        assert wire.in_vain == 0


async def test_many_calls_that_hang_in_one_pool_replace_it_once() -> None:
    """The others were in the old one."""
    async with serve(World()) as url, wire_that_hangs() as wire:
        wire._connections = 5
        calls = (asks(wire, url) for _ in range(5))
        done = await asyncio.gather(*calls, return_exceptions=True)

    assert {type(each) for each in done} == {TimedOut}
    assert wire.in_vain == 1


async def test_an_error_that_comes_back_is_an_answer() -> None:
    """Nobody listens there: that is no reason to open anew, however long it lasts."""
    async with short_wire() as wire:
        for _ in range(3 * OCCUPIED):
            with pytest.raises(NeverLeft):
                await asks(wire, "http://127.0.0.1:9")

        assert wire.in_vain == 0


async def test_a_pool_in_which_no_connection_comes_free_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody holds them all, and every call waits in vain for one."""
    monkeypatch.setattr(wires, "GRACE_SECONDS", 30.0)
    async with serve(World()) as url, short_wire() as wire:
        assert await asks(wire, url)
        assert wire._pool is not None
        async with wire._pool.free:
            for _ in range(OCCUPIED):
                assert wire.in_vain == 0
                with pytest.raises(Occupied):
                    await asks(wire, url)
            assert wire.in_vain == 1
            assert await asks(wire, url)
            assert wire.in_vain == 0


async def never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take the call, and say nothing."""
    await reader.read()


async def stops_in_the_middle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begin an answer, and say no more."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(BEGUN)
    await reader.read()


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take the call, and close."""
    await reader.readuntil(b"\r\n\r\n")


async def leads_elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send whoever calls back to where it came from."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("serves", [never_answers, stops_in_the_middle, hangs_up, leads_elsewhere])
async def test_a_call_that_left_is_made_once(
    serves: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody knows if it was heard: it is the outbox that decides if it is said again."""
    calls = 0

    async def counts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        await serves(reader, writer)

    async with listening(counts) as url, short_wire() as wire:
        gateway = Telegram(open_bot(TOKEN, url, wire))
        assert await gateway.bubble("1001", Bubble(text="hello")) == Doubtful()
        assert await gateway.picture("1001", b"a picture", "how it went") == Doubtful()

    assert calls == 2
    assert TOKEN not in caplog.text


async def test_a_kept_connection_that_dies_under_a_call_has_it_made_once_all_the_same() -> None:
    """The first call is answered; the second goes out on the same line, which is then cut."""
    heard: list[str] = []

    async def answers_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            heard.append((await reader.readexactly(length)).decode())
            if len(heard) == 1:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    async with listening(answers_once) as url, short_wire() as wire:
        assert await wire.ask(url, b'{"first":1}') == (200, b"{}")
        with pytest.raises(NetworkError) as refusal:
            await wire.ask(url, b'{"second":2}')

    assert heard == ['{"first":1}', '{"second":2}']
    assert not isinstance(refusal.value, NeverLeft)


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
# (what it tells, the answer in pieces, whether the line can be used again)
ANSWERS = [
    ("whole", [OK + b"Content-Length: 2\r\n\r\n{}"], True),
    ("letter by letter", [bytes([each]) for each in OK + b"Content-Length: 2\r\n\r\n{}"], True),
    ("in chunks", [OK + CHUNKED + b"1\r\n{\r\n", b"1\r\n}\r\n0\r\n\r\n"], True),
    ("after a word", [b"HTTP/1.1 100 Continue\r\n\r\n", OK + b"Content-Length: 2\r\n\r\n{}"], True),
    ("and a farewell", [OK + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}"], False),
    ("and more than was asked", [OK + b"Content-Length: 2\r\n\r\n{}" + OK], False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("pieces", "is_kept"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS]
)
async def test_an_answer_is_read_however_it_comes(pieces: list[bytes], is_kept: bool) -> None:
    """The next call goes on the same line unless the server has done with it."""
    lines = 0

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal lines
        lines += 1
        while await reader.readuntil(b"{}"):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)

    async with listening(answers) as url, short_wire() as wire:
        for _ in range(3):
            assert await wire.ask(url, b"{}") == (200, b"{}")
            await asyncio.sleep(0.01)

    assert lines == (1 if is_kept else 3)


async def test_a_call_that_may_be_long_in_coming_is_waited_for() -> None:
    """As a poll, which is answered when somebody writes; any other call is given up by then."""

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        await asyncio.sleep(4 * SHORT)
        writer.write(OK + b"Content-Length: 2\r\n\r\n{}")

    async with listening(answers) as url, short_wire() as wire:
        assert await wire.ask(url, b"{}", 100 * SHORT) == (200, b"{}")
        with pytest.raises(TimedOut):
            await wire.ask(url, b"{}")


async def test_a_late_answer_is_not_taken_for_that_of_the_next_call() -> None:
    """Whoever gave up waiting has closed the line."""
    late = asyncio.Event()

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"}")
        if b"first" in asked:
            await late.wait()
        writer.write(OK + b"Content-Length: 7\r\n\r\n" + asked[-7:])

    async with listening(answers) as url, short_wire() as wire:
        with pytest.raises(TimedOut):
            await wire.ask(url, b"{first}")
        late.set()
        assert await wire.ask(url, b"{other}") == (200, b"{other}")


async def test_a_server_that_nobody_vouches_for_hears_nothing(tmp_path: Path) -> None:
    """Its certificate is its own; the one that is known is spoken with."""
    heard: list[bytes] = []

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"{}"))
        writer.write(OK + b"Content-Length: 2\r\n\r\n{}")

    mine, known = certificate(tmp_path)
    async with listening(answers, mine) as url, short_wire() as wire:
        safe = url.replace("http://127.0.0.1", "https://localhost")
        with pytest.raises(NeverLeft):
            await wire.ask(safe, b"{}")
        assert heard == []
        assert wire._pool is not None
        wire._pool.lines = Lines(known)
        assert await wire.ask(safe, b"{}") == (200, b"{}")


async def test_a_proxy_that_refuses_lets_nothing_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """The call has never left, and may be made again."""

    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    async with listening(refuses) as url, short_wire() as wire:
        monkeypatch.setattr(wires, "proxy_for", {"https://api.example": url}.get)
        with pytest.raises(NeverLeft):
            await wire.ask("https://api.example/botX/sendMessage", b"{}")


async def test_a_call_goes_by_the_proxy_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words and files alike."""
    heard: list[bytes] = []

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}")

    async with listening(answers) as url, short_wire() as wire:
        monkeypatch.setattr(wires, "proxy_for", {"http://api.example": url}.get)
        assert await wire.ask("http://api.example/botX/sendMessage", b"{}") == (200, b"{}")

    assert heard[0].startswith(b"POST http://api.example/botX/sendMessage HTTP/1.1\r\n")


async def test_no_error_says_where_the_call_went() -> None:
    """The address has the token in it."""
    async with short_wire() as wire:
        for address in ("http://127.0.0.1:9", "ftp://127.0.0.1"):
            with pytest.raises(NetworkError) as error:
                await wire.ask(f"{address}/bot{TOKEN}/sendMessage", b"{}")
            assert TOKEN not in "".join(format_exception(error.value))
            told = Telegram(open_bot(TOKEN, address, wire))
            assert await told.bubble("1001", Bubble(text="hello")) == Later(2, counts=False)
    assert TOKEN not in repr(wire)


# (what the machine has, the address, the proxy)
PROXIES = [
    ({}, "https://api.telegram.org", None),
    ({"https_proxy": "http://gate:3128"}, "https://api.telegram.org", "http://gate:3128"),
    ({"https_proxy": "gate:3128"}, "https://api.telegram.org", "http://gate:3128"),
    ({"https_proxy": "http://gate:3128"}, "http://127.0.0.1:8081", None),
    (
        {"http_proxy": "http://me:mine@gate:3128"},
        "http://api.example:8081",
        "http://me:mine@gate:3128",
    ),
    ({"all_proxy": "http://gate:3128"}, "https://api.telegram.org", "http://gate:3128"),
    (
        {"https_proxy": "http://gate:3128", "no_proxy": "telegram.org"},
        "https://api.telegram.org",
        None,
    ),
]


@pytest.mark.parametrize(("environment", "root", "proxy"), PROXIES)
def test_the_proxy_of_the_machine_is_used(
    environment: dict[str, str], root: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the names that other programs look for, too."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    proxy_for.cache_clear()

    assert proxy_for(root) == proxy
    proxy_for.cache_clear()


def test_a_proxy_of_a_kind_that_is_not_spoken_is_no_reason_to_go_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever set it may have had a reason: nothing leaves."""
    monkeypatch.setenv("https_proxy", "socks5://gate:1080")
    monkeypatch.setenv("no_proxy", "")
    proxy_for.cache_clear()

    with pytest.raises(NeverLeft, match="socks5"):
        proxy_for("https://api.telegram.org")
