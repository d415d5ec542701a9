"""Telegram's answer when it will not do what was asked.

Refused              the envelope says ok: false, with a code and Telegram's words
└── NotSpoken        the bot asked for something this sandbox does not know: remembered
ConnectionLost       the client gets no answer at all
"""


class Refused(Exception):
    """A call that Telegram answers with an error."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


class NotSpoken(Refused):
    """A call that is outside the Bot API, or outside the part spoken here."""


class ConnectionLost(Exception):
    """The connection breaks before an answer is written, by a reset or quietly."""

    def __init__(self, words: str = "connection lost", *, quietly: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.quietly = quietly


def bad_request(reason: str) -> Refused:
    """The 400 that Telegram words as `Bad Request: …`."""
    return Refused(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> Refused:
    """The 403 that Telegram words as `Forbidden: …`."""
    return Refused(403, f"Forbidden: {reason}")


def conflict(reason: str) -> Refused:
    """The 409 that Telegram words as `Conflict: …`."""
    return Refused(409, f"Conflict: {reason}")


def not_spoken(reason: str) -> NotSpoken:
    """The loud 400 for what the bot should never have asked."""
    return NotSpoken(400, f"Bad Request: {reason}")
