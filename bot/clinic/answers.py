"""What the clinic page answers with: pages, files, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bot.service.picture import Painter

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        f"{what}=()"
        for what in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
    ),
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """Patients of whom a list shows more than the pseudonym, and how a look at it is kept."""

    act: str
    patients: frozenset[int]


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: its template and what stands in it."""

    template: str
    values: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    listed: Listed | None = None


@dataclass(frozen=True, slots=True)
class File:
    """Bytes to be shown as a picture, or to be kept under that name."""

    content: bytes
    media_type: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Went:
    """An act was carried out; the browser goes there and reads the notice."""

    to: str
    notice: str = ""
    """The name of a sentence in templates/notices.html."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A file that takes its time: it is made after the transaction, by the painter."""

    make: Callable[[Painter], Awaitable[File]]


Answer = Shown | File | Went | Drawn
"""What a page or an act gives back."""


class Missing(Exception):
    """There is nothing at this address; or this clinician may not know whether there is."""


class Forbidden(Exception):
    """This clinician may not do that."""


class Unfit(Exception):
    """What was asked for cannot be done as it is; `notice` names the sentence that says why."""

    def __init__(self, notice: str) -> None:
        super().__init__(notice)
        self.notice = notice
