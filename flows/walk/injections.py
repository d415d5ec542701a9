"""That help is one message away wherever a patient stands: crisis words are said everywhere."""

from __future__ import annotations

from collections.abc import Iterator

from flows import crisis
from flows.effects import Raise, Send
from flows.events import Event, Said, Tapped
from flows.placeholders import names_in
from flows.program import Release
from flows.state import State
from flows.turn import turn
from flows.walk.finding import Finding
from flows.walk.graph import Atlas
from flows.walk.moment import NOW
from flows.walk.names import texts_of
from flows.walk.space import FAULTS

Position = tuple[tuple[tuple[str, str], ...], str | None, str]


class Injections:
    """Says crisis words, and asks for help, once at each position that is shown to it."""

    def __init__(self, atlas: Atlas) -> None:
        self._release = atlas.release
        self._met: set[Position] = set()
        self._findings: dict[str, Finding] = {}
        self._words = _surest(atlas.release)
        self._reply = _reply(atlas)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The ways in which help did not come, each with the first place where it did not."""
        return tuple(self._findings.values())

    @property
    def positions(self) -> int:
        """At how many positions help was asked for."""
        return len(self._met)

    def at(self, state: State) -> None:
        """Ask for help here, unless it was asked for at this position before."""
        places = tuple((frame.flow, frame.step) for frame in state.stack)
        position = places, state.held, state.phase
        if position not in self._met:
            self._met.add(position)
            for text in self._asked(state):
                self._findings.setdefault(text, Finding(*_place(state), text))

    def _asked(self, state: State) -> Iterator[str]:
        try:
            if self._words:
                yield from self._after_words(state, Said(at=NOW, text=self._words))
            yield from self._after_now(state, Tapped(at=NOW, turn=None, choice="now"))
        except FAULTS as error:
            yield f"help does not come here: {type(error).__name__}: {error}"

    def _after_words(self, state: State, event: Event) -> Iterator[str]:
        taken = turn(self._release, state, event)
        sent = [effect for effect in taken.effects if isinstance(effect, Send)]
        raised = [effect.rule for effect in taken.effects if isinstance(effect, Raise)]
        if self._release.crisis.hard_rule not in raised:
            yield f"“{self._words}” raises no alert here: look at the words of crisis.yaml"
        elif not sent or not _shows_lines(sent[0]):
            yield "crisis words here do not bring the help lines first: begin their reply with them"
        elif strange := [each for each in sent if each.text.strip() not in self._reply]:
            yield f"something else follows the help here: “{_shortened(strange[0].text)}”"

    def _after_now(self, state: State, event: Event) -> Iterator[str]:
        taken = turn(self._release, state, event)
        sent = [effect for effect in taken.effects if isinstance(effect, Send)]
        if not sent or not _shows_lines(sent[0]):
            yield "/now does not bring the help lines here: the text `now` must hold {lines}"


def unheard(release: Release) -> Iterator[Finding]:
    """The sure crisis phrases that the screen does not hear as they are written."""
    for language, phrases in release.crisis.phrases.items():
        for phrase in phrases.hard:
            if crisis.screen(release.crisis, phrase) != "hard":
                text = f"“{phrase}” is explained away by other words of the lists: it must be sure"
                yield Finding("crisis", f"phrases.{language}", text)


def _surest(release: Release) -> str:
    """The first sure phrase of the program's own language, or of any."""
    phrases = release.crisis.phrases
    own = phrases.get(release.program.language)
    lists = [own, *phrases.values()] if own else [*phrases.values()]
    return next((phrase for each in lists for phrase in each.hard), "")


def _reply(atlas: Atlas) -> frozenset[str]:
    """Every text of the reply to crisis words."""
    rule = next(
        (r for r in atlas.release.escalation.rules if r.rule == atlas.release.crisis.hard_rule),
        None,
    )
    inside = atlas.within.get(rule.reply, frozenset()) if rule and rule.reply else frozenset()
    steps = [step for flow in inside for step in atlas.graphs[flow].flow.steps]
    return frozenset(text.strip() for step in steps for text in texts_of(step))


def _shows_lines(sent: Send) -> bool:
    return "lines" in names_in(sent.text) and bool(sent.values.get("lines"))


def _place(state: State) -> tuple[str, str]:
    return (state.stack[-1].flow, state.stack[-1].step) if state.stack else ("crisis", "hard_rule")


def _shortened(text: str) -> str:
    words = text.split()
    return " ".join(words[:6]) + ("…" if len(words) > 6 else "")
