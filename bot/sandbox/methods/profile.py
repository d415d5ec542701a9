"""Commands and descriptions: what the bot says about itself."""

import json
import re

from bot.sandbox.methods.telling import Json, Method
from bot.sandbox.refusal import bad_request
from bot.sandbox.world import World

NAME = re.compile(r"[a-z0-9_]{1,32}")
LANGUAGE = re.compile(r"([a-z]{2})?")
SCOPES: dict[str, set[str]] = {
    "default": set(),
    "all_private_chats": set(),
    "all_group_chats": set(),
    "all_chat_administrators": set(),
    "chat": {"chat_id"},
    "chat_administrators": {"chat_id"},
    "chat_member": {"chat_id", "user_id"},
}


def set_commands(world: World, params: Json) -> bool:
    """True, once the commands are listed for that scope and language."""
    commands = params["commands"]
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        _check_command(command)
    world.profile.commands[_key(params)] = commands
    world.changes.give()
    return True


def get_commands(world: World, params: Json) -> list[Json]:
    """The commands of exactly that scope and language."""
    return world.profile.commands.get(_key(params), [])


def delete_commands(world: World, params: Json) -> bool:
    """True, once that scope and language has no commands of its own."""
    world.profile.commands.pop(_key(params), None)
    world.changes.give()
    return True


def set_description(world: World, params: Json) -> bool:
    """True, once the description is kept."""
    return _describe(world, params, "description", 512)


def set_short_description(world: World, params: Json) -> bool:
    """True, once the short description is kept."""
    return _describe(world, params, "short_description", 120)


def commands_for(world: World, user: Json) -> list[Json]:
    """The commands that person's phone lists: the narrowest scope and closest language win."""
    scopes: list[Json] = [
        {"type": "chat", "chat_id": user["id"]},
        {"type": "all_private_chats"},
        {"type": "default"},
    ]
    for scope in scopes:
        for language in (user.get("language_code", ""), ""):
            found = world.profile.commands.get((_scope(scope), language))
            if found:
                return found
    return []


def _describe(world: World, params: Json, name: str, limit: int) -> bool:
    words = params.get(name, "")
    if len(words) > limit:
        raise bad_request(f"bot {name.replace('_', ' ')} is too long")
    world.profile.descriptions[name, _language(params)] = words
    return True


def _check_command(command: Json) -> None:
    if not NAME.fullmatch(command["command"]):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(command["description"]) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")


def _key(params: Json) -> tuple[str, str]:
    scope = params.get("scope", {"type": "default"})
    if SCOPES.get(scope["type"]) != set(scope) - {"type"}:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    return _scope(scope), _language(params)


def _scope(scope: Json) -> str:
    return json.dumps(scope, sort_keys=True)


def _language(params: Json) -> str:
    language: str = params.get("language_code", "")
    if not LANGUAGE.fullmatch(language):
        raise bad_request("invalid language code specified")
    return language


PROFILE: dict[str, Method] = {
    "setMyCommands": set_commands,
    "getMyCommands": get_commands,
    "deleteMyCommands": delete_commands,
    "setMyDescription": set_description,
    "setMyShortDescription": set_short_description,
}
