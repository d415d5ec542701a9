"""The whole content folder: a release, and for each of its parts the file and line it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.content.folder import digest_of, files_of
from bot.content.instead import replaced
from bot.content.licensed import misfits
from bot.content.mistakes import ContentError, Mistake
from bot.content.sentences import explain
from bot.content.yaml import Document, Path, parse
from flows.program import (
    Country,
    Crisis,
    Escalation,
    Feedback,
    Flow,
    LicensedText,
    Measure,
    Messages,
    Program,
    Release,
)

KIND_OF_FOLDER = {
    "lessons": "lesson",
    "exercises": "exercise",
    "addons": "addon",
    "flows": "flow",
    "nudges": "nudge",
    "safety": "safety",
}
"""The folders that hold flows, and the word that each file in them begins with."""

_SINGLE = ("program.yaml", "escalation.yaml", "crisis.yaml", "lines.yaml", "messages.yaml")
_OPTIONAL = ("feedback.yaml",)
_OTHER_FOLDERS = ("measures", "licensed")
_COUNTRIES = TypeAdapter(dict[str, Country])
_FEEDBACK = TypeAdapter(tuple[Feedback, ...])
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Library:
    """A release together with the documents it was read from."""

    release: Release
    documents: Mapping[str, Document]
    """By what they hold: a flow's id, `measure/peg`, or a single file's name (`program`)."""

    def where(self, thing: str, part: str = "") -> tuple[str, int]:
        """The file and line of a part (a step's id, or names joined by dots) of a thing."""
        document = self.documents[thing]
        at = _step(document.value, part) or _dotted(document.value, part)
        return document.file, document.line(at)


def open_library(directory: FilePath) -> Library:
    """The library in this folder; ContentError with every mistake when it cannot be used."""
    files = files_of(directory)
    documents = replaced({name: _document(name, raw) for name, raw in files.items()})
    return _Shelf(documents).library(digest_of(files))


def _document(name: str, raw: bytes) -> Document:
    if problem := _misplaced(name):
        return Document(name, mistakes=(Mistake(name, 1, problem),))
    return parse(name, raw)


def _misplaced(name: str) -> str:
    folder, slash, _ = name.partition("/")
    in_folder = bool(slash) and folder in {*KIND_OF_FOLDER, *_OTHER_FOLDERS}
    known = in_folder or name in (*_SINGLE, *_OPTIONAL)
    if known and name.endswith(".yml"):
        return "the name should end in .yaml"
    folders = [f"{folder}/" for folder in (*KIND_OF_FOLDER, *_OTHER_FOLDERS)]
    places = ", ".join([*_SINGLE, *_OPTIONAL, *folders])
    return "" if known else f"no such file belongs here: content is {places}"


class _Shelf:
    """Turns documents into a release, collecting every mistake on the way."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._documents = documents
        self._things: dict[str, Document] = {}
        self._mistakes = [m for d in documents.values() for m in d.mistakes]

    def library(self, digest: str) -> Library:
        """The library, or ContentError with all mistakes."""
        release = self._release(digest)
        if self._mistakes or release is None:
            raise ContentError(self._mistakes)
        return Library(release, self._things)

    def _release(self, digest: str) -> Release | None:
        program = self._single("program.yaml", Program.model_validate)
        escalation = self._single("escalation.yaml", Escalation.model_validate)
        crisis = self._single("crisis.yaml", Crisis.model_validate)
        countries = self._single("lines.yaml", _COUNTRIES.validate_python)
        messages = self._single("messages.yaml", Messages.model_validate)
        feedback = self._optional("feedback.yaml", _FEEDBACK.validate_python)
        flows, measures = self._flows(), self._measures()
        if not (program and escalation and crisis and countries and messages):
            return None
        return Release(
            hash=digest,
            program=program,
            flows=flows,
            measures=measures,
            escalation=escalation,
            crisis=crisis,
            countries=countries,
            messages=messages,
            feedback=feedback or (),
        )

    def _single(self, file: str, read: Callable[[Any], _T]) -> _T | None:
        document = self._documents.get(file)
        if document is None:
            self._mistakes.append(Mistake(file, 1, "this file is missing"))
            return None
        self._things[file.removesuffix(".yaml")] = document
        return self._read(document, document.value, read)

    def _optional(self, file: str, read: Callable[[Any], _T]) -> _T | None:
        return self._single(file, read) if file in self._documents else None

    def _read(self, document: Document, value: Any, read: Callable[[Any], _T]) -> _T | None:
        if document.value is None:
            return None
        try:
            return read(value)
        except ValidationError as error:
            self._mistakes += explain(error, document)
            return None

    def _flows(self) -> dict[str, Flow]:
        found = {}
        for document in self._in(KIND_OF_FOLDER):
            kind = KIND_OF_FOLDER[document.file.partition("/")[0]]
            flow = self._read(document, self._with_id(document, kind), Flow.model_validate)
            if flow and self._first(flow.id, document):
                found[flow.id] = flow
        return found

    def _measures(self) -> dict[str, Measure]:
        found = {}
        for document in self._in(("measures",)):
            measure = self._read(document, document.value, Measure.model_validate)
            if measure and self._first(f"measure/{measure.measure}", document):
                found[measure.measure] = measure
        return {**found, **self._licensed(found)}

    def _licensed(self, measures: Mapping[str, Measure]) -> dict[str, Measure]:
        """The measures that a site's own licensed texts switch on."""
        found = {}
        for document in self._in(("licensed",)):
            text = self._read(document, document.value, LicensedText.model_validate)
            if text and self._first(f"licensed/{text.text}", document):
                wrong = list(misfits(text, measures))
                at = [(document.line(part), said) for part, said in wrong]
                self._mistakes += [Mistake(document.file, line, said) for line, said in at]
                if not wrong:
                    found[text.text] = measures[text.text].with_text(text)
        return found

    def _in(self, folders: Iterable[str]) -> Iterable[Document]:
        wanted = tuple(f"{folder}/" for folder in folders)
        return [d for d in self._documents.values() if d.file.startswith(wanted)]

    def _with_id(self, document: Document, kind: str) -> Any:
        value = document.value
        if not isinstance(value, dict):
            return value
        if next(iter(value), None) != kind or not isinstance(value[kind], str):
            text = f"the first line should be `{kind}: its-name`"
            self._mistakes.append(Mistake(document.file, 1, text))
        rest = {k: v for k, v in value.items() if k not in KIND_OF_FOLDER.values()}
        return {"id": f"{kind}/{value.get(kind)}", **rest}

    def _first(self, thing: str, document: Document) -> bool:
        other = self._things.setdefault(thing, document)
        if other is not document:
            text = f"{thing} is already in {other.file}: give this one another name"
            self._mistakes.append(Mistake(document.file, 1, text))
        return other is document


def _step(value: Any, name: str) -> Path | None:
    """The place of a step by its id, its key, or its kind and number."""
    steps = value.get("steps") if isinstance(value, dict) else None
    for number, step in enumerate(steps if isinstance(steps, list) else []):
        if name in _names(step, number + 1):
            return ("steps", number)
    return None


def _names(step: dict[str, Any], number: int) -> set[str]:
    if "id" in step:
        return {step["id"]}
    keys = {str(step[kind]) for kind in ("ask", "rate", "write", "part") if kind in step}
    return keys or {f"{kind}-{number}" for kind in step}


def _dotted(value: Any, name: str) -> Path:
    """The place that names joined by dots lead to, as far as they lead."""
    path: list[str | int] = []
    for part in name.split(".") if name else ():
        place = _place(value, part)
        if place is None:
            break
        path.append(place)
        value = value[place]
    return tuple(path)


def _place(value: Any, part: str) -> str | int | None:
    if isinstance(value, dict):
        return part if part in value else None
    if not isinstance(value, list):
        return None
    if part.isdigit():
        return int(part) - 1 if 0 < int(part) <= len(value) else None
    named = (n for n, v in enumerate(value) if isinstance(v, dict) and part in _first_words(v))
    return next(named, None)


def _first_words(value: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(v) for v in list(value.values())[:1])
