"""The steps an author may write; a step's own key (say, ask, rate, ...) is its kind."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from flows.fields import Choices, Chosen, Key, Number, Words
from flows.value import Value

END = "end"
"""The name of the place after the last step: `goto: end` leaves the flow."""


class Condition(Value):
    """What must hold: of an answer, a score, something finished, a fact, or of other conditions.

    The subject is one of: `key` (an answer), `measure` (its last total; with `item` or `subscale`
    that part; with `improved` how much better it is than the baseline, best or previous score),
    `done` (whole days since that flow was finished), `fact` (the phase, lessons finished or left,
    whole weeks of learning), `all` or `any` (other conditions); none is the answer just given.
    """

    key: Key | None = None
    measure: str | None = None
    item: int | None = None
    subscale: str | None = None
    improved: Literal["baseline", "best", "previous"] | None = None
    done: str | None = None
    fact: Literal["phase", "lessons", "lessons_left", "weeks"] | None = None
    every: tuple[Condition, ...] = Field(default=(), alias="all")
    some: tuple[Condition, ...] = Field(default=(), alias="any")
    equals: str | Number | None = Field(default=None, alias="is")
    among: tuple[str | Number, ...] | None = Field(default=None, alias="in")
    gte: Number | None = None
    gt: Number | None = None
    lte: Number | None = None
    lt: Number | None = None
    known: bool | None = None


class Case(Value):
    """One branch: when the condition holds, go there."""

    when: Condition
    goto: str


class Step(Value):
    """What all steps share: a name inside the flow and the place that follows."""

    id: str | None = None
    goto: str | None = None


class Say(Step):
    """A bubble of text; `simpler` says the same in fewer and easier words, when asked for."""

    say: Words
    simpler: str | None = None


class Question(Step):
    """What all questions share: the text, where each answer leads, the hint after a slip."""

    text: Words
    again: str | None = None
    next: dict[Chosen, str] | tuple[Case, ...] = ()


class Ask(Question):
    """A question with choices; the choices `later`, `back` and `skip` do what they say.

    Those in `typed` have no button: nobody makes them by a slip, their word is written out.
    """

    ask: Key
    choices: Choices = Field(min_length=1)
    typed: tuple[str, ...] = ()

    @property
    def buttons(self) -> Choices:
        """The choices that have a button."""
        return {value: label for value, label in self.choices.items() if value not in self.typed}

    @property
    def spelled(self) -> Choices:
        """The choices that must be written out."""
        return {value: label for value, label in self.choices.items() if value in self.typed}

    @model_validator(mode="after")
    def _types_what_is_there(self) -> Self:
        unknown = [value for value in self.typed if value not in self.choices]
        if unknown or not self.buttons:
            msg = "typed: names some of the choices, and at least one of them keeps its button"
            raise ValueError(msg)
        return self


class Rate(Question):
    """A question answered by a whole number on a scale [low, high, low words, high words]."""

    rate: Key
    scale: tuple[int, int, str, str] = (0, 10, "", "")


class Write(Question):
    """A question answered in the patient's own words, or read as a time, days, zone, country."""

    write: Key
    read: Literal["text", "time", "days", "zone", "country"] = "text"
    choices: Choices = Field(default_factory=dict)
    optional: bool = False


class Consent(Question):
    """A consent: the answer is kept with the version and a hash of the exact text."""

    consent: Words
    choices: Choices = Field(min_length=2)


class Part(Question):
    """The door to a small part of a lesson: go on, skip the part, or leave it for later."""

    part: Key
    minutes: int = Field(default=2, ge=1, le=3)


class Wait(Question):
    """A bubble that goes on by itself after some seconds, or at once when a choice is tapped."""

    wait: int = Field(ge=1, le=300)
    choices: Choices = Field(min_length=1)


class Card(Step):
    """A card to keep: shown now, kept with the answers it names, looked up and changed later."""

    card: Key
    text: Words


class Add(Step):
    """An add-on that the patient chose, by its name in program.yaml."""

    add: Key


class Do(Step):
    """Another flow (`exercise/tiny-plan`, `measure/peg`), then back here."""

    do: Words


class Decide(Step):
    """A silent branch on what is known."""

    decide: tuple[Case, ...] = Field(min_length=1)


class Raise(Step):
    """An alert for the care team by the name of its rule in escalation.yaml."""

    raise_: Words = Field(alias="raise")


class Move(Step):
    """A move of the patient's journey (pause, resume, withdraw, ...)."""

    move: Words


class Open(Step):
    """A door out of this flow: the next lesson, check or add-on, the menu, or what lies below."""

    open: Literal["lesson", "check", "addon", "menu", "resume", "pin"]


