"""How a flow is walked: steps are entered until something is asked or nothing is left."""

from __future__ import annotations

from flows import acts, agreement, locks
from flows.answers import Answer, Choice
from flows.cards import keep as keep_card
from flows.cards import left_open
from flows.course import next_addon, next_lesson
from flows.effects import Raise
from flows.errors import EndlessFlow
from flows.frames import alarm, close_question, place, rest
from flows.keeping import keep_answer
from flows.known import known_of
from flows.machine import ANSWERED, NEXT, SKIPPED, WAITED
from flows.machines import follow
from flows.piles import lifted, taken_out
from flows.prompts import ask, lasting
from flows.rhythm import (
    CHECKED,
    due_check,
    is_overtaken,
    next_check_at,
    open_check_of,
)
from flows.scene import Scene
from flows.scoring import is_passed, on_item, on_passed, tally
from flows.state import Aside, Frame
from flows.steps import (
    END,
    Add,
    Card,
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
    Tally,
    Tell,
    Wait,
)
from flows.steps import Erase as EraseStep
from flows.steps import Raise as RaiseStep
from flows.way import completed, done, move
from flows.wording import message, values_for

_MOST_STEPS = 200
_NO_LESSON = {
    "paused": "paused",
    "following_up": "lesson-none",
    "finished": "lesson-none",
    "withdrawn": "withdrawn",
}
"""What is said instead of a lesson, in the phases that come after setting up."""
_NO_CHECK = {**_NO_LESSON, "finished": "check-none"}


def begin(scene: Scene, name: str) -> Scene:
    """The scene with that flow opened on top, walked to its first question."""
    return run(place(close_question(scene), name))


def run(scene: Scene) -> Scene:
    """The scene walked on until a question is open or the stack is empty.

    While a clinician writes with the patient nothing is walked, but for a safety talk.
    """
    for _ in range(_MOST_STEPS):
        top = scene.top
        if top is None or top.resting or scene.state.asked is not None or scene.is_silent:
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
    scene = keep_answer(close_question(scene, chosen), question, given)
    if isinstance(question, Item):
        return _item(scene, question, int(given.value))
    return _on(_trailed(scene), str(given.value) if isinstance(question, Choice) else ANSWERED)


def wait_over(scene: Scene) -> Scene:
    """The scene gone on from the open wait, whose time is over."""
    return run(_on(close_question(scene), WAITED))


def say_simpler(scene: Scene) -> Scene:
    """The scene with what came before the open question said in simpler words; asked again."""
    top, scene = scene.state.stack[-1], close_question(scene).top_but(simpler=())
    steps = [step for step in scene.release.flow(top.flow).steps if step.id in top.simpler]
    for text in (step.simpler for step in steps if isinstance(step, Say) and step.simpler):
        scene = scene.send(text.strip(), values_for(scene, text))
    return ask_again(scene)


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
    return run(_on(_trailed(left_open(close_question(scene), question)), SKIPPED))


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


def open_lesson(scene: Scene) -> Scene:
    """The scene with the next lesson or the closing begun, or words about when it opens."""
    scene = completed(scene)
    opens, phase = scene.state.lesson_opens_at, scene.state.phase
    if phase == "finishing":
        return _open_closing(scene)
    if phase != "learning":
        return message(scene, _NO_LESSON.get(phase, "lesson-not-yet"))
    begun = _begun(scene, "lesson")
    if begun is not None:
        return ask_again(lifted(scene, begun))
    if opens is not None and opens > scene.event.at:
        return message(scene, "lesson-later")
    lesson = next_lesson(scene)
    return begin(scene, lesson) if lesson else message(scene, "lesson-none")


def _open_closing(scene: Scene) -> Scene:
    """The scene with the closing of the course begun, or words about when it opens."""
    if open_check_of(scene) is not None or due_check(scene) is not None:
        return open_check(scene)
    return message(scene, "closing-later" if next_check_at(scene) else "lesson-none")


def open_check(scene: Scene) -> Scene:
    """The scene with the questions that are due begun, or words about when they are."""
    if scene.state.phase not in CHECKED:
        return message(scene, _NO_CHECK.get(scene.state.phase, "lesson-not-yet"))
    begun = open_check_of(scene)
    if begun is not None and not is_overtaken(scene, begun):
        return ask_again(lifted(scene, begun.flow))
    check = due_check(scene)
    if check is not None:
        return begin(_without(scene, begun.flow) if begun else scene, check.flow)
    return message(scene, "check-later" if next_check_at(scene) else "check-none")


