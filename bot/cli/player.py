"""One flow played in a terminal with the engine that patients talk to."""

from __future__ import annotations

from collections.abc import Callable

from bot import markup
from bot.clock import Clock
from flows.effects import (
    Agree,
    Button,
    Cancel,
    Chart,
    Effect,
    File,
    GiveData,
    Keep,
    Nudge,
    Raise,
    Record,
    Relay,
    Send,
    Settle,
    Sheet,
    Skip,
    Toast,
)
from flows.events import Desk, Event, Joined, Said, Tapped
from flows.program import Release
from flows.state import Frame, State
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

    def play(self, flow: str) -> None:
        """Play a flow from its first step until it ends or the author quits."""
        state = self._turn(self._before(flow), Joined(at=self._clock.now(), desk=Desk()))
        while any(frame.flow == flow for frame in state.stack):
            words = self._hear()
            if words is None or words.strip().lower() in QUIT:
                return
            state = self._turn(state, self._event(words.strip()))
        self._say("— the end —")

    def _before(self, flow: str) -> State:
        phase = next((p for p, flows in self._phases.items() if flow in flows), "learning")
        first = Frame(flow=flow, step=self._release.flow(flow).names[0])
        track = next(iter(self._release.program.tracks))
        return State(
            release=self._release.hash,
            phase=phase,
            stack=(first,),
            answers={"track": track, "zone": "UTC", "country": "other"},
        )

    def _event(self, words: str) -> Event:
        number = int(words) if words.isascii() and words.isdecimal() else 0
        if _are_listed(self._buttons) and 1 <= number <= len(self._buttons):
            asked, _, choice = self._buttons[number - 1].data.partition(".")
            return Tapped(at=self._clock.now(), turn=int(asked) if asked else None, choice=choice)
        return Said(at=self._clock.now(), text=words)

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
                return [f"[a picture: {markup.plain(effect.caption, effect.values)}]"]
            case Sheet():
                return [f"[a picture: {effect.caption}]"]
            case File():
                return [f"[kept as card {effect.card.number}: {effect.card.title}]"]
            case Raise():
                tier = self._release.escalation.rule(effect.rule).tier
                return [f"[alert for the care team: {effect.rule}, {tier}]"]
            case Relay():
                return ["[passed on to the care team]"]
            case GiveData():
                return ["[a file with everything that is kept]"]
            case Keep():
                return [f"[score: {effect.score.measure} {_number(effect.score.total)}]"]
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


def _number(total: float | None) -> str:
    return "none, too many left out" if total is None else f"{total:.3g}"


def _are_listed(buttons: tuple[Button, ...]) -> bool:
    """Whether a typed number means the n-th button rather than itself."""
    return bool(buttons) and not any(button.label.isdecimal() for button in buttons)
