"""A turn in the making: what is known, where the patient is by now, what must be done so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flows.effects import Button, Effect, Lane, Send
from flows.events import Event, is_cue
from flows.program import Release
from flows.state import Frame, State
from flows.steps import END, AnyStep, Question

Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """A frozen scene; each act returns the next one."""

    release: Release
    event: Event
    state: State
    effects: tuple[Effect, ...] = ()

    def but(self, **changes: Any) -> Scene:
        """This scene with the state changed."""
        state = self.state.model_copy(update=changes)
        return Scene(self.release, self.event, state, self.effects)

    def then(self, *effects: Effect) -> Scene:
        """This scene with more to do."""
        return Scene(self.release, self.event, self.state, (*self.effects, *effects))

    def send(self, text: str, values: dict[str, str], buttons: Rows = ()) -> Scene:
        """This scene with one more bubble, in the lane that the moment asks for."""
        return self.then(Send(text=text, values=values, buttons=buttons, lane=self.lane))

    @property
    def lane(self) -> Lane:
        """Crisis while a safety flow is open, nudge when the clock began this, else reply."""
        if self.in_safety:
            return "crisis"
        return "nudge" if self.event.kind == "due" and not is_cue(self.event) else "reply"

    @property
    def top(self) -> Frame | None:
        """The frame on top of the stack, or None when nothing is open."""
        return self.state.stack[-1] if self.state.stack else None

    @property
    def step(self) -> AnyStep | None:
        """The step the patient is at, or None when nothing is open."""
        top = self.top
        if top is None or top.step == END:
            return None
        return self.release.flow(top.flow).step(top.step)

    @property
    def question(self) -> Question | None:
        """The question that is open, or None when nothing was asked."""
        step = self.step
        return step if isinstance(step, Question) and self.state.asked is not None else None

    @property
    def in_safety(self) -> bool:
        """Whether a safety flow is open anywhere on the stack."""
        return any([self.is_safety(frame) for frame in self.state.stack])

    @property
    def is_silent(self) -> bool:
        """Whether a clinician writes with the patient, and no safety talk breaks the silence."""
        return self.state.taken_by is not None and not self.in_safety

    def is_safety(self, frame: Frame) -> bool:
        """Whether this frame stands in a safety flow."""
        return self.release.flow(frame.flow).kind == "safety"

    def push(self, frame: Frame) -> Scene:
        """This scene with another frame on top."""
        return self.but(stack=(*self.state.stack, frame))

    def pop(self) -> Scene:
        """This scene without its top frame."""
        return self.but(stack=self.state.stack[:-1])

    def top_but(self, **changes: Any) -> Scene:
        """This scene with its top frame changed."""
        return self.but(
            stack=(*self.state.stack[:-1], self.state.stack[-1].model_copy(update=changes))
        )
