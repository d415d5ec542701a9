"""That the bot's fixed texts are all there, and hold only what the engine fills in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from flows.journey import PHASES
from flows.placeholders import names_in
from flows.program import Release
from flows.walk.desk_messages import DESK_TEXTS
from flows.walk.finding import Finding, unknown
from flows.walk.names import ENGINE_VALUES
from flows.walk.round_messages import ROUND_LABELS

_CALL = "clinician minutes when"
_OFFERED_CALL = "clinician minutes times zone"
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
    "not-agreed": "",
    "renewed": "",
    "lesson-not-yet": "",
    "lesson-later": "",
    "lesson-none": "",
    "check-later": "",
    "check-none": "",
    "closing-later": "",
    "addon-none": "",
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
    "item-recall": "count number recall text",
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
    "skip-item": "",
    "simpler-none": "",
    "back-none": "",
    "already": "",
    "moved-on": "",
    "chosen": "chosen",
    "edited": "",
    "attached": "",
    "fault": "",
    "waits": "",
    "unreadable": "",
    "told": "clinician replies text",
    "told-corrected": "clinician replies text",
    "told-replies": "replies",
    "relayed-live": "clinician",
    "edited-live": "",
    "taken-over": "clinician",
    "taken-over-asked": "clinician",
    "silent": "clinician",
    "silence-ended": "clinician",
    "handed-back": "clinician recap",
    "handed-back-silent": "clinician hours recap",
    "handed-back-left": "clinician recap",
    "recap-open": "title",
    "recap-left": "title",
    "recap-none": "",
    "offer-call": _OFFERED_CALL,
    "offer-call-again": _OFFERED_CALL,
    "offer-proposal": "clinician what",
    "offer-addon": "clinician what",
    "offer-pace": "clinician what",
    "offer-track": "clinician what",
    "offer-pack": "clinician what",
    "offer-letter": "clinician text",
    "offer-withdrawn": "",
    "offer-booked": _CALL,
    "offer-cancelled": _CALL,
    "offer-moved": _CALL,
    "offer-chosen": "chosen",
    "offer-declined": "",
    "offer-letter-yes": "",
    "offer-gone": "",
    "offer-held": "",
    "agreed-addon": "title",
    "agreed-pace": "",
    "agreed-track": "",
    "agreed-pack": "",
    "calls-none": "",
    "reminded-call-day": _CALL,
    "reminded-call-soon": _CALL,
    "relayed": "",
    "erased": "",
    "blank": "",
    "progress": "progress",
    "progress-caption": "",
    "progress-line": "first good highest last title trend",
    "progress-line-first": "good highest last title",
    "progress-none": "",
    "better-lower": "",
    "better-higher": "",
    "trend-better": "",
    "trend-worse": "",
    "trend-same": "",
    "summary": "summary",
    "summary-title": "",
    "summary-caption": "",
    "summary-lessons": "count",
    "summary-goal": "words",
    "summary-values": "words",
    "summary-activity": "words",
    "summary-flare": "words",
    "summary-plan": "words",
    "summary-line": "first good highest last title",
    "summary-line-first": "good highest last title",
    "cards": "",
    "cards-none": "",
    "card-gone": "",
    "card-picture-caption": "",
    "card-picture-coming": "",
    "months": "",
    "mydata-coming": "",
    "mydata": "",
    "mydata-data": "",
    "own-title": "",
    "own-about": "name when",
    "own-others": "",
    "own-kept": "",
    "own-none": "",
    "own-settings": "",
    "own-scores": "",
    "own-answers": "",
    "own-cards": "",
    "own-lessons": "",
    "own-consents": "",
    "own-messages": "",
    "own-notes": "",
    "own-calls": "",
    "own-offers": "",
    "own-alerts": "",
    "own-nudges": "",
    "own-history": "",
    "own-when": "",
    "own-what": "",
    "own-value": "",
    "own-score": "",
    "own-who": "",
    "own-state": "",
    "own-chart": "count first high last low title",
    "own-agreed": "",
    "own-declined": "",
    "own-me": "",
    "own-not-here": "",
    "cleared": "",
    "lesson-done": "",
    "lesson-done-open": "",
    "day-far": "day days",
    "lesson-last": "",
    "agreement-new": "",
    "agreement-first": "",
    "agreement-kept": "",
    "agreement-nudge": "",
    "away": "since until",
    "away-held": "since until",
    "away-restored": "since until",
    "away-days": "count",
    "crowd": "",
    "veil": "",
    "pin-ask": "",
    "pin-new": "",
    "pin-again": "",
    "pin-differs": "",
    "pin-set": "",
    "pin-wrong": "tries",
    "pin-shut": "time",
    "pin-have": "",
    "pin-off": "",
    "pin-odd": "",
    "pin-loose": "",
    "pin-forgot": "day time",
    "pin-forgot-wait": "day time",
    "pin-gone": "",
    "pin-stopped": "",
    "pin-first": "",
    "offer-locked": "",
}
"""The texts that the engine says, and what it gives each of them beside its own values."""

ENGINE_LABELS = frozenset(
    {
        *("back", "skip", "answer", "simpler", "part-go", "part-skip", "part-later"),
        *("menu-lesson", "menu-check", "menu-progress", "menu-flare", "menu-person"),
        *("menu-settings", "menu-now", "menu-resume", "menu-calls"),
        *("chart-baseline", "chart-now", "chart-better", "take", "close"),
        *("why", "relieve", "note"),
        *("menu-cards", "cards-more", "card-change", "card-picture", "card-keep"),
        *(f"phase-{phase}" for phase in PHASES),
        *("role-clinician", "role-lead", "role-operator"),
        *("draft-send", "draft-cancel"),
        *("desk-write", "desk-take", "desk-back", "desk-call", "desk-suggest", "desk-minutes"),
        *("desk-mode", "desk-mine", "desk-not-mine", "desk-seen"),
        *("mode-written", "mode-live", "mode-mixed", "mode-none"),
        *("pin-forgot", "pin-change", "pin-off"),
        *ROUND_LABELS,
    }
)
"""The button labels that the engine shows."""

_WEEK = tuple(str(day) for day in range(1, 8))
_MONTHS = "1 2 3 4 5 6 7 8 9 10 11 12"
_WITH_LINES = ("now", "lines", "away-held")


def messages(release: Release) -> Iterator[Finding]:
    """What is wrong with the fixed texts."""
    yield from (Finding("messages", *found) for found in _texts(release))
    yield from (Finding("messages", *found) for found in _missing(release))
    yield from (Finding("messages", *found) for found in _typed(release))


def _texts(release: Release) -> Iterator[tuple[str, str]]:
    texts = release.messages.texts
    for name, given in (ENGINE_TEXTS | DESK_TEXTS).items():
        if name not in texts:
            yield "texts", f"{name} is missing: the program says it"
            continue
        known = set(given.split()) | (ENGINE_VALUES if name in ENGINE_TEXTS else frozenset())
        for placeholder in sorted(names_in(texts[name]) - known):
            yield f"texts.{name}", unknown("placeholder", placeholder, known)
    for name in _WITH_LINES:
        if name in texts and "lines" not in names_in(texts[name]):
            yield f"texts.{name}", "it must hold {lines}: people in danger read it"


def _missing(release: Release) -> Iterator[tuple[str, str]]:
    for name in sorted(ENGINE_LABELS - release.messages.labels.keys()):
        yield "labels", f"{name} is missing: a button shows it"
    if len(release.messages.texts.get("months", _MONTHS).split()) != 12:
        yield "texts.months", "there must be twelve short names, one for each month"
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
