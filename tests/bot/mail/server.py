"""A real mail server on this machine, for as long as a test lasts, in whatever mood it needs."""

from __future__ import annotations

import ssl
from asyncio import Server, Transport
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
USER, PASSWORD = "paceful", "p@ss:word/1"


@dataclass
class Postmaster:
    """What the server took, and how it answers: by recipient, by message, or by hanging up."""

    letters: list[EmailMessage] = field(default_factory=list)
    tried: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    """What is said to whoever writes to these addresses."""
    says: str = "250 OK"
    """What is said to a message."""
    dies: int = 0
    """So many messages are taken, and the line is cut before anybody hears of it."""

    @property
    def subjects(self) -> list[str]:
        """The subjects of what arrived."""
        return [str(letter["Subject"]) for letter in self.letters]

    def to(self, address: str) -> list[EmailMessage]:
        """What arrived for this address."""
        return [letter for letter in self.letters if letter["To"] == address]

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """The answer to a recipient."""
        if address in self.refused:
            self.tried += 1
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """The answer to a message."""
        self.tried += 1
        if not self.says.startswith("250"):
            return self.says
        content = envelope.content
        assert isinstance(content, bytes)
        letter = message_from_bytes(content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        if self.dies:
            self.dies -= 1
            assert isinstance(server.transport, Transport)
            server.transport.abort()
        return self.says


@dataclass(frozen=True)
class Certificate:
    """A certificate that nobody trusts by itself, and its key, as files."""

    certificate: Path
    key: Path

    def shown(self) -> ssl.SSLContext:
        """What the server shows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def trusted(self) -> ssl.SSLContext:
        """What a client trusts that knows this certificate."""
        return ssl.create_default_context(cafile=str(self.certificate))


def throw_away(folder: Path) -> Certificate:
    """A new certificate for this machine, valid for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "throw-away")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address(HOST))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = Certificate(folder / "certificate.pem", folder / "key.pem")
    files.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


@contextmanager
def serving(
    postmaster: Postmaster,
    *,
    port: int = 0,
    tls: Certificate | None = None,
    auth: bool = False,
) -> Iterator[int]:
    """The port of a running server; with a certificate it takes nothing before STARTTLS."""
    wishes: dict[str, Any] = {}
    if tls is not None:
        wishes |= {"tls_context": tls.shown(), "require_starttls": True}
    if auth:
        wishes |= {"authenticator": _knows, "auth_required": True}
        wishes |= {"auth_require_tls": tls is not None}
    controller = _Controller(postmaster, hostname=HOST, port=port, **wishes)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """Knock at the port that was given, and not at 0, which is nobody's."""
        assert isinstance(self.server, Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call] # aiosmtpd has none for it


def _knows(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, sent: object
) -> AuthResult:
    assert isinstance(sent, LoginPassword)
    known = (sent.login, sent.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False)
