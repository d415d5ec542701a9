"""Patients who live for weeks with the real program, by a chance that can be repeated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import TypeVar

from flows import timing
from flows.answers import LEAVE, choices_of
from flows.effects import Effect, Send
from flows.events import Due, Event, Said, is_cue
from flows.machine import GO, PASSED
from flows.scene import Scene
from flows.state import State, Waiting
from flows.steps import Item, Part, Question, Rate, Wait, Write, key_of
from flows.turn import Turn, turn
from tests.flows.people import CRISIS, DAY, FIRST, TOWNS, Course, Habits
from tests.flows.player import MOMENT, Player
from tests.flows.promises import keep_promises
from tests.flows.starts import real_release

LOOKS = ("/menu", "/progress", "/cards", "/exercises", "/addons", "/flare", "/settings", "/help",
         "/now", "/lesson", "/check", "/resume", "/mydata", "/fit")  # fmt: skip
DOORS = (*LOOKS, "/pause", "/stop", "/start", "/person", "/answer", "/erase", "/crisis", "/foo")
WORDS = ("a short walk after lunch", "call my sister", "7", "no idea", "yes", "👍", "=1+1",
         "<b>{lines}", "my back will never heal", "tomorrow", "word " * 300)  # fmt: skip
AnEffect = TypeVar("AnEffect", bound=Effect)
MOST_ACTS = 400
_SETTING_UP = frozenset({"consenting", "screening", "baseline", "planning"})
_CLOCKS = ("nudge", "watch", "check", "behind_watch", "overdue_watch", "cue")


@dataclass(frozen=True)
class Note:
    """One turn as it is remembered: what happened, where the patient stood, what followed."""

    at: datetime
    zone: str
    event: Event
    phase: str
    held: str | None
    before: tuple[str, ...]
    after: tuple[str, ...]
    asked: str | None
    passed: str | None
    effects: tuple[Effect, ...]

    @property
    def day(self) -> date:
        """The date on the patient's calendar."""
        return timing.local_date(self.at, self.zone)

    @property
    def is_nudge(self) -> bool:
        """Whether the clock made the program speak, rather than a wait within a talk."""
        sends = any(isinstance(each, Send) for each in self.effects)
        return isinstance(self.event, Due) and not is_cue(self.event) and sends


