"""Before any page: is it our address that was asked for, and does nobody ask too much of it?"""

from __future__ import annotations

import hashlib
import logging
import math
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from bot.clinic.frame import COOKIE, ROOT, problem
from bot.clinic.limits import Buckets, Rate
from bot.clock import Clock

log = logging.getLogger(__name__)

ADDRESS = Rate(most=600, each_second=30.0)
"""One address is a whole hospital's: forty people with three open pages each ask 24 times."""

SESSION = Rate(most=200, each_second=5.0)
STRANGER = Rate(most=200, each_second=5.0)
"""From one address, without a session."""

WRONG_LINKS = Rate(most=20, each_second=1 / 30)
"""Links that open nothing, from one address: 192 bits are not guessed, and this ends the noise."""

DOOR = f"{ROOT}/enter/"
_OPENED_NOTHING = frozenset({403, 404, 410})
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})
_ONE_HOUSEHOLD = 64


class Guard:
    """Turns away what asks for another host, or for too much; memory is bounded."""

    def __init__(self, clock: Clock, page_root: str) -> None:
        self._clock = clock
        host = urlsplit(page_root).hostname or ""
        self._hosts = _THIS_MACHINE if host in _THIS_MACHINE else frozenset({host})
        self._addresses, self._sessions = Buckets(ADDRESS), Buckets(SESSION)
        self._strangers, self._wrong = Buckets(STRANGER), Buckets(WRONG_LINKS)

    def refusal(self, request: Request) -> Response | None:
        """The answer to what goes no further; None for what does."""
        if _host(request) not in self._hosts:
            return problem("host", 421)
        waits = self._wait(request)
        if not waits:
            return None
        answer = problem("slower", 429)
        answer.headers["Retry-After"] = str(math.ceil(waits))
        return answer

    def answered(self, request: Request, status: int) -> None:
        """Count a link that opened nothing."""
        if _is_at_door(request) and status in _OPENED_NOTHING:
            # not from where: addresses are people's, and the proxy has them
            log.warning("a link to the clinic page opened nothing")
            self._wrong.spend(_address(request), self._clock.now())

    def _wait(self, request: Request) -> float:
        at, address, secret = self._clock.now(), _address(request), request.cookies.get(COOKIE)
        if _is_at_door(request) and (waits := self._wrong.wait(address, at)):
            return waits
        if secret is None:
            own = self._strangers.take(address, at)
        else:
            own = self._sessions.take(_digest(secret), at)
        return own or self._addresses.take(address, at)


def _is_at_door(request: Request) -> bool:
    return request.url.path.startswith(DOOR)


def _host(request: Request) -> str:
    """The host that was asked for, without its port."""
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _address(request: Request) -> str:
    """Who asks, as far as it can be known: an IPv4 address, or the network of an IPv6 one."""
    given = request.client.host if request.client else ""
    try:
        address = ip_address(given)
    except ValueError:
        return given
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _ONE_HOUSEHOLD), strict=False))
    return given


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
