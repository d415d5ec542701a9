"""I5: each post came to an end, and stands in the chat once."""

from __future__ import annotations

from bot.store.outbox import UNSETTLED
from tests.faults.look import Chat, Look, Row, Sentences
from tests.faults.words import who


def settled_and_shown(look: Look) -> Sentences:
    """I5: each post came to an end, and was shown once; at worst again where that is allowed."""
    for row in look.rows["outbox"]:
        if row["state"] in UNSETTLED:
            yield f"post {row['id']} ({row['lane']} {row['shape']}) is still {row['state']}"
    for row in look.rows["mails"]:
        if row["state"] in UNSETTLED:
            yield f"mail {row['id']} is still {row['state']}"
    for chat in look.chats:
        contact = look.contacts.get(chat.lookup)
        if contact is not None:
            yield from _shown(look, chat, look.posts.get(contact["id"], []))


def _shown(look: Look, chat: Chat, posts: list[Row]) -> Sentences:
    there = {said.number: said.text for said in chat.messages}
    named: set[int] = set()
    for row in posts:
        text, number = look.texts[row["id"]], row["message_id"]
        if row["state"] != "sent":
            continue
        if number is None or number not in there:
            yield f"post {row['id']} was sent to {who(chat)} and is not in the chat"
        elif number in named:
            yield f"post {row['id']} claims message {number} of {who(chat)} as another does"
        elif text is not None and not there[number].startswith(text.strip()):
            yield f"post {row['id']} is not what message {number} of {who(chat)} says"
        named.add(number or 0)
    extra = [said.text for said in chat.messages if said.number not in named]
    yield from _repeated(look, chat, posts, extra)


def _repeated(look: Look, chat: Chat, posts: list[Row], extra: list[str]) -> Sentences:
    """Messages that no post names: a repeat of one that may have got lost, or something odd."""
    spare = {row["id"]: _may_repeat(row) for row in posts}
    for text in extra:
        same = [row for row in posts if text.startswith((look.texts[row["id"]] or "\0").strip())]
        one = next((row for row in same if spare[row["id"]] > 0), None)
        if one is not None:
            spare[one["id"]] -= 1
        elif same:
            yield f"{who(chat)} was told again what must be told once: post {same[0]['id']}"
        elif look.case_of(chat) is not None and not _is_help(look, text):
            yield f"{who(chat)} was told what no post says: {text[:40]!r}"


def _may_repeat(row: Row) -> int:
    """How often a post may be in the chat beside the message that it names."""
    if row["lane"] == "nudge":
        return 1 if row["state"] in {"doubtful", "refused"} else 0
    # sent in the end, or given up after tries of which nobody knows whether they arrived
    return int(row["attempts"]) - (1 if row["state"] == "sent" else 0)


def _is_help(look: Look, text: str) -> bool:
    """Whether it is the help card that is shown without the database, or a page of the watch."""
    lanes = [look.texts[row["id"]] for row in look.rows["outbox"] if row["lane"] == "crisis"]
    firsts = {line.strip() for said in lanes if said for line in said.splitlines() if line.strip()}
    return any(line.strip() in firsts for line in text.splitlines() if line.strip())
