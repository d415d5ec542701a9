"""What a patient sees turn by turn: unknown words, floods of bubbles, long bubbles, buttons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from flows.effects import Chart, Effect, GiveData, Keep, Send, Sheet
from flows.errors import EndlessFlow
from flows.events import Joined
from flows.measures import band_of
from flows.placeholders import needed_in
from flows.program import Release
from flows.scene import Scene
from flows.state import State
from flows.steps import END, Question
from flows.walk.answers import LONGEST_LABEL, MOST_BYTES
from flows.walk.finding import Finding, warning
from flows.walk.graph import Atlas
from flows.walk.moment import NOW
from flows.walk.moves import every_button
from flows.walk.names import ENGINE_VALUES, texts_of
from flows.walk.space import Moment, Trail, in_words
from flows.wording import UNKNOWN, plain

MOST_BUBBLES = 3
"""How many bubbles may follow one another without a question."""

MOST_WORDS = 60
"""How many words a bubble may have before a tired person stops reading."""

WORDS_A_SECOND = 150 / 60
"""How fast a tired person reads."""

_LONG_LISTS = frozenset({"lines", "progress", "summary"})
"""What the program fills in that nobody reads as one sentence."""

_NOTHING = Joined(at=NOW)
_OWN = "the program’s own words"

Place = tuple[str, str]
Places = Mapping[str, Sequence[Place]]
"""Where each text is written."""
Sign = tuple[str, str, str]
"""What tells one thing that is wrong from another: its kind, its flow and its step."""


@dataclass(frozen=True, slots=True)
class _Bubble:
    """Something in the chat, and where it was written."""

    place: Place | None
    effect: Effect


class Shown:
    """Looks at every turn and keeps what is wrong in it, each thing once.

    `elsewhere` are the texts that no flow inside holds.
    """

    def __init__(self, atlas: Atlas, places: Places) -> None:
        self._atlas, self._release = atlas, atlas.release
        self.found: dict[Sign, Finding] = {}
        self.elsewhere: set[str] = set()
        self._words_of: dict[Hashable, int] = {}
        self._places = places
        self._ends = f"\n\n{self._release.text('rate-ends')}"

    def look(self, moment: Moment) -> float:
        """The seconds it takes to read what the turn sent."""
        bubbles = self._bubbles(moment)
        words = sum(self._look_at(moment, bubble) for bubble in bubbles)
        self._keep_all(self._hint(moment))
        self._keep_all(self._flood(moment, bubbles))
        self._keep_all(self._bands(moment))
        return words / WORDS_A_SECOND

    def _look_at(self, moment: Moment, bubble: _Bubble) -> int:
        """How many words a bubble shows; its like was looked at when it came first."""
        if not isinstance(bubble.effect, Send):
            return 0
        place = bubble.place or _standing(moment.root, moment.before)
        like = place, bubble.place is None, _like(bubble.effect)
        if like not in self._words_of:
            self._words_of[like] = _words_in(bubble.effect)
            self._keep_all(self._unknown(moment, bubble))
            self._keep_all(self._words(moment, bubble))
            self._keep_all(self._buttons(moment, bubble))
        return self._words_of[like]

    def fault(self, root: str, at: State | None, trail: Trail, error: Exception) -> None:
        """Keep that the engine could not take a turn."""
        way = in_words(trail())
        if isinstance(error, EndlessFlow):
            text = f"what comes after this goes round without a question {way}: put one in between"
        else:
            text = f"the program stops {way}: {type(error).__name__}: {error}: mend what it names"
        self._keep("fault", Finding(*_standing(root, at), text))

    def _keep_all(self, found: Iterator[tuple[str, Finding]]) -> None:
        for kind, finding in found:
            self._keep(kind, finding)

    def _keep(self, kind: str, finding: Finding) -> None:
        self.found.setdefault((kind, finding.flow, finding.step), finding)

    def _bubbles(self, moment: Moment) -> list[_Bubble]:
        seen = [e for e in moment.after.effects if isinstance(e, Send | Chart | Sheet | GiveData)]
        bubbles = [_Bubble(self._place(moment, effect), effect) for effect in seen]
        state = moment.after.state
        if state.asked is not None and bubbles:
            question = _Bubble((state.stack[-1].flow, state.stack[-1].step), seen[-1])
            return [*bubbles[:-1], question]
        return bubbles

    def _place(self, moment: Moment, effect: Effect) -> Place | None:
        """The step that says this, in a flow that opens in the one that is played if it can be."""
        if not isinstance(effect, Send):
            return None
        text, home = effect.text.removesuffix(self._ends), self._atlas.within[moment.root]
        inside = next((place for place in self._places.get(text, ()) if place[0] in home), None)
        if inside is None:
            self.elsewhere.add(text)
        return inside or next(iter(self._places.get(text, ())), None)

    def _unknown(self, moment: Moment, bubble: _Bubble) -> Iterator[tuple[str, Finding]]:
        if not isinstance(bubble.effect, Send):
            return
        for key in sorted(needed_in(bubble.effect.text) - ENGINE_VALUES):
            if bubble.effect.values.get(key) == UNKNOWN:
                place = bubble.place or _standing(moment.root, moment.before)
                yield _unbound(moment, key, place)

    def _hint(self, moment: Moment) -> Iterator[tuple[str, Finding]]:
        """The hint after a slip may come at any open question."""
        state = moment.after.state
        question = Scene(self._release, _NOTHING, state).question
        if question is None or not question.again:
            return
        for key in sorted(needed_in(question.again) - ENGINE_VALUES - state.answers.keys()):
            yield _unbound(moment, key, _standing(moment.root, state))

    def _words(self, moment: Moment, bubble: _Bubble) -> Iterator[tuple[str, Finding]]:
        if bubble.place is None or not isinstance(bubble.effect, Send):
            return
        words = _words_in(bubble.effect)
        if words > MOST_WORDS:
            text = f"the bubble has {words} words: {MOST_WORDS} are enough, so split it"
            yield "words", warning(*bubble.place, text)

    def _buttons(self, moment: Moment, bubble: _Bubble) -> Iterator[tuple[str, Finding]]:
        if not isinstance(bubble.effect, Send):
            return
        place = bubble.place or _standing(moment.root, moment.before)
        for button in every_button(bubble.effect):
            if len(button.label) > LONGEST_LABEL:
                text = (
                    f"the button “{button.label}” has {len(button.label)} characters: "
                    f"{LONGEST_LABEL} at most can be read"
                )
                # the answers of a measure are printed so, and may not be changed
                is_printed = place[0].startswith("measure/")
                found = warning(place[0], "choices", text) if is_printed else Finding(*place, text)
                yield button.label, found
            if len(button.data.encode()) > MOST_BYTES:
                text = f"what the button “{button.label}” brings is over {MOST_BYTES} bytes long"
                yield button.label, Finding(*place, text)

    def _flood(self, moment: Moment, bubbles: Sequence[_Bubble]) -> Iterator[tuple[str, Finding]]:
        asked = moment.after.state.asked is not None
        run = bubbles[:-1] if asked else bubbles
        if len(run) <= MOST_BUBBLES:
            return
        place, through = self._too_many(moment, run)
        text = (
            f"more than {MOST_BUBBLES} bubbles come in a row here{through}: "
            "put a question in between, or join two"
        )
        yield "flood", Finding(*place, text)

    def _too_many(self, moment: Moment, run: Sequence[_Bubble]) -> tuple[Place, str]:
        """Where the bubble that is one too many is written, and where the others come from."""
        places = [bubble.place for bubble in run[: MOST_BUBBLES + 1]]
        written = [place for place in places if place is not None]
        if not written:
            return _standing(moment.root, moment.before), f" with {_OWN}"
        first, last = written[0], written[-1]
        if first[0] != last[0]:
            door = self._door(first[0], last[0])
            return (
                (door, f" with those of {last[0]}")
                if door
                else (
                    last,
                    f" with those of {first[0]}",
                )
            )
        return last, "" if len(written) == len(places) else f" with {_OWN}"

    def _door(self, outer: str, inner: str) -> Place | None:
        does = self._atlas.graphs[outer].does
        return next(
            ((outer, step) for step, flow in does.items() if inner in self._atlas.within[flow]),
            None,
        )

    def _bands(self, moment: Moment) -> Iterator[tuple[str, Finding]]:
        for effect in moment.after.effects:
            if isinstance(effect, Keep) and effect.score.total is not None:
                yield from _band(self._release, effect.score.measure, effect.score.total)


def _band(release: Release, name: str, total: float) -> Iterator[tuple[str, Finding]]:
    measure = release.measures[name]
    if not measure.bands:
        return
    band, place = band_of(measure, total), (f"measure/{name}", "bands")
    if band is None:
        text = f"a score of {total:g} is in no band: add one that reaches it"
        yield "band", Finding(*place, text)
    elif not (band.patient.strip() and band.clinician.strip()):
        text = f"the band {band.name} needs words for patients and for clinicians"
        yield band.name, Finding(*place, text)


def _unbound(moment: Moment, key: str, place: Place) -> tuple[str, Finding]:
    text = f"{{{key}}} is not known {moment.way(key)}: give it words for that, {{{key}|…}}"
    return key, Finding(*place, text)


def _like(sent: Send) -> Hashable:
    """What a bubble shows, whichever turn its buttons belong to."""
    buttons = tuple((button.label, len(button.data)) for button in every_button(sent))
    return sent.text, tuple(sent.values.items()), buttons


def _words_in(effect: Effect) -> int:
    """How many words a bubble shows, its filled-in lists not counted."""
    if not isinstance(effect, Send):
        return 0
    values = {name: "" if name in _LONG_LISTS else value for name, value in effect.values.items()}
    return len(plain(effect.text, values).split())


def _standing(root: str, at: State | None) -> Place:
    """Where a patient stood: the step that somebody wrote, or the beginning of the flow."""
    frames = reversed(at.stack if at is not None else ())
    written = (f for f in frames if f.step != END and not f.flow.startswith("measure/"))
    return next(((frame.flow, frame.step) for frame in written), (root, ""))


def places_of(atlas: Atlas) -> Places:
    """Where each text of a release is written."""
    found: defaultdict[str, list[Place]] = defaultdict(list)
    for name, graph in atlas.graphs.items():
        for step in graph.flow.steps:
            texts = texts_of(step)
            for text in texts if not isinstance(step, Question) else texts[:1]:
                found[text.strip()].append((name, str(step.id)))
    return dict(found)
