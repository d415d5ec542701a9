"""What people do in a group with the bot in it, and the updates that the bot gets for it."""

from typing import Any

from bot.sandbox.group import Group
from bot.sandbox.people import Impossible, spoken
from bot.sandbox.transcript import message_view
from bot.sandbox.world import World

Json = dict[str, Any]


def add_group(world: World, title: str, members: list[int]) -> Json:
    """The new group; its first member has put the bot into it."""
    for member in members:
        if member not in world.chats:
            raise Impossible(f"There is no person with the number {member}.")
    group = world.add_group(title, members)
    return {"group": group.number, **_membership(world, group, members[0], "left", "member")}


def say(world: World, number: int, user: int, text: str) -> Json:
    """What was sent; the bot hears of it only if it is a command meant for it."""
    group = _open(world, number, user)
    kept = group.post(world.clock.now(), world.chats[user].user, spoken(text))
    update = None
    if _is_for_bot(world, text):
        update = world.updates.add("message", kept.body, f"chat {number}")
    return {"message_id": kept.body["message_id"], "update_id": update}


def tap(world: World, number: int, user: int, message_id: int, data: str) -> Json:
    """What was sent: the tap's identifier and update."""
    group = _open(world, number, user)
    kept = group.messages.get(message_id)
    if kept is None:
        raise Impossible("There is no such message.")
    query = {
        "id": world.tapped(user),
        "from": world.chats[user].user,
        "message": kept.body,
        "chat_instance": str(-8_000_000_000 + number),
        "data": data,
    }
    group.note(world.clock.now(), "tap", message_id=message_id, label=kept.label_of(data))
    update = world.updates.add("callback_query", query, f"taps {user}")
    return {"query_id": query["id"], "update_id": update}


def kick(world: World, number: int, user: int, *, silently: bool = False) -> Json:
    """What was sent: the update that says the bot was put out, unless it gets lost."""
    group = _open(world, number, user)
    group.blocked = True
    group.note(world.clock.now(), "blocked")
    if silently:
        return {}
    return _membership(world, group, user, "member", "kicked")


def upgrade(world: World, number: int, user: int, *, silently: bool = False) -> Json:
    """The supergroup that the group has become; the bot hears of it, unless that gets lost."""
    group = _open(world, number, user)
    after = world.add_group(group.title, group.members, is_super=True)
    group.upgraded_to = after.number
    now, who = world.clock.now(), world.chats[user].user
    there = group.post(now, who, {"migrate_to_chat_id": after.number})
    here = after.post(now, who, {"migrate_from_chat_id": number})
    for kept, place in ((there, number), (here, after.number)):
        if not silently:
            world.updates.add("message", kept.body, f"chat {place}")
    return {"group": after.number}


def group_view(group: Group) -> Json:
    """A group as the tests read it."""
    return {
        "title": group.title,
        "kind": group.kind,
        "members": group.members,
        "kicked": group.blocked,
        "upgraded_to": group.upgraded_to,
        "messages": [message_view(group, kept) for kept in group.messages.values()],
    }


def _is_for_bot(world: World, text: str) -> bool:
    # a bot in privacy mode, as every bot is at first, gets commands and nothing else
    command = text.split(maxsplit=1)[0] if text.startswith("/") else ""
    named = command.partition("@")[2]
    return bool(command) and named.lower() in ("", world.bot["username"].lower())


def _open(world: World, number: int, user: int) -> Group:
    group = world.groups.get(number)
    if group is None or user not in group.members:
        raise Impossible(f"{user} is in no group with the number {number}.")
    if group.upgraded_to is not None:
        raise Impossible("The group has become a supergroup.")
    return group


def _membership(world: World, group: Group, user: int, before: str, after: str) -> Json:
    content = {
        "chat": group.outline(),
        "from": world.chats[user].user,
        "date": int(world.clock.now()),
        "old_chat_member": _member(world, before),
        "new_chat_member": _member(world, after),
    }
    return {"update_id": world.updates.add("my_chat_member", content, f"member {group.number}")}


def _member(world: World, status: str) -> Json:
    banned = {"until_date": 0} if status == "kicked" else {}
    return {"status": status, "user": world.bot, **banned}
