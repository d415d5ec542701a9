"""Telegram's limits on what a bot may send, in Telegram's own words."""

from collections.abc import Sequence
from typing import Any

from bot.sandbox.refusal import bad_request

Json = dict[str, Any]
TEXT = 4096
CAPTION = 1024
BUTTONS = 100
PER_ROW = 8
CALLBACK_BYTES = 64
TOAST = 200
PHOTO_BYTES = 10 * 1024 * 1024
UPLOAD_BYTES = 50 * 1024 * 1024
ENTITIES = frozenset(
    [
        "mention",
        "hashtag",
        "cashtag",
        "bot_command",
        "url",
        "email",
        "phone_number",
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
        "pre",
        "text_link",
        "text_mention",
        "custom_emoji",
        "date_time",
    ]
)


def check_text(text: str, entities: list[Json]) -> None:
    """Nothing when the text may be sent with those entities."""
    if not text.strip():
        raise bad_request("message text is empty")
    if len(text) > TEXT:
        raise bad_request("message is too long")
    check_entities(text, entities)


def check_caption(caption: str, entities: list[Json]) -> None:
    """Nothing when the caption may be sent with those entities."""
    if len(caption) > CAPTION:
        raise bad_request("message caption is too long")
    check_entities(caption, entities)


def check_entities(text: str, entities: list[Json]) -> None:
    """Nothing when every entity lies on whole characters inside the text."""
    borders = _borders(text)
    for entity in entities:
        _check_entity(entity, borders)


def _borders(text: str) -> Sequence[int]:
    """The UTF-16 offsets at which a character begins, and the end of the text."""
    if text.isascii():
        return range(len(text) + 1)
    borders = [0]
    for character in text:
        borders.append(borders[-1] + (2 if ord(character) > 0xFFFF else 1))
    return borders


def _check_entity(entity: Json, borders: Sequence[int]) -> None:
    start, end = entity["offset"], entity["offset"] + entity["length"]
    if entity["type"] not in ENTITIES:
        raise bad_request("can't parse MessageEntity: unsupported type specified")
    if start < 0 or entity["length"] <= 0 or end > borders[-1]:
        raise bad_request(
            f"entity beginning at UTF-16 offset {start} ends after the end of the text "
            f"at UTF-16 offset {end}"
        )
    if start not in borders or end not in borders:
        raise bad_request(f"entity begins in a middle of a UTF-16 symbol at offset {start}")
    if entity["type"] == "text_link" and not entity.get("url"):
        raise bad_request("can't parse MessageEntity: can't find field \"url\"")


def check_markup(markup: Json) -> None:
    """Nothing when the keyboard may be sent."""
    rows = markup.get("inline_keyboard", [])
    if sum(map(len, rows)) > BUTTONS or any(len(row) > PER_ROW for row in rows):
        raise bad_request("reply markup is too long")
    for row in rows:
        for button in row:
            _check_button(button)
    if len(markup.get("input_field_placeholder", "")) > 64:
        raise bad_request("input field placeholder is too long")


def _check_button(button: Json) -> None:
    if not button["text"]:
        raise bad_request("can't parse inline keyboard button: button text must be non-empty")
    if len(set(button) - {"text", "style", "icon_custom_emoji_id"}) != 1:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if not 1 <= len(button.get("callback_data", "-").encode()) <= CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
