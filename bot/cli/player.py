"""One flow played in a terminal with the engine that patients talk to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot import markup
from bot.clock import Clock
from bot.content.personas import Persona
from flows.effects import (
    Agree,
    Button,
    Cancel,
    Chart,
    Effect,
    Erase,
    File,
    GiveData,
    Keep,
    Nudge,
    Raise,
    Record,
    Relay,
    Reply,
    Send,
    Series,
    Settle,
    Sheet,
    Skip,
    Toast,
)
from flows.events import CUE, Desk, Due, Event, Joined, Said, Tapped
from flows.program import Release
from flows.state import Frame, State, Waiting
from flows.turn import turn

QUIT = frozenset({"quit", "exit"})


class Player:
    """Plays flows of a release: says what the patient would see, hears what they would do."""

    def __init__(
        self,
        release: Release,
        clock: Clock,
        *,
        say: Callable[[str], None],
        hear: Callable[[], str | None],
    ) -> None:
        program = release.program.model_copy(update={"phases": {}})
        self._release = release.model_copy(update={"program": program})
        self._phases = release.program.phases
        self._clock, self._say, self._hear = clock, say, hear
        self._buttons: tuple[Button, ...] = ()
        self._ahead = timedelta()

    def play(self, flow: str, persona: Persona | None = None) -> None:
        """Play a flow from its first step until it ends or the author quits."""
        state = self._turn(self._before(flow, persona), Joined(at=self._now(), desk=Desk()))
        while any(frame.flow == flow for frame in state.stack):
            words = self._hear()
            if words is None or words.strip().lower() in QUIT:
                return
            if words.strip() or state.cue is not None:
                state = self._turn(state, self._event(words.strip(), state.cue))
        self._say("— the end —")

    def _now(self) -> datetime:
        """This moment, later by the waits that nobody waited for."""
        return self._clock.now() + self._ahead

    def _before(self, flow: str, persona: Persona | None) -> State:
        first = Frame(flow=flow, step=self._release.flow(flow).names[0])
        if persona is not None:
            state = persona.state(self._release, self._now())
            return state.model_copy(update={"stack": (first,)})
        phase = next((p for p, flows in self._phases.items() if flow in flows), "learning")
        track = next(iter(self._release.program.tracks))
        return State(
            release=self._release.hash,
            phase=phase,
            stack=(first,),
            answers={"track": track, "zone": "UTC", "country": "other"},
        )

    def _event(self, words: str, cue: Waiting | None) -> Event:
        if not words and cue is not None:
            self._ahead += max(cue.due_at - self._now(), timedelta())
            return Due(at=self._now(), key=cue.key, due_at=cue.due_at)
        number = int(words) if words.isascii() and words.isdecimal() else 0
        if _are_listed(self._buttons) and 1 <= number <= len(self._buttons):
            asked, _, choice = self._buttons[number - 1].data.partition(".")
            return Tapped(at=self._now(), turn=int(asked) if asked else None, choice=choice)
        return Said(at=self._now(), text=words)

    def _turn(self, state: State, event: Event) -> State:
        after = turn(self._release, state, event)
        for effect in after.effects:
            for line in self._lines(effect):
                self._say(line)
        return after.state

    def _lines(self, effect: Effect) -> list[str]:
        match effect:
            case Send():
                return self._bubble(effect)
            case Toast():
                return [f"[{effect.text}]"]
            case Chart():
                caption = markup.plain(effect.caption, effect.values)
                return [f"[a picture: {caption}]", *map(_course, effect.series)]
            case Sheet():
                words = [effect.title, *markup.plain(effect.text, effect.values).splitlines()]
                drawn = [*(f"  {line}".rstrip() for line in words), *map(_course, effect.series)]
                return [f"[a picture: {effect.caption}]", *drawn]
            case File():
                return [f"[kept as card {effect.card.number}: {effect.card.title}]"]
            case Raise():
                tier = self._release.escalation.rule(effect.rule).tier
                return [f"[alert for the care team: {effect.rule}, {tier}]"]
            case Relay():
                return ["[passed on to the care team]"]
            case GiveData():
                return ["[a file with everything that is kept]"]
            case Erase():
                return ["[all that is kept about you is erased]"]
            case Keep():
                return [f"[score: {effect.score.measure} {_number(effect.score.total)}]"]
            case Nudge() if effect.key.startswith(CUE):
                seconds = round((effect.due_at - self._now()).total_seconds())
                return [f"… {seconds} seconds: press Enter when they are over"]
            case Reply():
                return [f"[the care team reads the answer: {effect.value}]"]
            case Settle() | Record() | Agree() | Nudge() | Cancel() | Skip():
                return []

    def _bubble(self, send: Send) -> list[str]:
        buttons = tuple(button for row in send.buttons for button in row)
        self._buttons = buttons or self._buttons
        labels = [button.label for button in buttons]
        if buttons and not _are_listed(buttons):
            labels = [" ".join(labels)]
        elif buttons:
            labels = [f"{number}. {label}" for number, label in enumerate(labels, 1)]
        return ["", markup.plain(send.text, send.values), *(f"  {label}" for label in labels)]


def _course(series: Series) -> str:
    """A line of a picture in words: the scores from the first to the last."""
    scores = ", ".join(_number(score) for _, score in series.points)
    return f"  {series.title}: {scores}"


def _number(total: float | None) -> str:
    return "none, too many left out" if total is None else f"{total:.3g}"


def _are_listed(buttons: tuple[Button, ...]) -> bool:
    """Whether a typed number means the n-th button rather than itself."""
    return bool(buttons) and not any(button.label.isdecimal() for button in buttons)
