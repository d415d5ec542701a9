"""How a flow is walked: steps are entered until something is asked or nothing is left."""

from __future__ import annotations

from flows import journey
from flows.answers import Answer, settled_value
from flows.effects import Agree, GiveData, Raise, Record, Relay, Settle
from flows.errors import EndlessFlow, IllegalMove
from flows.machine import ANSWERED, NEXT, SKIPPED
from flows.machines import follow
from flows.progress import show_progress
from flows.prompts import ask
from flows.rhythm import check_due, lesson_opens, pause_end
from flows.scene import Scene
from flows.scoring import gravest, is_amber, on_item, tally
from flows.state import Done, Frame
from flows.steps import (
    END,
    Ask,
    Consent,
    Decide,
    Do,
    Item,
    Move,
    Open,
    Question,
    Safe,
    Say,
    Show,
    Step,
    Tally,
    Tell,
    key_of,
)
from flows.steps import Raise as RaiseStep
from flows.wording import message, next_lesson, values_for

_MOST_STEPS = 200


def begin(scene: Scene, name: str) -> Scene:
    """The scene with that flow opened on top, walked to its first question."""
    return run(place(close_question(scene), name))


def place(scene: Scene, name: str) -> Scene:
    """The scene with that flow's first step on top, not yet entered."""
    return scene.push(Frame(flow=name, step=scene.release.flow(name).names[0]))


def run(scene: Scene) -> Scene:
    """The scene walked on until a question is open or the stack is empty."""
    for _ in range(_MOST_STEPS):
        top = scene.top
        if top is None or top.resting or scene.state.asked is not None:
            return scene
        scene = _finish(scene, top) if top.step == END else _enter(scene)
    raise EndlessFlow(scene.state.stack[-1].flow)


def answer(scene: Scene, question: Question, given: Answer) -> Scene:
    """The scene with the open question answered, and what follows from it."""
    return run(keep(scene, question, given))


def keep(scene: Scene, question: Question, given: Answer) -> Scene:
    """The scene with the answer kept and the patient moved on, nothing new said or asked yet."""
    # what was typed stands in the chat already; a tap leaves no trace unless we leave it
    chosen = given.words if scene.event.kind == "tapped" else None
    scene = _record(_settle(scene, chosen), question, given)
    if isinstance(question, Item):
        return _item(scene, question, int(given.value))
    trigger = str(given.value) if isinstance(question, Ask | Consent) else ANSWERED
    return _on(_trailed(scene), trigger)


def skip(scene: Scene, question: Question) -> Scene:
    """The scene with the open question left unanswered, where that is allowed.

    A required item is asked once more; whoever skips it again is let go, and a rule may tell.
    """
    if isinstance(question, Item) and question.required and not _was_left_out(scene, question):
        return ask_again(message(_left_out(close_question(scene), question), "skip-item"))
    if isinstance(question, Item):
        return run(_item(close_question(scene), question, None))
    if isinstance(question, Consent) or scene.in_safety:
        return ask_again(message(close_question(scene), "skip-required"))
    return run(_on(_trailed(close_question(scene)), SKIPPED))


def _was_left_out(scene: Scene, item: Item) -> bool:
    return item.item in scene.state.stack[-1].items


def _left_out(scene: Scene, item: Item) -> Scene:
    return scene.top_but(items={**scene.state.stack[-1].items, item.item: None})


def back(scene: Scene) -> Scene:
    """The scene at the question before this one in the same flow."""
    top = scene.top
    if top is None or not top.trail or scene.in_safety:
        return ask_again(message(close_question(scene), "back-none"))
    scene = close_question(scene)
    return run(scene.top_but(step=top.trail[-1], trail=top.trail[:-1], resting=False))


def ask_again(scene: Scene) -> Scene:
    """The scene with the open question, or the one left for later, asked once more."""
    scene = close_question(scene)
    return run(scene.top_but(resting=False)) if scene.top is not None else scene


def go_on(scene: Scene) -> Scene:
    """The scene with the next flow of the patient's phase begun."""
    return run(_next_of_phase(scene))


def rest(scene: Scene) -> Scene:
    """The scene with whatever is open left for later."""
    scene = close_question(scene)
    return scene.top_but(resting=True) if scene.top is not None else scene


