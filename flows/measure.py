"""What an author may write of a measure: items, answers, scoring, bands, change, licence."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from flows.fields import Choices, Key, Number, Words
from flows.steps import END, AnyStep, Case, Condition, Decide, Flow, Item, Say, Tally
from flows.value import Value

Ends = tuple[str, str]
"""The words at the low and at the high end of a scale."""

Way = Literal["sum", "mean"]


class Band(Value):
    """A range of scores up to and including `upto`, in words for each reader."""

    upto: Number
    name: str
    patient: str
    clinician: str


class Change(Value):
    """How much change is reliable and how much matters, by which method, from which source.

    `strict` is a published threshold that is harder to reach than `reliable`;
    `important_percent` an important change as a percentage of the first score.
    """

    reliable: Number | None = None
    strict: Number | None = None
    important: Number | None = None
    important_percent: Number | None = None
    method: str
    source: str
    verified: bool = False


class Missing(Value):
    """The missing-item rule: how many may be missing, which may never be, how a sum is rounded."""

    most: int = 0
    required: tuple[int, ...] = ()
    round: Literal["half", "up"] = "half"
    source: str = ""
    verified: bool = False


def is_number(answer: str) -> bool:
    """Whether the name of an answer is its score."""
    return answer.removeprefix("-").isdecimal() and answer.isascii()


def _as_subscale(value: Any) -> Any:
    return {"items": value} if isinstance(value, list | tuple) else value


class Subscale(Value):
    """Some items scored by themselves, in the measure's own way unless another is named."""

    items: tuple[int, ...] = Field(min_length=1)
    score: Way | None = None


_AsSubscale = BeforeValidator(_as_subscale, json_schema_input_type=Subscale | tuple[int, ...])


class MeasureItem(Value):
    """One item as printed; `short` is its name in charts and alerts; a slot's text is empty.

    An item that is `reversed` is counted from the other end, one that is not `scored` not at all.
    """

    text: str = ""
    short: Words
    choices: Choices = Field(default_factory=dict)
    scale: tuple[int, int] | None = None
    anchors: Ends | None = None
    reversed: bool = False
    scored: bool = True
    loinc: str | None = None


class Measure(Value):
    """A questionnaire; one whose items have no text is off until a site adds its licensed text."""

    measure: Key
    title: str
    short: str
    about: str = ""
    recall: str
    show_recall: bool = False
    minutes: int = Field(default=1, ge=1)
    items: tuple[MeasureItem, ...] = Field(min_length=1)
    choices: Choices = Field(default_factory=dict)
    answers_loinc: dict[str, str] = Field(default_factory=dict)
    scale: tuple[int, int] = (0, 10)
    anchors: Ends | None = None
    score: Way
    factor: Number = 1
    t_table: dict[int, Number] = Field(default_factory=dict)
    better: Literal["lower", "higher"] = "lower"
    range: tuple[Number, Number]
    subscales: dict[str, Annotated[Subscale, _AsSubscale]] = Field(default_factory=dict)
    missing: Missing = Missing()
    bands: tuple[Band, ...] = ()
    change: Change | None = None
    progress: bool = False
    loinc: str | None = None
    score_loinc: str | None = None
    licence: str
    licence_file: str | None = None
    attribution: str = ""
    why_off: str = ""
    source: str
    verified: bool = False
    verified_on: str | None = None

    @property
    def is_on(self) -> bool:
        """Whether it can be asked: every item has its text."""
        return all(item.text.strip() for item in self.items)

    @cached_property
    def scored_items(self) -> tuple[int, ...]:
        """The numbers of the items that count."""
        return tuple(number for number, item in enumerate(self.items, 1) if item.scored)

    def choices_of(self, number: int) -> dict[str, str]:
        """An item's answers by their value: its own, the measure's, or the numbers of a scale."""
        item = self.items[number - 1]
        low, high = item.scale or self.scale
        numbers = {str(value): str(value) for value in range(low, high + 1)}
        return item.choices or (numbers if item.scale else self.choices or numbers)

    def bounds_of(self, number: int) -> tuple[int, int]:
        """The lowest and the highest answer to an item."""
        values = [int(value) for value in self.choices_of(number) if is_number(value)]
        return (min(values), max(values)) if values else self.scale

    def with_text(self, text: LicensedText) -> Measure:
        """This measure switched on by a text that a site may use."""
        items = tuple(
            item.model_copy(update={"text": given.text, "choices": given.choices or item.choices})
            for item, given in zip(self.items, text.items, strict=True)
        )
        known = {name: value for name, value in text if value and name in _LICENSED}
        return self.model_copy(update={**known, "licence": str(text.licence), "items": items})

    def flow(self) -> Flow:
        """The flow that asks the items one at a time, then tallies; an empty one if it is off."""
        steps = self._asked() if self.is_on else (self._passed(),)
        return Flow(
            id=f"measure/{self.measure}", title=self.title, minutes=self.minutes, steps=steps
        )

    def _asked(self) -> tuple[AnyStep, ...]:
        opening = "\n\n".join(t.strip() for t in (self.about, self.attribution) if t.strip())
        about = (Say(id="about", say=opening),) if opening else ()
        items: list[AnyStep] = [self._item(number) for number in range(1, len(self.items) + 1)]
        # whoever stops at an item that does not count has a score all the same
        items.insert(max(self.scored_items, default=0), Tally(id="tally", tally=self.measure))
        return (*about, *items)

    def _passed(self) -> Decide:
        """A step that says nothing and leads to the end."""
        when = Condition(measure=self.measure, known=True)
        return Decide(id="off", decide=(Case(when=when, goto=END),))

    def _item(self, number: int) -> Item:
        item = self.items[number - 1]
        own = item.choices or item.scale
        return Item(
            id=f"item-{number}",
            measure=self.measure,
            item=number,
            item_count=len(self.items),
            text=item.text,
            recall=self.recall if self.show_recall else "",
            choices=self.choices_of(number),
            anchors=item.anchors or (None if own else self.anchors),
            required=number in self.missing.required,
        )


_LICENSED = ("about", "choices", "anchors", "attribution")


def _as_item(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


class LicensedItem(Value):
    """An item as the licence gives it, with its own answers where they differ from the others'."""

    text: Words
    choices: Choices = Field(default_factory=dict)


_AsItem = BeforeValidator(_as_item, json_schema_input_type=LicensedItem | Words)


class Licence(Value):
    """Who allowed a site to show a text, on which day, and what for."""

    by: Words
    on: date
    purpose: str = ""

    def __str__(self) -> str:
        said = f"{self.by}, {self.on.isoformat()}"
        return f"{said}: {self.purpose}" if self.purpose else said


class LicensedText(Value):
    """A questionnaire's text that a site is allowed to use: it switches the measure on."""

    text: Key
    about: Words
    items: tuple[Annotated[LicensedItem, _AsItem], ...] = Field(min_length=1)
    choices: Choices = Field(default_factory=dict)
    anchors: Ends | None = None
    attribution: str = ""
    licence: Licence
