"""That help is one message away wherever a patient stands: crisis words are said everywhere.

So it is where the care team has offered something, and while a clinician writes in the program's
place; when they are done, the program goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from flows import crisis
from flows.effects import Raise, Send
from flows.events import Event, HandedBack, Offered, Said, TakenOver, Tapped
from flows.placeholders import names_in
from flows.program import Release
from flows.scene import Scene
from flows.state import State
from flows.turn import turn
from flows.walk.finding import Finding
from flows.walk.graph import Atlas
from flows.walk.moment import NOW
from flows.walk.names import texts_of
from flows.walk.space import FAULTS

Position = tuple[tuple[tuple[str, str], ...], str | None, str]
"""Every place that is open, the hold, and the phase."""
Top = tuple[tuple[tuple[str, str], ...], bool, str | None, str]
"""The last of these places, if any, whether a safety talk is open, the hold, and the phase."""

_OFFER = Offered(
    at=NOW, offer=1, name="call", values={}, choices=(("1", "Tuesday, 10:00"), ("no", "No call"))
)


def tops(stood: Iterable[State]) -> tuple[tuple[Top, str], ...]:
    """The first of these states at each step, with and without a safety talk open, as JSON.

    The care team meets no more of where somebody stands, so that their part is tried once there.
    """
    found: dict[Top, State] = {}
    for state in stood:
        places, held, phase = position(state)
        is_safety = any(flow.startswith("safety/") for flow, _ in places)
        found.setdefault((places[-1:], is_safety, held, phase), state)
    return tuple(
        (top, state.model_dump_json(exclude_defaults=True)) for top, state in found.items()
    )


def positions(states: Iterable[State]) -> dict[Position, State]:
    """The first of these states at each position."""
    found: dict[Position, State] = {}
    for state in states:
        found.setdefault(position(state), state)
    return found


def position(state: State) -> Position:
    """Where somebody stands."""
    places = tuple((frame.flow, frame.step) for frame in state.stack)
    return places, state.held, state.phase


class Injections:
    """Says crisis words, and asks for help, where somebody stands."""

    def __init__(self, atlas: Atlas, release: Release | None = None) -> None:
        self._release = release or atlas.release
        self._words = _surest(atlas.release)
        self._reply = _reply(atlas.release)
        self._words_of_reply = _words_of(atlas, self._reply)

    def helped(self, states: Iterable[State]) -> dict[str, Finding]:
        """What is wrong with the help at these places, each thing once."""
        return _once(states, self._asked)

    def cared(self, stood: Iterable[str]) -> dict[str, Finding]:
        """What is wrong at these tops with what the care team offers, and with help meanwhile."""
        # whoever stood there on an earlier release stands there on this one
        here = {"release": self._release.hash}
        states = (State.model_validate_json(each).model_copy(update=here) for each in stood)
        return _once(states, self._with_team)

    def _asked(self, state: State) -> Iterator[Finding]:
        yield from self._help(state, _where(state))

    def _with_team(self, state: State) -> Iterator[Finding]:
        yield from self._offered(state, _where(state))
        yield from self._taken_over(state, _where(state))

    def _help(self, state: State, where: str) -> Iterator[Finding]:
        if self._words:
            yield from self._after_words(state, Said(at=NOW, text=self._words), where)
        yield from self._after_now(state, Tapped(at=NOW, turn=None, choice="now"), where)

    def _offered(self, state: State, where: str) -> Iterator[Finding]:
        """What the care team offers takes no question away, and help stays where it was."""
        taken = turn(self._release, state, _OFFER)
        if _open(taken.state) != _open(state):
            text = f"an offer of the care team takes the question away at {where}"
            yield Finding("program", "commands", text)
        if not taken.state.offers:
            yield Finding("program", "commands", f"an offer is lost at {where}")
        yield from self._help(taken.state, f"{where}, with an offer open")

    def _taken_over(self, state: State, where: str) -> Iterator[Finding]:
        """While a clinician writes nothing is asked but for safety; then all is as it was."""
        live = turn(self._release, state, TakenOver(at=NOW, clinician="A clinician")).state
        live = turn(self._release, live, Said(at=NOW, text="2")).state
        if live.asked is not None and not _scene(self._release, live).in_safety:
            yield Finding("program", "commands", f"a clinician’s talk is broken into at {where}")
        yield from self._help(live, f"{where}, where a clinician writes")
        back = turn(self._release, live, HandedBack(at=NOW, clinician="A clinician")).state
        # a safety question stays open, and is answered by the same words
        was_asked = state.asked is not None and not _scene(self._release, state).in_safety
        if was_asked and (back.asked is None or _open(back)[0] != _open(state)[0]):
            yield Finding(
                "program", "commands", f"the question is lost after a clinician at {where}"
            )

    def _after_words(self, state: State, event: Event, where: str) -> Iterator[Finding]:
        taken = turn(self._release, state, event)
        sent = [effect for effect in taken.effects if isinstance(effect, Send)]
        raised = [effect.rule for effect in taken.effects if isinstance(effect, Raise)]
        reply = self._reply or "crisis", ""
        if self._release.crisis.hard_rule not in raised:
            yield Finding("crisis", "hard_rule", f"crisis words raise no alert at {where}")
        elif not sent or not _shows_lines(sent[0]):
            text = f"the help lines do not come first at {where}: begin every way here with them"
            yield Finding(*reply, text)
        elif strange := [each for each in sent if each.text.strip() not in self._words_of_reply]:
            text = f"“{_shortened(strange[0].text)}” follows the help at {where}: nothing else may"
            yield Finding(*reply, text)

    def _after_now(self, state: State, event: Event, where: str) -> Iterator[Finding]:
        taken = turn(self._release, state, event)
        sent = [effect for effect in taken.effects if isinstance(effect, Send)]
        if not sent or not _shows_lines(sent[0]):
            text = f"/now does not bring the help lines at {where}: they belong into this text"
            yield Finding("messages", "texts.now", text)


def _once(
    states: Iterable[State], look: Callable[[State], Iterator[Finding]]
) -> dict[str, Finding]:
    found: dict[str, Finding] = {}
    for state in states:
        for finding in _caught(state, look):
            found.setdefault(finding.text.partition(" at ")[0], finding)
    return found


def _caught(state: State, look: Callable[[State], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from look(state)
    except FAULTS as error:
        text = f"help does not come at {_where(state)}: {type(error).__name__}: {error}"
        yield Finding("crisis", "hard_rule", text)


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


def _reply(release: Release) -> str | None:
    rules = release.escalation.rules
    return next((rule.reply for rule in rules if rule.rule == release.crisis.hard_rule), None)


def _words_of(atlas: Atlas, reply: str | None) -> frozenset[str]:
    """Every text of a reply to danger."""
    inside = atlas.within.get(reply, frozenset()) if reply else frozenset()
    steps = [step for flow in inside for step in atlas.graphs[flow].flow.steps]
    return frozenset(text.strip() for step in steps for text in texts_of(step))


def _shows_lines(sent: Send) -> bool:
    return "lines" in names_in(sent.text) and bool(sent.values.get("lines"))


def _scene(release: Release, state: State) -> Scene:
    return Scene(release, _OFFER, state)


def _open(state: State) -> tuple[tuple[tuple[str, str], ...], bool]:
    """The places of everything open, and whether something is asked."""
    return tuple((frame.flow, frame.step) for frame in state.stack), state.asked is not None


def _where(state: State) -> str:
    """The step where somebody stands, or that nothing is open."""
    if not state.stack:
        return "the end of a talk"
    return f"{state.stack[-1].flow}, {state.stack[-1].step}"


def _shortened(text: str) -> str:
    words = text.split()
    return " ".join(words[:6]) + ("…" if len(words) > 6 else "")