def close_question(scene: Scene) -> Scene:
    """The scene with no question open; its buttons are taken away."""
    return _settle(scene, None)


def alarm(scene: Scene, raises: tuple[Raise, ...]) -> Scene:
    """The scene with the alerts raised and, where a rule says so, its reply taking over."""
    scene = scene.then(*raises)
    if is_amber(scene, raises):
        scene = scene.but(amber_at=scene.event.at)
    rule = gravest(scene, raises)
    return take_over(scene, rule.reply) if rule is not None and rule.reply else scene


def take_over(scene: Scene, reply: str) -> Scene:
    """The scene with a safety flow on top, alone of its kind; the program is held."""
    scene = drop(close_question(scene), "safety", "nudge")
    return place(scene.but(held=reply), reply)


def drop(scene: Scene, *kinds: str) -> Scene:
    """The scene without the open flows of these kinds; what lay below waits to be asked for."""
    kept = tuple(f for f in scene.state.stack if scene.release.flow(f.flow).kind not in kinds)
    if len(kept) == len(scene.state.stack):
        return scene
    return rest(close_question(scene).but(stack=kept))


def open_lesson(scene: Scene) -> Scene:
    """The scene with the next lesson begun, or words about when it opens."""
    lesson, opens = next_lesson(scene.release, scene), scene.state.lesson_opens_at
    if scene.state.phase != "learning":
        return message(scene, "lesson-not-yet")
    if _is_open(scene, "lesson"):
        return ask_again(scene)
    if lesson is None:
        return message(scene, "lesson-none")
    if opens is not None and opens > scene.event.at:
        return message(scene, "lesson-later")
    return begin(scene, lesson)


def open_check(scene: Scene) -> Scene:
    """The scene with the weekly check begun, or words about when it is due."""
    if scene.state.phase != "learning":
        return message(scene, "lesson-not-yet")
    if any(frame.flow == scene.release.program.check.flow for frame in scene.state.stack):
        return ask_again(scene)
    if not check_due(scene):
        return message(scene, "check-later")
    return begin(scene, scene.release.program.check.flow)


def _is_open(scene: Scene, kind: str) -> bool:
    return any(scene.release.flow(frame.flow).kind == kind for frame in scene.state.stack)


def _on(scene: Scene, trigger: str) -> Scene:
    top = scene.state.stack[-1]
    step = follow(scene.release.machine(top.flow), top.step, trigger, scene.state)
    return scene.top_but(step=step, waiting=False)


def _enter(scene: Scene) -> Scene:
    step = scene.step
    match step:
        case Question():
            return ask(scene, step)
        case Say():
            return _on(scene.send(step.say.strip(), values_for(scene, step.say)), NEXT)
        case Do():
            return place(scene.top_but(waiting=True), step.do)
        case RaiseStep():
            return alarm(_on(scene, NEXT), (Raise(rule=step.raise_),))
        case Tally():
            return _tally(scene, step)
        case Open():
            return _leave_for(scene, step)
        case Move():
            # "back" must not lead to before a move that was made
            return move(_on(scene, NEXT).top_but(trail=()), step.move)
        case Show() | Tell() | Safe() | Decide():
            return _on(_act(scene, step), NEXT)
        case _:
            raise EndlessFlow(scene.state.stack[-1].flow)


def _act(scene: Scene, step: Step) -> Scene:
    match step:
        case Safe():
            return scene.but(held=None)
        case Tell() if step.tell in scene.state.answers:
            return scene.then(Relay(text=str(scene.state.answers[step.tell])))
        case Show(show="progress"):
            return show_progress(scene)
        case Show(show="lines"):
            return message(scene, "lines")
        case Show(show="mydata"):
            return scene.then(GiveData(caption=scene.release.text("mydata")))
        case _:
            return scene


def move(scene: Scene, trigger: str) -> Scene:
    """The scene with the patient's journey moved on; a move that does not fit changes nothing."""
    try:
        phase = journey.move(scene.state.phase, trigger)
    except IllegalMove:
        return scene
    scene = scene.but(phase=phase)
    match trigger:
        case "pause":
            return scene.but(paused_until=pause_end(scene))
        case "resume":
            return scene.but(paused_until=None)
        case "withdraw":
            return scene.but(stack=scene.state.stack[-1:], lesson_opens_at=None, paused_until=None)
        case _:
            return scene


