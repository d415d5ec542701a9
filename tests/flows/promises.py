"""What the engine promises at every single turn, in every story and in every random walk."""

from __future__ import annotations

from flows import crisis
from flows.away import LEAP
from flows.effects import Chart, Raise, Relay, Send, Toast
from flows.events import Away, Event, is_patients, words_of
from flows.program import Release
from flows.state import State
from flows.steps import Step, Wait
from flows.turn import Turn
from flows.wording import plain

LONGEST_BUBBLE = 4096
LONGEST_DATA = 64
MOST_BUBBLES = 4
"""Three, and a question."""

_TEACHING = frozenset({"lesson", "exercise", "nudge"})


def keep_promises(release: Release, before: State, event: Event, turned: Turn) -> None:
    """Fail if this turn broke a promise that holds at every turn."""
    leap = LEAP if isinstance(event, Away) and event.restored else 0
    assert turned.state.turn == before.turn + 1 + leap, "a turn is counted once"
    sends = [each for each in turned.effects if isinstance(each, Send)]
    for send in sends:
        _fits_telegram(send)
    _is_no_flood(turned, sends)
    _answers(before, event, turned)
    _keeps_silent(release, turned)
    _waits_for_something(turned.state)
    _counts_at_a_wait_only(release, turned.state)
    if crisis.screen(release.crisis, words_of(event)) == "hard":
        _helps_first(release, turned, sends)


def _fits_telegram(send: Send) -> None:
    text = plain(send.text, send.values).strip()
    assert 0 < len(text) <= LONGEST_BUBBLE, "a bubble holds 1 to 4096 characters"
    for row in send.buttons:
        for button in row:
            assert 0 < len(button.data.encode()) <= LONGEST_DATA, button.data
            assert button.label, "a button says something"


def _answers(before: State, event: Event, turned: Turn) -> None:
    """Whatever a patient does, they see that it was noticed, or a clinician reads it."""
    noticed = (Send, Toast, *((Relay,) if before.taken_by is not None else ()))
    seen = [each for each in turned.effects if isinstance(each, noticed)]
    assert seen or not is_patients(event), f"no answer at all to {event.kind}"


def _keeps_silent(release: Release, turned: Turn) -> None:
    """While a clinician writes, no question is open but one of a safety talk."""
    state = turned.state
    if state.taken_by is None or state.asked is None:
        return
    assert [f for f in state.stack if release.flow(f.flow).kind == "safety"], state.stack


def _waits_for_something(state: State) -> None:
    """What lies on top is either asked or left for later, so that the next words find it."""
    waits = state.asked is not None or not state.stack or state.stack[-1].resting
    # what a clinician broke into is neither left for later nor asked, until they are done
    waits = waits or state.taken_by is not None
    assert waits, f"stuck at {state.stack}"
    assert state.asked is None or state.stack, "a question is open, but no flow"


def _counts_at_a_wait_only(release: Release, state: State) -> None:
    """Nothing goes on by itself but an open wait, and never while someone may be in danger."""
    if state.cue is None:
        return
    top = state.stack[-1]
    assert isinstance(release.flow(top.flow).step(top.step), Wait), f"a clock at {top.step}"
    assert state.asked is not None, "a clock without a question"
    assert not [f for f in state.stack if release.flow(f.flow).kind == "safety"]


def _is_no_flood(turned: Turn, sends: list[Send]) -> None:
    """At most three bubbles before a question; only the progress picture may come on top."""
    if any(isinstance(each, Chart) for each in turned.effects):
        return
    most = MOST_BUBBLES if turned.state.asked == turned.state.turn else MOST_BUBBLES - 1
    assert len(sends) <= most, [send.text for send in sends]


def _helps_first(release: Release, turned: Turn, sends: list[Send]) -> None:
    """Whoever writes of dying gets the numbers to call first, a person is told, lessons stop."""
    assert "lines" in sends[0].values, "help lines come before everything else"
    assert release.crisis.hard_rule in {e.rule for e in turned.effects if isinstance(e, Raise)}
    assert turned.state.held is not None, "the program is held"
    assert all(send.lane == "crisis" for send in sends), "nothing else is said"
    assert not [send.text for send in sends if send.text in _teaching(release)]


def _teaching(release: Release) -> frozenset[str]:
    taught = (flow for flow in release.flows.values() if flow.kind in _TEACHING)
    return frozenset(
        text.strip() for flow in taught for step in flow.steps for text in _words(step)
    )


def _words(step: Step) -> list[str]:
    return [text for name in ("say", "text") if (text := getattr(step, name, ""))]
