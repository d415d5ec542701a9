"""editMessageText, editMessageCaption, editMessageReplyMarkup, deleteMessage, deleteMessages."""

from bot.sandbox.chat import Chat, Kept
from bot.sandbox.limits import check_caption, check_markup, check_text
from bot.sandbox.methods.telling import Json, Method
from bot.sandbox.refusal import bad_request
from bot.sandbox.world import World

# A bot may delete messages younger than this, in seconds.
DELETABLE = 48 * 3600
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)


def edit_text(world: World, params: Json) -> Json:
    """The message with its new text; without a keyboard in the call, the old one goes."""
    chat, kept = _editable(world, params)
    if "text" not in kept.body:
        raise bad_request("there is no text in the message to edit")
    entities = params.get("entities", [])
    check_text(params.get("text", ""), entities)
    return _change(world, chat, kept, params, {"text": params["text"], "entities": entities})


def edit_caption(world: World, params: Json) -> Json:
    """The message with its new caption; without a keyboard in the call, the old one goes."""
    chat, kept = _editable(world, params)
    if "text" in kept.body:
        raise bad_request("there is no caption in the message to edit")
    caption, entities = params.get("caption", ""), params.get("caption_entities", [])
    check_caption(caption, entities)
    return _change(world, chat, kept, params, {"caption": caption, "caption_entities": entities})


def edit_keyboard(world: World, params: Json) -> Json:
    """The message with its new inline keyboard, or with none."""
    chat, kept = _editable(world, params)
    return _change(world, chat, kept, params, {})


def delete_message(world: World, params: Json) -> bool:
    """True, once the message is gone for everyone."""
    chat = world.reachable(params["chat_id"])
    if params["message_id"] not in chat.messages:
        raise bad_request("message to delete not found")
    _delete(world, chat, params["message_id"])
    return True


def delete_messages(world: World, params: Json) -> bool:
    """True, once those of the messages that are still there are gone for everyone."""
    chat = world.reachable(params["chat_id"])
    if not 1 <= len(params["message_ids"]) <= 100:
        raise bad_request("there must be 1 to 100 message identifiers")
    for number in params["message_ids"]:
        if number in chat.messages:
            _delete(world, chat, number)
    return True


def _delete(world: World, chat: Chat, number: int) -> None:
    now = world.clock.now()
    if now - int(chat.messages[number].body["date"]) > DELETABLE:
        raise bad_request("message can't be deleted for everyone")
    chat.remove(now, number)


def _editable(world: World, params: Json) -> tuple[Chat, Kept]:
    if "chat_id" not in params or "message_id" not in params:
        raise bad_request("message identifier is not specified")
    chat = world.reachable(params["chat_id"])
    kept = chat.messages.get(params["message_id"])
    if kept is None:
        raise bad_request("message to edit not found")
    if not kept.from_bot or kept.reply_keyboard:
        raise bad_request("message can't be edited")
    return chat, kept


def _change(world: World, chat: Chat, kept: Kept, params: Json, content: Json) -> Json:
    markup = params.get("reply_markup", {})
    check_markup(markup)
    same = {name: value for name, value in kept.body.items() if name != "reply_markup"}
    fresh = {
        **same,
        **content,
        **({"reply_markup": markup} if markup.get("inline_keyboard") else {}),
    }
    body = {name: value for name, value in fresh.items() if value not in ([], "")}
    if body == kept.body:
        raise bad_request(NOT_MODIFIED)
    now = world.clock.now()
    # A change of keyboard alone leaves no "edited" mark behind.
    mark = {"edit_date": int(now)} if content else {}
    chat.change(now, kept, {**body, **mark})
    return kept.body


EDITING: dict[str, Method] = {
    "editMessageText": edit_text,
    "editMessageCaption": edit_caption,
    "editMessageReplyMarkup": edit_keyboard,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
}
