"""What is done once when the service starts with new content: it is kept, and operators hear."""

from __future__ import annotations

from bot.service.alerts import post_to
from bot.service.site import Site
from bot.service.team import operators
from bot.service.wording import fixed
from bot.store import releases
from bot.store.unit import Unit


def take_up(unit: Unit, site: Site) -> None:
    """Keep the site's release; if it is new, tell operators what older ones it makes unreadable."""
    now = site.clock.now()
    if not site.releases.keep(unit, now):
        return
    unreadable = site.releases.unreadable(unit, releases.stood_on(unit))
    if unreadable:
        page = fixed(site.release, "c-renewed", count=str(len(unreadable)))
        post_to(unit, operators(unit), page, None, at=now)
