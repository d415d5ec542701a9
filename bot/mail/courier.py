"""Hands e-mail over to the mail server, and says what became of it."""

from __future__ import annotations

import logging
from email.message import EmailMessage
from email.utils import format_datetime
from ssl import SSLContext, SSLError

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPConnectError,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from bot.mail.route import Route
from bot.service.post import Doubtful, Later, Refused, Sent, Verdict
from bot.store.mails import Mail

log = logging.getLogger(__name__)

SECONDS = 20.0
"""How long the server may take for any one answer."""
RETRY = 5.0
_LASTING = 500


class Courier:
    """The way to one mail server; a new connection for each e-mail, for they are few."""

    def __init__(
        self,
        route: Route,
        sender: str,
        *,
        trust: SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._route, self._sender, self._seconds = route, sender, seconds
        self._trust = trust

    async def send(self, mail: Mail) -> Verdict:
        """What the server said to this e-mail; `Doubtful` if it fell silent half-way."""
        try:
            letter = _letter(mail, self._sender)
        except ValueError as error:
            return Refused(type(error).__name__)
        try:
            async with self._line() as line:
                await line.send_message(letter, sender=self._sender, recipients=[mail.address])
        except SMTPRecipientsRefused as error:
            return _of_code(error.recipients[0])
        except (SMTPException, OSError, ValueError) as error:
            return _verdict(error)
        return Sent()

    def _line(self) -> SMTP:
        route, is_local = self._route, self._route.guard == "local"
        return SMTP(
            hostname=route.host,
            port=route.port,
            username=route.user,
            password=route.password,
            timeout=self._seconds,
            use_tls=route.guard == "tls",
            # to this machine itself: encrypted if it is offered, and whoever answers is believed
            start_tls=None if is_local else route.guard == "starttls",
            validate_certs=not is_local,
            tls_context=None if is_local else self._trust,
        )


def _letter(mail: Mail, sender: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, mail.address, mail.subject
    letter["Date"] = format_datetime(mail.created_at)
    # the same for each try, so that a reader's program sees that two are one
    stamp = f"{mail.created_at:%Y%m%d%H%M%S%f}"
    letter["Message-ID"] = f"<{mail.id}.{stamp}@{sender.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(mail.body)
    return letter


def _verdict(error: Exception) -> Verdict:
    match error:
        case SMTPConnectError() | SSLError():
            # a certificate that ran out is a ValueError too, but it is mended
            return _later(error)
        case SMTPDataError():
            return _of_code(error)
        case SMTPNotSupported() | ValueError():
            return Refused(type(error).__name__)
        case SMTPServerDisconnected() | SMTPTimeoutError():
            # it may have been taken before the line broke
            return Doubtful()
        case _:
            # no sign-in, no relaying, no certificate: an operator mends it, and then it goes
            return _later(error)


def _of_code(error: SMTPResponseException) -> Verdict:
    if error.code < _LASTING:
        return _later(error)
    # the code alone: the server's words may repeat the address
    return Refused(f"{type(error).__name__} {error.code}")


def _later(error: Exception) -> Later:
    log.warning("the mail server did not take an e-mail: %s", type(error).__name__)
    return Later(RETRY)
