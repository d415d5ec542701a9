"""A person with a phone: what they do in their chat with the bot, and what they see there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
MANY = 60
"""No lesson has as many questions."""
Do = Callable[..., Json]


@dataclass(frozen=True)
class Bubble:
    """One message of the bot's as it stands in the chat now."""

    number: int
    text: str
    kind: str
    buttons: tuple[tuple[str, str], ...]
    live: bool
    file: Json | None

    @property
    def labels(self) -> list[str]:
        """The words on its buttons, if they are still there."""
        return [label for label, _ in self.buttons] if self.live else []

    @property
    def says(self) -> tuple[str, str, tuple[tuple[str, str], ...]]:
        """What it says and offers, whatever number it has."""
        return self.kind, self.text, self.buttons


@dataclass(frozen=True)
class Seen:
    """Bubbles in order; `words in seen` asks whether one of them says these words."""

    bubbles: tuple[Bubble, ...]

    def __contains__(self, words: str) -> bool:
        return any(words in bubble.text for bubble in self.bubbles)

    def __iter__(self) -> Iterator[Bubble]:
        return iter(self.bubbles)

    def __len__(self) -> int:
        return len(self.bubbles)

    def __getitem__(self, place: int) -> Bubble:
        return self.bubbles[place]

    def with_words(self, words: str) -> Bubble:
        """The newest bubble with these words."""
        found = [bubble for bubble in self.bubbles if words in bubble.text]
        assert found, f"nobody said {words!r}; what was said: {self.texts}"
        return found[-1]

    @property
    def texts(self) -> list[str]:
        """What each bubble says."""
        return [bubble.text for bubble in self.bubbles]


@dataclass
class Person:
    """Somebody with an account; `do` acts in the sandbox, `until_quiet` waits for the bot."""

    number: int
    name: str
    do: Do
    chat: Callable[[int], Json]
    until_quiet: Callable[[], None]
    words: list[str] = field(default_factory=list)
    acts: int = 0
    _seen: int = 0
    _last: int = 0

    def says(self, text: str, reply_to: Bubble | None = None) -> None:
        """Write a message."""
        self._type(text)
        told = self.do("say", user=self.number, text=text, reply_to=reply_to and reply_to.number)
        self._last = told["message_id"]

    def edits(self, text: str) -> None:
        """Change the last message."""
        self._type(text)
        self.do("edit", user=self.number, message_id=self._last, text=text)

    def sends(self, kind: str, caption: str = "") -> None:
        """Send a picture, a voice note, a sticker …, perhaps with a caption."""
        self._type(caption)
        self.do("attach", user=self.number, kind=kind, caption=caption or None)

    def taps(self, label: str) -> None:
        """Tap the newest button with that label that still stands."""
        bubbles = reversed(self.everything().bubbles)
        bubble = next((each for each in bubbles if label in each.labels), None)
        assert bubble, f"there is no button {label!r}"
        self.taps_on(bubble, label)

    def taps_on(self, bubble: Bubble, label: str) -> None:
        """Tap a button of that bubble, even if it is gone by now."""
        self.acts += 1
        data = dict(bubble.buttons)[label]
        self.do("tap", user=self.number, message_id=bubble.number, data=data)

    def answers(self, *replies: str) -> Seen:
        """What is seen after giving these answers, each one tapped if it stands on a button."""
        for reply in replies:
            self.until_quiet()
            if reply in self.offered:
                self.taps(reply)
            else:
                self.says(reply)
        return self.sees()

    def goes_along(self, until: str) -> Seen:
        """What is seen on the way when every question gets its first answer, and a rating a 7."""
        for _ in range(MANY):
            self.until_quiet()
            if any(
                until in bubble.text for bubble in self.everything() if bubble.number > self._seen
            ):
                return self.sees()
            self.taps("7" if "7" in self.offered else self.offered[0])
        raise AssertionError(f"nobody ever said {until!r}")

    def rushes(self, *replies: str) -> None:
        """Type all these answers without waiting for a single question."""
        for reply in replies:
            self.says(reply)

    def blocks(self) -> None:
        """Block the bot."""
        self.acts += 1
        self.do("block", user=self.number)

    def unblocks(self) -> None:
        """Let the bot in again."""
        self.acts += 1
        self.do("unblock", user=self.number)

    def sees(self) -> Seen:
        """The bot's bubbles since the last look, once the bot has nothing left to do."""
        self.until_quiet()
        return self.glimpses()

    def glimpses(self) -> Seen:
        """The bot's bubbles since the last look, as far as they are there now."""
        new = tuple(b for b in self.everything() if b.number > self._seen)
        self._seen = max((b.number for b in new), default=self._seen)
        return Seen(new)

    def everything(self) -> Seen:
        """All of the bot's bubbles as they stand now."""
        told = self.chat(self.number)["messages"]
        return Seen(tuple(_bubble(each) for each in told if each["from"] == "bot"))

    @property
    def offered(self) -> list[str]:
        """The buttons under the bot's last bubble."""
        return [label for bubble in self.everything().bubbles[-1:] for label in bubble.labels]

    def toasts(self) -> list[str]:
        """The short notices that answered taps."""
        events = self.chat(self.number)["events"]
        return [each["text"] for each in events if each["kind"] == "toast"]

    def _type(self, text: str) -> None:
        self.acts += 1
        self.words.append(text)


def _bubble(told: Json) -> Bubble:
    rows = told["buttons"]
    return Bubble(
        number=told["message_id"],
        text=told["text"],
        kind=told["kind"],
        buttons=tuple((b["text"], b["callback_data"]) for row in rows for b in row),
        live=told["keyboard_live"],
        file=told["file"],
    )
