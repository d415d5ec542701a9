"""A patient with a clock and a chat: events go through the engine as they do in the service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from flows import timing
from flows.answers import LEAVE
from flows.effects import Button, Effect, Raise, Send
from flows.events import (
    EVENT,
    Attached,
    Away,
    Blocked,
    Cleared,
    Desk,
    Due,
    Edited,
    Event,
    HandedBack,
    Joined,
    OfferClosed,
    Offered,
    Reminded,
    Returned,
    Said,
    TakenOver,
    Tapped,
    Told,
    is_cue,
)
from flows.machine import GO
from flows.program import Release
from flows.state import State, Waiting
from flows.steps import Ask, Consent, Item, Part, Question, Rate, Wait
from flows.turn import Turn, begin_state, turn
from flows.wording import plain
from tests.flows.promises import keep_promises

EFFECTS: TypeAdapter[tuple[Effect, ...]] = TypeAdapter(tuple[Effect, ...])
MOMENT = timedelta(seconds=20)
"""How long a patient takes to read and to answer."""

LONGEST_TALK = 80
HOURS = "Mon-Fri 09:00-17:00"


class Player:
    """Plays a patient and the care team; everything is written to JSON and read back each turn."""

    def __init__(
        self,
        release: Release,
        at: datetime,
        *,
        zone: str = "UTC",
        staffed: bool = True,
        invited: bool = True,
    ) -> None:
        self.release, self.now, self.zone = release, at.astimezone(UTC), zone
        self.first = self.state = begin_state(release, invited=invited)
        self.journal: list[Event] = []
        self.sent: list[Send] = []
        self.nudge_days: list[date] = []
        self._staffed, self._alerted = staffed, False

    def say(self, text: str) -> Turn:
        """The turn after the patient wrote this; /start is a beginning, as in the service."""
        self.now += MOMENT
        if text.split()[:1] == ["/start"]:
            return self.meet(Joined(at=self.now, desk=self.desk()))
        return self.meet(Said(at=self.now, desk=self.desk(), text=text))

    def reply(self, text: str) -> Turn:
        """The turn after the patient answered the bubble of a clinician."""
        self.now += MOMENT
        return self.meet(Said(at=self.now, desk=self.desk(), text=text, to_clinician=True))

    def press(self, label: str, under: str = "") -> Turn:
        """The turn after a tap on the newest button of that label, or the one under these words."""
        return self.forge(self._button(label, under).data)

    def forge(self, data: str) -> Turn:
        """The turn after a tap that brought this, whoever made it."""
        self.now += MOMENT
        number, _, choice = data.partition(".")
        asked = int(number) if number.isdecimal() else None
        return self.meet(Tapped(at=self.now, desk=self.desk(), turn=asked, choice=choice))

    def choose(self, value: str) -> Turn:
        """The turn after a tap on the open question's button that stands for this value."""
        return self.forge(f"{self.state.asked}.{value}")

    def finish(self) -> list[Turn]:
        """Every turn of a patient who gives each question its first answer until none is open."""
        turns: list[Turn] = []
        while self.question() is not None:
            assert len(turns) < LONGEST_TALK, f"no end to {self.state.stack}"
            turns.append(self.answer_first())
        return turns

    def answer_first(self) -> Turn:
        """The turn after the open question got its first answer."""
        question = self.question()
        assert question is not None, "no question is open"
        return self._first_answer(question)

    def edit(self, text: str) -> Turn:
        """The turn after the patient changed an earlier message into this."""
        self.now += MOMENT
        return self.meet(Edited(at=self.now, desk=self.desk(), text=text))

    def send(self, what: str, caption: str = "") -> Turn:
        """The turn after the patient sent something that is not text."""
        self.now += MOMENT
        return self.meet(Attached(at=self.now, desk=self.desk(), what=what, caption=caption))

    def hear(self, clinician: str, text: str, **more: Any) -> Turn:
        """The turn after a clinician wrote to the patient."""
        return self._team(Told, clinician=clinician, text=text, **more)

    def taken_over(self, clinician: str) -> Turn:
        """The turn after a clinician began to write in the program's place."""
        return self._team(TakenOver, clinician=clinician)

    def handed_back(self, clinician: str, **more: Any) -> Turn:
        """The turn after the clinician gave the conversation back, or the program took it."""
        return self._team(HandedBack, clinician=clinician, **more)

    def offered(self, offer: int, name: str, **more: Any) -> Turn:
        """The turn after the care team offered this."""
        return self._team(Offered, offer=offer, name=name, **more)

    def offer_closed(self, offer: int, name: str, **values: str) -> Turn:
        """The turn after the offer came to this end."""
        return self._team(OfferClosed, offer=offer, name=name, values=values)

    def reminded(self, name: str, **values: str) -> Turn:
        """The turn after a call came near."""
        return self._team(Reminded, name=name, values=values)

    def away(self, long: timedelta, **more: Any) -> Turn:
        """The turn after nobody fetched the patient's words for so long, until now."""
        self.now += long
        return self._team(Away, since=self.now - long, until=self.now, **more)

    def _team(self, event: type[Event], **what: Any) -> Turn:
        self.now += MOMENT
        return self.meet(event(at=self.now, desk=self.desk(), **what))

    def block(self) -> Turn:
        """The turn after the patient blocked the bot."""
        self.now += MOMENT
        return self.meet(Blocked(at=self.now, desk=self.desk(), alerted=self._alerted))

    def come_back(self) -> Turn:
        """The turn after the patient let the bot in again."""
        self.now += MOMENT
        return self.meet(Returned(at=self.now, desk=self.desk()))

    def clear(self) -> Turn:
        """The turn after the care team closed the last alert that held the program."""
        self._alerted = False
        self.now += MOMENT
        return self.meet(Cleared(at=self.now, desk=self.desk()))

    def wait_for(self, waiting: Waiting | None) -> Turn:
        """The turn at the moment when that nudge, or the watch over silence, comes due."""
        assert waiting is not None, "nothing is scheduled that could be waited for"
        self.now = max(self.now, waiting.due_at)
        return self.meet(Due(at=self.now, desk=self.desk(), key=waiting.key, due_at=waiting.due_at))

    def wait(self, long: timedelta) -> Iterator[Turn]:
        """Every turn that comes due while the patient does nothing for so long."""
        end = self.now + long
        while (waiting := self.next_due()) is not None and waiting.due_at <= end:
            yield self.wait_for(waiting)
        self.now = end

    def sleep(self, long: timedelta) -> Iterator[Turn]:
        """Every turn that the service catches up on after it was down for so long."""
        self.now += long
        while (waiting := self.next_due()) is not None and waiting.due_at <= self.now:
            yield self.wait_for(waiting)

    def next_due(self) -> Waiting | None:
        """What comes due first: the nudge, a watch of the care team's, or the end of a wait."""
        clocks = ("nudge", "watch", "behind_watch", "overdue_watch", "cue")
        known: list[Waiting | None] = [getattr(self.state, name) for name in clocks]
        waiting = [each for each in known if each is not None]
        return min(waiting, key=lambda each: each.due_at, default=None)

    def desk(self) -> Desk:
        """How the care team stands at this moment, on weekdays from nine to five."""
        local = self.local()
        is_open = local.isoweekday() < 6 and 9 <= local.hour < 17
        return Desk(staffed=True, open=is_open, hours=HOURS) if self._staffed else Desk()

    def local(self, moment: datetime | None = None) -> datetime:
        """This moment, or that one, on the clock of the story."""
        return (moment or self.now).astimezone(ZoneInfo(self.zone))

    def meet(self, event: Event) -> Turn:
        """The turn after this event, all of it through JSON, every promise kept."""
        event = EVENT.validate_json(EVENT.dump_json(event))
        self.journal.append(event)
        before, turned = self.state, turn(self.release, self.state, event)
        keep_promises(self.release, before, event, turned)
        self.state = State.model_validate_json(turned.state.model_dump_json())
        effects = EFFECTS.validate_json(EFFECTS.dump_json(turned.effects))
        assert (self.state, effects) == (turned.state, turned.effects), "JSON keeps every value"
        self.sent += [each for each in effects if isinstance(each, Send)]
        is_nudge = isinstance(event, Due) and not is_cue(event)
        if is_nudge and any(isinstance(each, Send) for each in effects):
            self.nudge_days.append(timing.local_date(event.at, self._zone_of_patient()))
        self._alerted = self._alerted or any(isinstance(each, Raise) for each in effects)
        return Turn(self.state, effects)

    def replayed(self) -> State:
        """Where the journal leads when it is played again from the beginning."""
        state = self.first
        for event in self.journal:
            state = turn(self.release, state, event).state
        return state

    def buttons(self) -> list[Button]:
        """Every button that was ever shown, the newest bubble's first."""
        return [each for send in reversed(self.sent) for row in send.buttons for each in row]

    def question(self) -> Question | None:
        """The question that is open, or None."""
        if self.state.asked is None:
            return None
        top = self.state.stack[-1]
        step = self.release.flow(top.flow).step(top.step)
        return step if isinstance(step, Question) else None

    def _zone_of_patient(self) -> str:
        return str(self.state.answers.get("zone", "UTC"))

    def _first_answer(self, question: Question) -> Turn:
        match question:
            case Rate():
                return self.choose(str(question.scale[1] - 3))
            case Part():
                return self.choose(GO)
            case Wait() if self.state.cue is not None:
                return self.wait_for(self.state.cue)
            case Ask() | Consent() | Item() | Wait():
                return self.choose(next(each for each in question.choices if each not in LEAVE))
            case _:
                return self.say("after a cup of tea")

    def _button(self, label: str, under: str) -> Button:
        shown = [
            each
            for send in reversed(self.sent)
            if under in plain(send.text, send.values)
            for row in send.buttons
            for each in row
        ]
        found = next((each for each in shown if each.label == label), None)
        assert found, f"there is no button '{label}', only {[each.label for each in shown[:12]]}"
        return found
