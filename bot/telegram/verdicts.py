"""Every answer of the Bot API, or of something that stands in its way, as a verdict."""

from __future__ import annotations

import logging
from typing import Any

import orjson
from telegram.error import NetworkError

from bot.service.post import Doubtful, Gone, Later, Moved, Refused, Sent, Verdict
from bot.telegram.errors import NeverLeft

log = logging.getLogger(__name__)

REVOKED_WAIT = 30.0
_RETRY = 2.0
_REVOKED = frozenset({401, 404, 409})
"""The token is not known any more, or somebody else uses it."""
_BAD = "Bad Request: "
_BENIGN = (
    *("message is not modified", "message to edit not found", "message can't be edited"),
    *("message to delete not found", "there is no text in the message to edit"),
)
_LOST = (
    *("blocked by the user", "deactivated", "initiate conversation"),
    *("kicked", "not a member", "was deleted"),
)
_GONE = ("chat not found", "user not found", "peer_id_invalid")


def of_answer(status: int, payload: bytes) -> Verdict:
    """What became of a call that was answered so."""
    answer = _read(payload)
    if 200 <= status <= 299:
        return _taken(answer)
    match answer.get("parameters"):
        case {"migrate_to_chat_id": int(chat)} if chat:
            return Moved(str(chat))
        case {"retry_after": int(wait)} if wait:
            return Later(float(wait), counts=False)
    reason = answer.get("description")
    return _of_status(status, reason if isinstance(reason, str) else "")


def of_error(error: NetworkError) -> Verdict:
    """What became of a call that was not answered."""
    # not counted: an outage of any length loses nothing
    return Later(_RETRY, counts=False) if isinstance(error, NeverLeft) else Doubtful()


def _taken(answer: dict[str, Any]) -> Verdict:
    if answer.get("ok") is not True:
        log.error("telegram answered oddly")
        return Doubtful()
    match answer.get("result"):
        case {"message_id": int(number)}:
            return Sent(number)
        case _:
            return Sent()


def _of_status(status: int, reason: str) -> Verdict:
    if status == 403:
        return _forbidden(reason)
    if status == 400:
        return _refused(reason.removeprefix(_BAD).capitalize())
    if status in _REVOKED:
        log.error("telegram refuses the bot: status %s", status)
        return Later(REVOKED_WAIT, counts=False)
    return Doubtful()


def _forbidden(reason: str) -> Verdict:
    """Gone for Telegram's own words; anything else may be a proxy that speaks out of turn."""
    words = reason.lower()
    is_lost = words.startswith("forbidden: ") and any(lost in words for lost in _LOST)
    return Gone(reason) if is_lost else Later(REVOKED_WAIT)


def _refused(reason: str) -> Verdict:
    words = reason.lower()
    if any(benign in words for benign in _BENIGN):
        return Sent()
    if any(gone in words for gone in _GONE):
        return Gone(reason)
    return Refused(reason)


def _read(payload: bytes) -> dict[str, Any]:
    try:
        read = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {}
