"""A file of rules read by itself, before it takes its place among the content."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from bot.content.library import Library
from bot.content.mistakes import ContentError, Mistake
from bot.content.sentences import explain
from bot.content.yaml import Document, parse
from flows.program import Escalation, Release
from flows.walk.rules import rules


def read_rules(file: Path, release: Release) -> Escalation:
    """The rules in this file; ContentError with every mistake if they do not fit the release."""
    try:
        document = parse(file.name, file.read_bytes())
    except OSError as error:
        sentence = f"this file cannot be read: {type(error).__name__}"
        raise ContentError([Mistake(file.name, 1, sentence)]) from None
    if document.value is None or document.mistakes:
        raise ContentError(document.mistakes or [Mistake(file.name, 1, "this file is empty")])
    try:
        escalation = Escalation.model_validate(document.value)
    except ValidationError as error:
        raise ContentError(explain(error, document)) from None
    mistakes = _misfits(release.model_copy(update={"escalation": escalation}), document)
    if mistakes:
        raise ContentError(mistakes)
    return escalation


def _misfits(release: Release, document: Document) -> list[Mistake]:
    library = Library(release, {"escalation": document})
    found = (
        each for each in rules(release) if each.flow == "escalation" and each.severity == "error"
    )
    return [Mistake(*library.where("escalation", each.step), each.text) for each in found]
