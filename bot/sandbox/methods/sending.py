"""sendMessage, sendPhoto, sendDocument, sendChatAction, answerCallbackQuery."""

from typing import Any

from bot.sandbox.chat import Chat, Kept
from bot.sandbox.files import Stored, Upload, picture_size
from bot.sandbox.limits import (
    PHOTO_BYTES,
    TOAST,
    UPLOAD_BYTES,
    check_caption,
    check_markup,
    check_text,
)
from bot.sandbox.methods.telling import Json, Method
from bot.sandbox.refusal import Refused, bad_request
from bot.sandbox.updates import KEPT_FOR
from bot.sandbox.world import World

ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)


def send_message(world: World, params: Json) -> Json:
    """The text message as it now stands in the chat."""
    chat = world.reachable(params["chat_id"])
    entities = params.get("entities", [])
    check_text(params["text"], entities)
    content = {"text": params["text"], **({"entities": entities} if entities else {})}
    return _post(world, chat, params, content)


def send_photo(world: World, params: Json) -> Json:
    """The picture as it now stands in the chat."""
    chat = world.reachable(params["chat_id"])
    stored = _file(world, params["photo"], PHOTO_BYTES)
    width, height = picture_size(stored.upload.content)
    photo = [{**stored.identity(), "width": width, "height": height}]
    return _post(world, chat, params, {"photo": photo, **_caption(params)})


def send_document(world: World, params: Json) -> Json:
    """The file as it now stands in the chat."""
    chat = world.reachable(params["chat_id"])
    stored = _file(world, params["document"], UPLOAD_BYTES)
    named = {"file_name": stored.upload.name, "mime_type": stored.upload.media}
    document = {**stored.identity(), **named}
    return _post(world, chat, params, {"document": document, **_caption(params)})


def send_chat_action(world: World, params: Json) -> bool:
    """True, once the person has seen what the bot is doing."""
    chat = world.reachable(params["chat_id"])
    if params["action"] not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat.note(world.clock.now(), "action", action=params["action"])
    return True


def answer_callback_query(world: World, params: Json) -> bool:
    """True, once the person's spinner has stopped and the toast has been shown."""
    text = params.get("text", "")
    if len(text) > TOAST:
        raise bad_request("MESSAGE_TOO_LONG")
    tap = world.taps.pop(params["callback_query_id"], None)
    now = world.clock.now()
    if tap is None or now - tap.at > KEPT_FOR["callback_query"]:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if text:
        alert = params.get("show_alert", False)
        world.chats[tap.user].note(now, "toast", text=text, alert=alert)
    return True


def _post(world: World, chat: Chat, params: Json, content: Json) -> Json:
    markup = params.get("reply_markup", {})
    check_markup(markup)
    attached = {"reply_markup": markup} if markup.get("inline_keyboard") else {}
    protected = {"has_protected_content": True} if params.get("protect_content") else {}
    whole = {**_answered(chat, params), **content, **protected, **attached}
    kept = chat.post(world.clock.now(), world.bot, whole)
    _set_reply_keyboard(chat, kept, markup)
    return kept.body


def _set_reply_keyboard(chat: Chat, kept: Kept, markup: Json) -> None:
    if "keyboard" in markup:
        chat.reply_keyboard = markup
        kept.reply_keyboard = True
    elif "remove_keyboard" in markup:
        chat.reply_keyboard = None


def _answered(chat: Chat, params: Json) -> Json:
    reply = params.get("reply_parameters")
    if reply is None:
        return {}
    kept = chat.messages.get(reply["message_id"])
    if kept is not None:
        return {"reply_to_message": {k: v for k, v in kept.body.items() if k != "reply_to_message"}}
    if reply.get("allow_sending_without_reply"):
        return {}
    raise bad_request("message to be replied not found")


def _caption(params: Json) -> Json:
    caption, entities = params.get("caption", ""), params.get("caption_entities", [])
    check_caption(caption, entities)
    words = {"caption": caption, "caption_entities": entities}
    return {name: value for name, value in words.items() if value}


def _file(world: World, given: Any, limit: int) -> Stored:
    if not isinstance(given, Upload):
        return world.shelf.find(given)
    if not given.content:
        raise bad_request("file must be non-empty")
    if len(given.content) > limit:
        raise Refused(413, "Request Entity Too Large")
    return world.shelf.keep(given)


SENDING: dict[str, Method] = {
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "sendChatAction": send_chat_action,
    "answerCallbackQuery": answer_callback_query,
}
