"""getMe, getChat, getFile, leaveChat: what the bot may look up."""

from bot.sandbox.group import Group
from bot.sandbox.methods.telling import Json, Method
from bot.sandbox.refusal import bad_request
from bot.sandbox.world import World

DOWNLOAD_BYTES = 20 * 1024 * 1024
CANNOT = (
    "can_read_all_group_messages",
    "supports_inline_queries",
    "can_connect_to_business",
    "has_main_web_app",
)
GIFTS = (
    "unlimited_gifts",
    "limited_gifts",
    "unique_gifts",
    "premium_subscription",
    "gifts_from_channels",
)


def get_me(world: World, params: Json) -> Json:
    """The bot's own account, with what it can do."""
    return {**world.bot, "can_join_groups": True, **dict.fromkeys(CANNOT, False)}


def get_chat(world: World, params: Json) -> Json:
    """What is known of a chat."""
    chat = world.known(params["chat_id"])
    full = {"accent_color_id": 0, "max_reaction_count": 11}
    return {**chat.outline(), **full, "accepted_gift_types": dict.fromkeys(GIFTS, False)}


def get_file(world: World, params: Json) -> Json:
    """Where a file can be downloaded."""
    stored = world.shelf.find(params["file_id"])
    if len(stored.upload.content) > DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    return {**stored.identity(), "file_path": stored.path}


def leave_chat(world: World, params: Json) -> bool:
    """True, once the bot has left that group; it cannot leave a private chat."""
    chat = world.known(params["chat_id"])
    if not isinstance(chat, Group):
        raise bad_request("chat member status can't be changed in private chats")
    chat.check_open()
    chat.blocked = True
    return True


FETCHING: dict[str, Method] = {
    "getMe": get_me,
    "getChat": get_chat,
    "getFile": get_file,
    "leaveChat": leave_chat,
}