def _leave_for(scene: Scene, step: Open) -> Scene:
    scene = _done(scene, scene.state.stack[-1].flow).pop()
    match step.open:
        case "resume":
            return ask_again(scene) if scene.top else message(scene, "nothing-open")
        case "lesson":
            return open_lesson(scene)
        case "check":
            return open_check(scene)
        case "menu":
            return message(scene, "menu")


def _finish(scene: Scene, top: Frame) -> Scene:
    flow, scene = scene.release.flow(top.flow), _done(scene, top.flow).pop()
    if flow.kind == "lesson":
        is_last = next_lesson(scene.release, scene) is None
        scene = message(scene, "lesson-last" if is_last else "lesson-done")
    if scene.top is None:
        # a talk that the patient opened ends where it is: nothing new begins in the same breath
        return _next_of_phase(scene) if _is_of_program(scene, top.flow) else scene
    if scene.top.waiting:
        return _on(scene, NEXT)
    return rest(scene) if flow.kind == "safety" or flow.rest_after else scene


def _is_of_program(scene: Scene, flow: str) -> bool:
    return any(flow in flows for flows in scene.release.program.phases.values())


def _next_of_phase(scene: Scene) -> Scene:
    flows = scene.release.program.phases.get(scene.state.phase, ())
    undone = next((flow for flow in flows if scene.state.finished(flow) is None), None)
    return place(scene, undone) if undone else scene


def _done(scene: Scene, flow: str) -> Scene:
    others = tuple(done for done in scene.state.done if done.flow != flow)
    scene = scene.but(done=(*others, Done(flow=flow, at=scene.event.at)))
    if scene.release.flow(flow).kind != "lesson":
        return scene
    return scene.but(lesson_opens_at=lesson_opens(scene))


def _settle(scene: Scene, chosen: str | None) -> Scene:
    if scene.state.asked is None:
        return scene
    return scene.then(Settle(turn=scene.state.asked, chosen=chosen)).but(asked=None)


def _trailed(scene: Scene) -> Scene:
    top = scene.state.stack[-1]
    return scene.top_but(trail=(*top.trail, top.step))


def _record(scene: Scene, question: Question, given: Answer) -> Scene:
    key, top = key_of(question) or "", scene.state.stack[-1]
    given = settled_value(scene, key, given)
    scene = scene.but(
        answers={**scene.state.answers, key: given.value},
        words={**scene.state.words, key: given.words},
    ).then(Record(flow=top.flow, step=top.step, key=key, value=given.value, question=question.text))
    if isinstance(question, Consent):
        agreed = given.value == "agree"
        return scene.then(Agree(version=question.consent, text=_shown(scene), agreed=agreed))
    return scene


def _shown(scene: Scene) -> str:
    """Every text of the phase up to the question, which is what was agreed to."""
    top = scene.state.stack[-1]
    phase = scene.release.program.phases.get(scene.state.phase, ())
    earlier = phase[: phase.index(top.flow)] if top.flow in phase else ()
    flow = scene.release.flow(top.flow)
    steps = [step for name in earlier for step in scene.release.flow(name).steps]
    steps += flow.steps[: flow.names.index(top.step) + 1]
    texts = [getattr(step, "say", "") or getattr(step, "text", "") for step in steps]
    return "\n\n".join(text.strip() for text in texts if text)


def _item(scene: Scene, item: Item, value: int | None) -> Scene:
    top = scene.state.stack[-1]
    scene = _trailed(scene.top_but(items={**top.items, item.item: value}))
    scene = _on(scene, ANSWERED)
    raises = on_item(scene, item, value)
    step = scene.step
    if isinstance(step, Tally):
        return _tally(scene, step, raises)
    return alarm(scene, raises)


def _tally(scene: Scene, step: Tally, raises: tuple[Raise, ...] = ()) -> Scene:
    scene, more = tally(scene, step.tally)
    return alarm(_on(scene, NEXT), (*raises, *more))
