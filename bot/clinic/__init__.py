"""The clinic page: what the care team sees and does in a browser."""

from __future__ import annotations

from collections.abc import Callable

from starlette.routing import Mount, Route

from bot.clinic import (
    alert,
    audit,
    deeds,
    entering,
    kept,
    letter,
    patient,
    patients,
    rota,
    rules,
    sessions,
    team,
    today,
    workload,
)
from bot.clinic.frame import Frame
from bot.clinic.guard import Guard
from bot.clinic.shell import mounted
from bot.service.picture import Painter
from bot.service.site import Site
from bot.store.store import Store

ROOMS = (
    rota.routes,
    rules.routes,
    workload.routes,
    entering.routes,
    today.routes,
    alert.routes,
    team.routes,
    audit.routes,
    sessions.routes,
    patients.routes,
    patient.routes,
    kept.routes,
    deeds.routes,
    letter.routes,
)
"""What each part of the page adds to it: `routes(frame)` gives back its routes."""


def clinic(
    store: Store, site: Site, painter: Painter, wake: Callable[[], None]
) -> list[Route | Mount]:
    """The routes of the page, to stand beside the service's own; `wake` is called after writing."""
    frame = Frame(store, site, painter, wake)
    rooms = [route for room in ROOMS for route in room(frame)]
    root = site.settings.page_root
    guard = Guard(site.clock, root)
    return mounted(rooms, frame.problem, guard, over_tls=root.startswith("https://"))