class Tell(Step):
    """The words answered under this key, passed on to the care team."""

    tell: Key


class Show(Step):
    """Something drawn or looked up: scores, help lines, a copy of my data, cards, a summary."""

    show: Literal["progress", "lines", "mydata", "cards", "summary"]


class Safe(Step):
    """The patient said that they are safe for now: the safety hold is lifted."""

    safe: Literal[True]


class Erase(Step):
    """All that is kept about the patient is erased, at their own word."""

    erase: Literal[True]


class Item(Question):
    """One item of a measure (made from the measure's file, not written by authors)."""

    measure: str
    item: int
    item_count: int
    recall: str = ""
    choices: dict[str, str]
    anchors: tuple[str, str] | None = None
    required: bool = False


class Tally(Step):
    """The score of a measure (made from the measure's file, not written by authors)."""

    tally: str


_KINDS = {
    "say": "say",
    "ask": "ask",
    "rate": "rate",
    "write": "write",
    "consent": "consent",
    "part": "part",
    "wait": "wait",
    "card": "card",
    "add": "add",
    "do": "do",
    "decide": "decide",
    "raise": "raise",
    "move": "move",
    "open": "open",
    "tell": "tell",
    "show": "show",
    "safe": "safe",
    "erase": "erase",
    "tally": "tally",
    "item": "item",
}
KINDS = tuple(kind for kind in _KINDS if kind not in {"tally", "item"})
"""The kinds of step that an author may write."""


def _kind(step: Any) -> str | None:
    if isinstance(step, dict):
        return next((kind for key, kind in _KINDS.items() if key in step), None)
    return type(step).__name__.lower() if isinstance(step, Step) else None


AnyStep = Annotated[
    Annotated[Say, Tag("say")]
    | Annotated[Ask, Tag("ask")]
    | Annotated[Rate, Tag("rate")]
    | Annotated[Write, Tag("write")]
    | Annotated[Consent, Tag("consent")]
    | Annotated[Part, Tag("part")]
    | Annotated[Wait, Tag("wait")]
    | Annotated[Card, Tag("card")]
    | Annotated[Add, Tag("add")]
    | Annotated[Do, Tag("do")]
    | Annotated[Decide, Tag("decide")]
    | Annotated[Raise, Tag("raise")]
    | Annotated[Move, Tag("move")]
    | Annotated[Open, Tag("open")]
    | Annotated[Tell, Tag("tell")]
    | Annotated[Show, Tag("show")]
    | Annotated[Safe, Tag("safe")]
    | Annotated[Erase, Tag("erase")]
    | Annotated[Item, Tag("item")]
    | Annotated[Tally, Tag("tally")],
    Discriminator(_kind),
]


def key_of(step: Step) -> str | None:
    """The key under which a question's answer is kept, or None for what asks nothing."""
    match step:
        case Ask():
            return step.ask
        case Rate():
            return step.rate
        case Write():
            return step.write
        case Consent():
            return "consent"
        case Item():
            return f"{step.measure}.{step.item}"
        case _:
            return None


class Flow(Value):
    """A list of steps under a name: a lesson, an exercise, a nudge, a safety flow, any talk.

    `kind/name` is its id. A `nudge` gives way to whatever comes next; a `safety` flow to nothing.
    After a safety flow, or one with `rest_after`, what lay below it waits until it is asked for.
    `next_after` is the days from this lesson to the next, where it is not the patient's pace.
    """

    id: str
    title: str
    minutes: int = 1
    evidence: tuple[str, ...] = ()
    about: str = ""
    rest_after: bool = False
    next_after: int | None = Field(default=None, ge=0)
    steps: tuple[AnyStep, ...] = Field(min_length=1)

    @cached_property
    def kind(self) -> str:
        """The first part of the id: lesson, exercise, flow, nudge, safety or measure."""
        return self.id.partition("/")[0]

    @model_validator(mode="before")
    @classmethod
    def _name_steps(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("steps"), list | tuple):
            return {**data, "steps": [_named(step, i) for i, step in enumerate(data["steps"], 1)]}
        return data

    def step(self, name: str) -> AnyStep:
        """The step of that name; KeyError if the flow has none."""
        return self._by_name[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the steps in order."""
        return tuple(self._by_name)

    @cached_property
    def _by_name(self) -> dict[str, AnyStep]:
        return {str(step.id): step for step in self.steps}


def _named(step: Any, number: int) -> Any:
    if not isinstance(step, dict) or step.get("id"):
        return step
    kind = _kind(step)
    asked = kind in {"ask", "rate", "write", "part"} and isinstance(step.get(str(kind)), str)
    return {**step, "id": step[str(kind)] if asked else f"{kind}-{number}"}