class Life(Player):
    """A patient who acts by chance, and remembers every turn."""

    def __init__(self, course: Course, habits: Habits, seed: int) -> None:
        super().__init__(real_release(), FIRST, zone=course.zone)
        self.course, self.habits, self.chance = course, habits, Random(seed)
        self.notes: list[Note] = []
        self._health, self._rung = self.chance.random(), set[str]()

    def live(self, until: datetime) -> Life:
        """This life, gone on until that moment."""
        if not self.journal:
            self.say("/start")
        while self.now < until:
            if self._is_steady or self.chance.random() < 0.7:
                self._talk()
            self._pass_time(until)
        return self

    def next_due(self) -> Waiting | None:
        """What comes due first, of every clock that the service keeps."""
        known: list[Waiting | None] = [getattr(self.state, name) for name in _CLOCKS]
        waiting = [each for each in known if each is not None and each.key not in self._rung]
        return min(waiting, key=lambda each: each.due_at, default=None)

    def wait_for(self, waiting: Waiting | None) -> Turn:
        """The turn when it comes due; the clock of an unanswered question rings only once."""
        if waiting is not None and waiting == self.state.check:
            self._rung.add(waiting.key)
        return super().wait_for(waiting)

    def meet(self, event: Event) -> Turn:
        """The turn after this event, remembered; and now and then somebody could need help."""
        before = self.state
        turned = super().meet(event)
        self.notes.append(_note(self, before, event, turned))
        assert self.has_way_on(), f"stuck in {self.state.phase} at {self.state.stack}"
        if self.chance.random() < 0.02:
            self.suppose(self.chance.choice(CRISIS))
        return turned

    def suppose(self, text: str) -> Turn:
        """What would follow if the patient wrote this now, every promise kept; nothing happens."""
        event = Said(at=self.now + MOMENT, desk=self.desk(), text=text)
        turned = turn(self.release, self.state, event)
        keep_promises(self.release, self.state, event, turned)
        return turned

    def has_way_on(self) -> bool:
        """Whether something is asked, or a nudge waits, or one word opens the way again."""
        if self.state.asked is not None or self.state.nudge is not None:
            return True
        if self.state.phase == "finished":
            return any(isinstance(e, Send) and e.buttons for e in self.suppose("/menu").effects)
        word = "/start" if self.state.phase == "withdrawn" else "/resume"
        then = self.suppose(word).state
        return then.asked is not None or then.nudge is not None

    @property
    def _is_steady(self) -> bool:
        return self.habits.steady or self.state.phase in _SETTING_UP

    def _pass_time(self, until: datetime) -> None:
        """Until the next thing comes due; those who are not steady come and go as they like."""
        waiting = self.next_due()
        waiting = waiting if waiting is not None and waiting.due_at <= until else None
        if waiting is not None and (self._is_steady or self.chance.random() < 0.5):
            self.wait_for(waiting)
        elif self._is_steady:
            self.now = until
        elif waiting is not None and self.chance.random() < 0.1:
            self.now = max(self.now, waiting.due_at - timedelta(minutes=10))
        else:
            hours = timedelta(hours=self.chance.expovariate(4 / self.habits.away))
            is_down = self.chance.random() < 0.2
            list(self.sleep(hours) if is_down else self.wait(hours))

    def _talk(self) -> None:
        """Answer, and do other things, until nothing is asked or the phone is put away."""
        for _ in range(MOST_ACTS):
            if self.now > FIRST + 1000 * DAY or not self._act():
                return
        raise AssertionError(f"no end to {self.state.stack}")

    def _act(self) -> bool:
        """Whether there is more to do after the next small thing."""
        if not self._is_steady and self._is_one_of(self.habits.strange):
            self._do_something_strange()
        if self._is_one_of(self.habits.crisis):
            self.say(self.chance.choice(CRISIS))
        question = self.question()
        if question is None:
            return self._look_around()
        if not self._is_steady and self._is_one_of(self.habits.leaving):
            return self._leave()
        if self._is_one_of(self.habits.doors):
            self._open_a_door()
        elif self._is_one_of(self.habits.aside) and not (self._is_steady and self._is_nudged()):
            self.say(self.chance.choice(self._asides()))
        else:
            self._answer(question)
        return True

    def _look_around(self) -> bool:
        """With nothing asked: what lies open is taken up, or something from the menu."""
        if self._is_steady and self.state.stack:
            self.say("/resume")
            return self.question() is not None
        if not self._is_one_of(150):
            return False
        self._open_a_door()
        return True

    def _open_a_door(self) -> None:
        if self.state.cards and self.chance.random() < 0.2:
            self.forge(f".card-change-{self.chance.choice(self.state.cards).number}")
            return
        recent = [b for s in self.sent[-12:] for row in s.buttons for b in row]
        lasting = [b.data for b in recent if b.data.startswith(".")]
        if lasting and self.chance.random() < 0.5:
            self.forge(self.chance.choice(lasting if not self._is_steady else _harmless(lasting)))
        else:
            self.say(self.chance.choice(LOOKS if self._is_steady else DOORS))

    def _is_nudged(self) -> bool:
        """Whether the open question is a nudge's, which another command puts away."""
        return self.state.stack[-1].flow.startswith("nudge/")

    def _asides(self) -> tuple[str, ...]:
        calm = ("simpler", "back", "what do you mean")
        return calm if self._is_steady else (*calm, "skip", "later", *WORDS)

    def _leave(self) -> bool:
        if self.chance.random() < 0.5:
            self.say("later")
        return False

    def _do_something_strange(self) -> None:
        """What nobody plans for: old buttons, edits, a block, a clock that rings twice."""
        match self.chance.randrange(8):
            case 0:
                old = [b for s in self.sent[-60:] for row in s.buttons for b in row]
                self.forge(self.chance.choice(old).data)
            case 1:
                self.edit(self.chance.choice(WORDS))
            case 2:
                self.send("photo", self.chance.choice(WORDS))
            case 3:
                self.hear("Dr Lee", "How are you?")
            case 4:
                self.block()
                list(self.wait(timedelta(hours=self.chance.randint(1, 80))))
                self.come_back()
            case 5:
                self.reply(self.chance.choice(WORDS))
            case 6:
                self.clear()
            case _:
                for rung in [each for each in self.journal if isinstance(each, Due)][-1:]:
                    self.meet(rung.model_copy(update={"at": self.now, "desk": self.desk()}))

    def _answer(self, question: Question) -> None:
        if isinstance(question, Wait) and self.state.cue and self.chance.random() < 0.6:
            self._let_it_run(self.state.cue)
            return
        key, choices = key_of(question) or "", self._choices(question)
        if isinstance(question, Write):
            self._write(question, key, list(choices))
            return
        value = self._value(question, key, list(choices))
        if self.chance.random() < 0.2 and not isinstance(question, Part):
            self.say(choices.get(value, value))
        else:
            self.choose(value)

    def _let_it_run(self, cue: Waiting) -> None:
        """The time of a wait runs out, perhaps while the service is down."""
        if not self._is_steady and self.chance.random() < 0.1:
            self.now = cue.due_at + timedelta(minutes=5)
        self.wait_for(cue)

    def _choices(self, question: Question) -> dict[str, str]:
        if isinstance(question, Rate):
            return {str(n): str(n) for n in range(question.scale[0], question.scale[1] + 1)}
        scene = Scene(self.release, self.journal[-1], self.state)
        shown = choices_of(scene, question)
        return {value: label for value, label in shown.items() if value not in LEAVE}

    def _value(self, question: Question, key: str, values: list[str]) -> str:
        settled = self.course.answers().get(key)
        if self._is_steady and settled in values:
            return str(settled)
        if isinstance(question, Item):
            return self._of_health(question, values)
        if isinstance(question, Part):
            is_of_measures = self.state.stack[-1].flow.startswith("flow/")
            stays = self._is_steady and is_of_measures
            return GO if stays or self.chance.random() < 0.8 else PASSED
        return self.chance.choice(values)

    def _of_health(self, item: Item, values: list[str]) -> str:
        """An answer near to how things are, which drifts; thoughts of death are rare."""
        if (item.measure, item.item) == ("phq-9", 9):
            return "0" if self.chance.random() < 0.85 else self.chance.choice(values)
        self._health = min(max(self._health + self.chance.gauss(0, 0.08), 0.0), 1.0)
        place = round(self._health * (len(values) - 1) + self.chance.gauss(0, 0.4))
        return values[min(max(place, 0), len(values) - 1)]

    def _write(self, question: Write, key: str, values: list[str]) -> None:
        settled = self.course.answers().get(key)
        if self._is_steady and settled in values:
            self.choose(str(settled))
        elif self._is_steady and key in self.course.words():
            self.say(self.course.words()[key])
        elif values and self.chance.random() < 0.6:
            self.choose(self.chance.choice(values))
        else:
            self.say(self._typed(question))

    def _typed(self, question: Write) -> str:
        match question.read:
            case "text":
                return self.chance.choice(WORDS)
            case "time":
                return self.chance.choice(("7:30", "22:15", "6 pm"))
            case "days":
                return self.chance.choice(("every day", "Monday and Friday", "weekend"))
            case "country":
                return self.chance.choice([country for country, _ in TOWNS.values()])
            case "zone":
                return self.chance.choice(list(TOWNS))

    def _is_one_of(self, often: int) -> bool:
        return self.chance.random() * 1000 < often


