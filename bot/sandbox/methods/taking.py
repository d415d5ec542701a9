"""getUpdates and the webhook: the two ways in which a bot takes its updates."""

import re
import time
from urllib.parse import urlsplit

from bot.sandbox.methods.telling import Json, Method
from bot.sandbox.refusal import ConnectionLost, bad_request, conflict
from bot.sandbox.world import Trouble, Webhook, World

LONGEST_POLL = 50
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SECRET = re.compile(r"[A-Za-z0-9_-]{0,256}")
OTHER_POLL = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)


async def get_updates(world: World, params: Json) -> list[Json]:
    """What has happened since the offset, at once or as soon as something does."""
    world.refuse_polling_beside_webhook()
    world.poll += 1
    mine = world.poll
    world.updates.allow(params.get("allowed_updates"))
    world.updates.confirm(params.get("offset", 0))
    limit = min(max(params.get("limit", 100), 1), 100)
    until = time.monotonic() + min(max(params.get("timeout", 0), 0), LONGEST_POLL)
    while not (found := world.updates.hand_out(limit)) and time.monotonic() < until:
        await world.updates.news.wait(min(until - time.monotonic(), 1.0))
        _check_still_polling(world, mine)
    return found


def _check_still_polling(world: World, mine: int) -> None:
    if world.closing.is_set() or world.network_back_in() > 0:
        raise ConnectionLost
    if world.webhook is not None:
        raise conflict("terminated by setWebhook request")
    if world.poll != mine:
        raise conflict(OTHER_POLL)


def set_webhook(world: World, params: Json) -> bool:
    """True, once updates go to that address; an empty one takes the webhook away."""
    if not params["url"]:
        return delete_webhook(world, {})
    _check_address(params["url"])
    secret, connections = params.get("secret_token", ""), params.get("max_connections", 40)
    if not SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    world.updates.allow(params.get("allowed_updates"))
    world.webhook = Webhook(params["url"], secret, min(max(connections, 1), 100))
    world.trouble = Trouble()
    _drop_if_asked(world, params)
    return True


def delete_webhook(world: World, params: Json) -> bool:
    """True, once no webhook is set."""
    world.webhook = None
    _drop_if_asked(world, params)
    return True


def get_webhook_info(world: World, params: Json) -> Json:
    """Where updates go, how many wait, and what went wrong last."""
    hook, allowed, trouble = world.webhook, world.updates.allowed, world.trouble
    return {
        "url": hook.url if hook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates.waiting()),
        **({"max_connections": hook.connections} if hook else {}),
        **({"allowed_updates": sorted(allowed)} if allowed else {}),
        **({"last_error_date": trouble.at, "last_error_message": trouble.words}
           if trouble.words else {}),
    }  # fmt: skip


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_request("bad webhook: invalid webhook URL specified")


def _drop_if_asked(world: World, params: Json) -> None:
    if params.get("drop_pending_updates"):
        world.updates.drop_all()
    world.updates.news.give()


TAKING: dict[str, Method] = {
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
}
