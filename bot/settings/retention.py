"""How long each class of data is kept, from when, and on what lawful basis."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Literal, get_args

DataClass = Literal["record", "contact", "raw", "sent", "mail", "page"]
"""What may be kept for a time of its own."""

_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_UNITS = {"d": "day", "w": "week", "m": "month", "y": "year"}
_SPAN = re.compile(r"([1-9][0-9]{0,4})([dwmy])")
# a comma inside the words of a basis is theirs: only one before the next class divides
_NEXT = re.compile(r",\s*(?=[a-z]+\s*=)")
_LONGEST_BASIS = 200
_LONGEST = timedelta(days=100 * 365)


@dataclass(frozen=True, slots=True)
class Span:
    """A time to keep something for, as it was written: `10y` is ten years of 365 days."""

    number: int
    unit: str

    @property
    def time(self) -> timedelta:
        """How long that is."""
        return timedelta(days=self.number * _DAYS[self.unit])

    @property
    def words(self) -> str:
        """It in words, such as "10 years"."""
        name = _UNITS[self.unit]
        return f"{self.number} {name}" if self.number == 1 else f"{self.number} {name}s"


@dataclass(frozen=True, slots=True)
class Keeping:
    """One row of the table: what a class holds, from when its time runs, and what holds by itself.

    `shortest` is what the program needs in order to work at all.
    """

    holds: str
    tables: tuple[str, ...]
    since: str
    usual: Span
    shortest: timedelta
    basis: str


_CONSENT = "explicit consent: GDPR Art. 6(1)(a) and 9(2)(a)"
_SECURITY = "legitimate interest in a safe and traceable service: GDPR Art. 6(1)(f)"

TABLE: Mapping[DataClass, Keeping] = MappingProxyType(
    {
        "record": Keeping(
            holds="answers, scores, cards, messages, notes, alerts, calls and consents",
            tables=(
                "patients",
                "turns",
                "answers",
                "scores",
                "cards",
                "consents",
                "messages",
                "drafts",
                "desks",
                "offers",
                "calls",
                "notes",
                "caseloads",
                "glasses",
                "alerts",
            ),
            since="the patient was last seen",
            usual=Span(10, "y"),
            shortest=timedelta(days=180),
            basis=_CONSENT,
        ),
        "contact": Keeping(
            holds="which Telegram account a patient writes from",
            tables=("contacts",),
            since="the patient was last seen",
            usual=Span(10, "y"),
            shortest=timedelta(days=180),
            basis=_CONSENT,
        ),
        "raw": Keeping(
            holds="what came in from Telegram just as it came, where it could not be handled",
            tables=("inbox",),
            since="it was handled or given up",
            usual=Span(30, "d"),
            shortest=timedelta(days=2),
            basis=_SECURITY,
        ),
        "sent": Keeping(
            holds="the words of messages that were sent, and reminders that came due",
            tables=("outbox", "nudges"),
            since="it was made",
            usual=Span(1, "y"),
            shortest=timedelta(days=30),
            basis=_CONSENT,
        ),
        "mail": Keeping(
            holds="e-mails to the care team and to operators",
            tables=("mails",),
            since="it was made",
            usual=Span(30, "d"),
            shortest=timedelta(days=2),
            basis=_SECURITY,
        ),
        "page": Keeping(
            holds="links to the clinic page, sessions there, and invitations",
            tables=("page_links", "page_sessions", "invites"),
            since="it was last used, or ran out",
            usual=Span(30, "d"),
            shortest=timedelta(days=2),
            basis=_SECURITY,
        ),
    }
)
"""What is kept for how long, unless RETENTION and LAWFUL_BASIS say otherwise."""

FOR_EVER: Mapping[str, str] = MappingProxyType(
    {
        "audit": "who looked at whom, in numbers; it ends with the database",
        "alert_moves": "when somebody did something about an alert, without a patient's word",
        "alert_tries": "by which way somebody was told of an alert, without a patient's word",
        "guidance": "minutes of guidance, without a patient's word",
        "tombstones": "which pseudonyms were erased, so that a backup stays erased",
        "clinicians": "who was of the care team, to whom the audit points",
        "groups": "which of the team's groups hear of alerts, until they are removed",
        "shifts": "the rota as it is now",
        "swaps": "who stood in for whom",
        "releases": "the content that was live, without anybody's data",
        "marks": "facts about the service itself",
        "replicas": "which processes ran",
        "gaps": "when the service could not hear",
    }
)
"""The tables that no time runs for, and why."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each class is kept; a class that is not named is kept for its usual time."""

    spans: Mapping[DataClass, Span]

    def __getitem__(self, name: DataClass) -> timedelta:
        """How long that class is kept."""
        return self.span(name).time

    def span(self, name: DataClass) -> Span:
        """That time as it was written."""
        return self.spans.get(name, TABLE[name].usual)

    @property
    def record_words(self) -> str:
        """How long a patient's record is kept, in words, such as "10 years"."""
        return self.span("record").words


@dataclass(frozen=True, slots=True)
class LawfulBasis:
    """On what lawful basis each class is kept; one that is not named has its usual basis."""

    given: Mapping[DataClass, str]

    def __getitem__(self, name: DataClass) -> str:
        """The basis of that class, in words."""
        return self.given.get(name, TABLE[name].basis)


def read_retention(words: object) -> Retention:
    """The times in words such as `record=10y, raw=30d`, or ValueError."""
    if isinstance(words, Retention):
        return words
    spans = {name: _span(name, text) for name, text in _pairs(str(words), "record=10y").items()}
    retention = Retention(MappingProxyType(spans))
    if retention["contact"] > retention["record"]:
        msg = "must not keep contact for longer than record"
        raise ValueError(msg)
    return retention


def read_lawful_basis(words: object) -> LawfulBasis:
    """The bases in words such as `record=explicit consent`, or ValueError."""
    if isinstance(words, LawfulBasis):
        return words
    given = _pairs(str(words), "record=explicit consent")
    for name, text in given.items():
        if not text or len(text) > _LONGEST_BASIS:
            msg = f"must give {name} a basis of 1 to {_LONGEST_BASIS} letters"
            raise ValueError(msg)
    return LawfulBasis(MappingProxyType(given))


def _pairs(words: str, example: str) -> dict[DataClass, str]:
    found: dict[DataClass, str] = {}
    for part in _NEXT.split(words.strip().removesuffix(",")):
        written, sign, text = part.partition("=")
        name = next((each for each in get_args(DataClass) if each == written.strip()), None)
        if name is None or not sign:
            msg = f"must look like {example}, with one of {', '.join(get_args(DataClass))}"
            raise ValueError(msg)
        if name in found:
            msg = f"names {name} twice"
            raise ValueError(msg)
        found[name] = text.strip()
    return found


def _span(name: DataClass, text: str) -> Span:
    written = _SPAN.fullmatch(text)
    if written is None:
        msg = f"must give {name} a number of days, weeks, months or years, such as 30d or 10y"
        raise ValueError(msg)
    span = Span(int(written[1]), written[2])
    if span.time < TABLE[name].shortest:
        msg = f"must keep {name} for at least {TABLE[name].shortest.days} days"
        raise ValueError(msg)
    if span.time > _LONGEST:
        msg = f"must keep {name} for 100 years at the most"
        raise ValueError(msg)
    return span
