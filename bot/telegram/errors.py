"""What may go wrong on the way to Telegram: whether a call left at all is the whole difference."""

from __future__ import annotations

import httpx
from telegram.error import NetworkError, TelegramError, TimedOut


class NeverLeft(NetworkError):
    """The request surely did not reach Telegram, so that it may simply be tried again."""


class Occupied(NeverLeft, TimedOut):
    """No connection came free in time."""

    def __init__(self) -> None:
        # the way of `TimedOut` through its parents leads past here again
        TelegramError.__init__(self, "no connection came free")


def told(error: Exception) -> NetworkError:
    """The error as those who call know it, by its kind alone: an address has the token in it."""
    match error:
        case (
            httpx.ConnectError()
            | httpx.ConnectTimeout()
            | httpx.ProxyError()
            | httpx.UnsupportedProtocol()
            | httpx.InvalidURL()
        ):
            return NeverLeft(type(error).__name__)
        case httpx.TimeoutException():
            return TimedOut()
        case _:
            return NetworkError(type(error).__name__)
