"""How the mail server is reached, as SMTP_URL says it."""

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

from bot.settings.checks import is_local

Guard = Literal["tls", "starttls", "local"]
PORTS = {"smtps": 465, "smtp": 587}
LOCAL_PORT = 25


@dataclass(frozen=True, slots=True)
class Route:
    """A server, how its line is guarded, and who we are there; the password is never shown."""

    host: str
    port: int
    guard: Guard
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def route_of(url: str) -> Route:
    """The route that SMTP_URL names: never in the clear, except to this machine itself."""
    parts = urlsplit(url)
    guard = _guard(url, parts.scheme)
    usual = LOCAL_PORT if guard == "local" else PORTS[parts.scheme]
    return Route(
        host=parts.hostname or "localhost",
        port=parts.port or usual,
        guard=guard,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _guard(url: str, scheme: str) -> Guard:
    if scheme == "smtps":
        return "tls"
    return "local" if is_local(url) else "starttls"
