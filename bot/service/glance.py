"""What a tick finds to do, asked in one transaction: parts that have nothing to do are left out."""

from __future__ import annotations

from bot.service import chain, deliver, digest, mail_delivery
from bot.service.site import Site
from bot.store import glance
from bot.store.glance import Glance
from bot.store.replicas import Replica
from bot.store.unit import Unit

DIGESTS = "digests"
ASKED = frozenset(
    {"alerts", "gaps", "nudges", DIGESTS, "calls", "silence", "clearing", "outbox", "mails"}
)
"""The parts of a tick that are left out unless there may be something to do in them."""


def busy(unit: Unit, site: Site, replica: Replica) -> frozenset[str]:
    """Those of `ASKED` in which there may be something to do at this moment."""
    looked = Glance(
        now=site.clock.now(),
        by=replica.number,
        longest=chain.longest(site.release),
        post_lease=deliver.LEASE,
        mail_lease=mail_delivery.LEASE,
    )
    found = glance.busy(unit, looked)
    return found | {DIGESTS} if digest.due(unit, site) else found