def _without(scene: Scene, flow: str) -> Scene:
    return taken_out(close_question(scene), flow)


def open_addon(scene: Scene) -> Scene:
    """The scene with the next add-on that the patient chose begun, or words that there is none."""
    begun = _begun(scene, "addon")
    if begun is not None:
        return ask_again(lifted(scene, begun))
    addon = next_addon(scene)
    return begin(scene, addon) if addon else message(scene, "addon-none")


def _begun(scene: Scene, kind: str) -> str | None:
    """The open flow of that kind, or None."""
    names = (frame.flow for frame in scene.state.stack)
    return next((name for name in names if scene.release.flow(name).kind == kind), None)


def _on(scene: Scene, trigger: str) -> Scene:
    top = scene.state.stack[-1]
    step = follow(scene.release.machine(top.flow), top.step, trigger, known_of(scene))
    simpler = () if isinstance(scene.step, Question) else top.simpler
    return scene.top_but(step=step, waiting=False, simpler=simpler)


def _enter(scene: Scene) -> Scene:
    step = scene.step
    match step:
        case Question():
            return ask(scene, step)
        case Say():
            return _on(acts.said(scene, step), NEXT)
        case Card():
            return _on(keep_card(scene, step), NEXT)
        case Do() if is_passed(scene, step.do):
            return alarm(_on(scene, NEXT), on_passed(scene, step.do))
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
        case EraseStep():
            return acts.erased(scene)
        case Show() | Tell() | Safe() | Decide() | Add():
            return _on(acts.act(scene, step), NEXT)
        case _:
            raise EndlessFlow(scene.state.stack[-1].flow)


def _leave_for(scene: Scene, step: Open) -> Scene:
    scene = done(scene, scene.state.stack[-1].flow).pop()
    match step.open:
        case "resume":
            return ask_again(scene) if scene.top else message(scene, "nothing-open")
        case "lesson":
            return open_lesson(scene)
        case "check":
            return open_check(scene)
        case "addon":
            return open_addon(scene)
        case "pin":
            return locks.choose(scene)
        case "menu":
            return message(scene, "menu")


def _finish(scene: Scene, top: Frame) -> Scene:
    flow, scene = scene.release.flow(top.flow), done(scene, top.flow).pop()
    if flow.kind == "lesson" or scene.top is None:
        scene = told_of_next(scene, flow.kind)
    if scene.top is None:
        if scene.state.aside is not None and top.flow == agreement.flow_of(scene.release):
            return _agreed_anew(scene, scene.state.aside)
        # a talk that the patient opened ends where it is: nothing new begins in the same breath
        return _next_of_phase(scene) if _is_of_program(scene, top.flow) else scene
    if scene.top.waiting:
        # what was answered in the inner flow was answered in this run of the outer one, too
        given = tuple(dict.fromkeys((*scene.top.given, *top.given)))
        return _on(scene.top_but(given=given), NEXT)
    return rest(scene) if flow.kind == "safety" or flow.rest_after else scene


def _agreed_anew(scene: Scene, aside: Aside) -> Scene:
    """The scene after newer words were agreed to; what was put aside is a tap away."""
    scene = message(scene, "agreement-kept", buttons=lasting(scene, "resume"))
    return scene if aside.stack else _next_of_phase(scene.but(aside=None))


def told_of_next(scene: Scene, kind: str) -> Scene:
    """The scene with words about what comes next, after a lesson or what may have made one last."""
    after = completed(scene)
    if after.state.phase != scene.state.phase:
        return message(after, "lesson-last")
    if kind != "lesson":
        return scene
    opens = scene.state.lesson_opens_at
    is_open = opens is None or opens <= scene.event.at
    return message(scene, "lesson-done-open" if is_open else "lesson-done")


def _is_of_program(scene: Scene, flow: str) -> bool:
    return any(flow in flows for flows in scene.release.program.phases.values())


def _next_of_phase(scene: Scene) -> Scene:
    flows = scene.release.program.phases.get(scene.state.phase, ())
    undone = next((flow for flow in flows if scene.state.finished(flow) is None), None)
    return place(scene, undone) if undone else scene


def _trailed(scene: Scene) -> Scene:
    top = scene.state.stack[-1]
    if isinstance(scene.step, Wait):
        # going back past an exercise's timed bubbles, nobody wants them one by one
        return scene
    return scene.top_but(trail=(*top.trail, top.step))


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
    # "back" must not lead to before a score that was kept
    return alarm(_on(scene, NEXT).top_but(trail=()), (*raises, *more))