def _harmless(datas: list[str]) -> list[str]:
    """The buttons that somebody who answers everything may tap."""
    return [each for each in datas if each not in {".pause", ".stop"}] or [".menu"]


def _note(life: Life, before: State, event: Event, turned: Turn) -> Note:
    question = life.question() if turned.state.asked == turned.state.turn else None
    return Note(
        at=event.at,
        zone=turned.state.zone,
        event=event,
        phase=before.phase,
        held=before.held,
        before=_flows(before),
        after=_flows(turned.state),
        asked=key_of(question) if question is not None else None,
        passed=_passed(life, before, turned.state),
        effects=turned.effects,
    )


def _passed(life: Life, before: State, after: State) -> str | None:
    """The item that was open and was left out for good in this turn."""
    top = before.stack[-1] if before.stack else None
    step = life.release.flow(top.flow).step(top.step) if top is not None else None
    if top is None or not isinstance(step, Item) or before.asked is None:
        return None
    frame = after.stack[len(before.stack) - 1 :][:1]
    kept = {score.turn: score.items for score in after.scores}.get(after.turn)
    items = frame[0].items if frame and frame[0].flow == top.flow else kept or {}
    moved = kept is not None or (frame and frame[0].step != top.step)
    left_out = moved and step.item in items and items[step.item] is None
    return key_of(step) if left_out else None


def _flows(state: State) -> tuple[str, ...]:
    return tuple(frame.flow for frame in state.stack)


def notes_with(life: Life, kind: type[AnEffect]) -> Iterator[tuple[Note, AnEffect]]:
    """Each effect of that kind with the note of its turn."""
    for note in life.notes:
        yield from ((note, each) for each in note.effects if isinstance(each, kind))
