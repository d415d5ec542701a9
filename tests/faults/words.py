"""What people wrote, beside what the turns of the database say they wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.service import joining
from flows.events import Attached, Edited, Joined, Said, words_of
from tests.faults.look import Case, Chat


def lost(chat: Chat, case: Case) -> list[str]:
    """The person's messages that no turn tells, in order."""
    heard = iter(_heard(case))
    missing, current = [], next(heard, None)
    for words in _words(chat.person.words):
        if words == current:
            current = next(heard, None)
        else:
            missing.append(words)
    return missing


def strange(chat: Chat, case: Case) -> list[str]:
    """What turns tell that the person did not write in this order."""
    wrote = list(_words(chat.person.words))
    found, place = [], 0
    for words in _heard(case):
        if words in wrote[place:]:
            place = wrote.index(words, place) + 1
        else:
            found.append(words)
    return found


def _heard(case: Case) -> list[str]:
    """The patient's messages as their turns tell them."""
    events = [entry.event for entry in case.journal]
    written = [e for e in events if isinstance(e, Said | Edited | Attached | Joined)]
    return list(_words(words_of(e) for e in written if not isinstance(e, Joined)))


def _words(texts: Iterable[str]) -> Iterator[str]:
    """Messages that become turns with these words: codes and /start open doors and leave none."""
    for text in texts:
        if not joining.only_starts(text) and joining.code_in(text) is None:
            yield text.strip()


def who(chat: Chat) -> str:
    """How a person is named in a sentence about what is broken."""
    return f"person {chat.person.number}"


def short(numbers: list[int]) -> str:
    """The last few of many numbers."""
    shown = ", ".join(map(str, numbers[-12:]))
    return f"[…{shown}]" if len(numbers) > 12 else f"[{shown}]"
