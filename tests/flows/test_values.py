"""Frozen values are changed by copies, and keep what was worked out from them only for as long."""

from __future__ import annotations

from pydantic import BaseModel

from flows.state import Frame, State
from flows.steps import Flow
from tests.flows.starts import real_release


def test_a_changed_copy_is_the_one_that_pydantic_would_make() -> None:
    """Field by field, in the same order in JSON, and the first value stays as it was."""
    before = State(release="a", stack=(Frame(flow="flow/a", step="b"),), answers={"c": 1})
    as_json = before.model_dump_json()
    changes = {"asked": 3, "answers": {"d": 2}}
    copy, theirs = (make(before, update=changes) for make in (State.model_copy, _pydantics))
    assert copy == theirs
    assert copy.model_dump_json() == theirs.model_dump_json()
    assert copy.model_fields_set == theirs.model_fields_set
    assert before.model_dump_json() == as_json


def test_what_was_worked_out_is_worked_out_anew_in_a_changed_copy() -> None:
    """Words for commands, lessons and the terms belong to the release that they were read from."""
    old = real_release()
    assert (old.messages.spoken["menu"], old.program.core[0] in old.program.lessons) == (
        "menu",
        True,
    )
    messages = old.messages.model_copy(update={"typed": {"menu": ("list",)}})
    program = old.program.model_copy(update={"core": (), "phases": {}})
    assert messages.spoken == {"/menu": "menu", "menu": "menu", "list": "menu"}
    assert old.program.core[0] not in program.lessons
    assert old.terms is not None
    assert old.model_copy(update={"program": program}).terms is None


def test_a_copy_of_a_talk_under_another_name_is_of_that_kind() -> None:
    """A flow's kind is the first part of its id, whichever kind the flow was that it is made of."""
    lesson = next(flow for flow in real_release().flows.values() if flow.kind == "lesson")
    nudge: Flow = lesson.model_copy(update={"id": "nudge/again"})
    assert (lesson.kind, nudge.kind) == ("lesson", "nudge")


def _pydantics(value: State, *, update: dict[str, object]) -> State:
    return BaseModel.model_copy(value, update=update)
