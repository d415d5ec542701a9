"""That the bot's fixed texts are all there, and hold only what the engine fills in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from flows.placeholders import names_in
from flows.program import Release
from flows.walk.finding import Finding, unknown
from flows.walk.names import ENGINE_VALUES

ENGINE_TEXTS = {
    "menu": "",
    "idle": "",
    "nothing-open": "",
    "unknown-command": "",
    "later": "",
    "paused": "",
    "resumed": "",
    "returned": "",
    "withdrawn": "",
    "need-invite": "",
    "lesson-not-yet": "",
    "lesson-later": "",
    "lesson-none": "",
    "check-later": "",
    "help": "",
    "now": "",
    "lines": "",
    "lines-emergency": "number",
    "lines-line": "line_hours name ways",
    "lines-call": "number",
    "lines-text": "number",
    "lines-chat": "number",
    "who-sees-nobody": "",
    "who-sees-unknown": "",
    "who-sees-open": "",
    "who-sees-closed": "",
    "clock": "day time",
    "item": "count number text",
    "rate-ends": "high highest low lowest",
    "again-choice": "",
    "again-number": "high low",
    "again-several": "high low",
    "again-whole": "high low",
    "again-text": "",
    "again-time": "",
    "again-days": "",
    "again-country": "",
    "again-zone": "",
    "skip-required": "",
    "back-none": "",
    "already": "",
    "moved-on": "",
    "chosen": "chosen",
    "edited": "",
    "attached": "",
    "fault": "",
    "told": "clinician text",
    "relayed": "",
    "erase": "",
    "progress": "progress",
    "progress-caption": "",
    "progress-line": "first good highest last title trend",
    "progress-none": "",
    "better-lower": "",
    "better-higher": "",
    "trend-first": "",
    "trend-better": "",
    "trend-worse": "",
    "trend-same": "",
    "mydata-coming": "",
    "mydata": "",
}
"""The texts that the engine says, and what it gives each of them beside its own values."""

ENGINE_LABELS = frozenset(
    {
        *("back", "skip", "answer"),
        *("menu-lesson", "menu-check", "menu-progress", "menu-flare", "menu-person"),
        *("menu-settings", "menu-now", "menu-resume"),
        *("chart-baseline", "chart-better", "chart-date", "chart-score"),
    }
)
"""The button labels that the engine shows."""

_WEEK = tuple(str(day) for day in range(1, 8))
_WITH_LINES = ("now", "lines")


def messages(release: Release) -> Iterator[Finding]:
    """What is wrong with the fixed texts."""
    yield from (Finding("messages", *found) for found in _texts(release))
    yield from (Finding("messages", *found) for found in _missing(release))
    yield from (Finding("messages", *found) for found in _typed(release))


def _texts(release: Release) -> Iterator[tuple[str, str]]:
    texts = release.messages.texts
    for name, given in ENGINE_TEXTS.items():
        if name not in texts:
            yield "texts", f"{name} is missing: the program says it"
            continue
        known = {*given.split(), *ENGINE_VALUES}
        for placeholder in sorted(names_in(texts[name]) - known):
            yield f"texts.{name}", unknown("placeholder", placeholder, known)
    for name in _WITH_LINES:
        if name in texts and "lines" not in names_in(texts[name]):
            yield f"texts.{name}", "it must hold {lines}: people in danger read it"


def _missing(release: Release) -> Iterator[tuple[str, str]]:
    for name in sorted(ENGINE_LABELS - release.messages.labels.keys()):
        yield "labels", f"{name} is missing: a button shows it"
    for day in _WEEK:
        if not release.messages.days.get(day):
            yield "days", f'"{day}" is missing: the name of a weekday, Monday is "1"'


def _typed(release: Release) -> Iterator[tuple[str, str]]:
    typed = release.messages.typed
    for name in ("now", "stop"):
        if not typed.get(name):
            yield "typed", f"{name} is missing: people must be able to type it"
    said = Counter(words for phrases in typed.values() for words in set(phrases))
    for words, count in said.items():
        if count > 1:
            yield "typed", f"“{words}” stands for {count} commands: it can mean one"
