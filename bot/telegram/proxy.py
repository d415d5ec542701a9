"""The proxy that this machine has for an address, looked up once and not at every call."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from bot.telegram.errors import NeverLeft

_SPOKEN = ("http://", "https://")


@cache
def proxy_for(root: str) -> str | None:
    """The proxy for that scheme and host, None to go there directly; NeverLeft if it is unknown.

    Whoever set a proxy that is not spoken here may have had a reason: nothing goes around it.
    """
    parts, known = urlsplit(root), getproxies()
    if parts.hostname is None or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    found = known.get(parts.scheme) or known.get("all")
    if found is None:
        return None
    address = found if "://" in found else f"http://{found}"
    if not address.startswith(_SPOKEN):
        msg = f"a proxy that speaks {address.partition('://')[0]} cannot be used"
        raise NeverLeft(msg)
    return address
