"""JSON Schemas of the content files, so that an editor helps while somebody writes."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from bot.content.library import KIND_OF_FOLDER
from bot.content.personas import Persona
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
)

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAME = {"type": "string", "pattern": "^[a-z][a-z0-9_-]*$"}
_MADE = {"Item", "Tally"}
"""The steps that are made from a measure's file: no author writes them."""

_FILES: dict[str, TypeAdapter[Any]] = {
    "measure": TypeAdapter(Measure),
    "licensed": TypeAdapter(LicensedText),
    "persona": TypeAdapter(Persona),
    "program": TypeAdapter(Program),
    "escalation": TypeAdapter(Escalation),
    "crisis": TypeAdapter(Crisis),
    "lines": TypeAdapter(dict[str, Country]),
    "messages": TypeAdapter(Messages),
    "feedback": TypeAdapter(tuple[Feedback, ...]),
}
_FOLDERS = {"measures": "measure", "licensed": "licensed", "personas": "persona"}


def schemas() -> dict[str, Schema]:
    """The schema of each kind of content file, by the name of the kind."""
    plain = {name: adapter.json_schema() for name, adapter in _FILES.items()}
    return {name: _headed(name, schema) for name, schema in {"flow": _flow(), **plain}.items()}


def one_document() -> Schema:
    """All schemas in one, each under its name in `$defs`."""
    return {"$schema": _DIALECT, "title": "Paceful content", "$defs": schemas()}


def kind_of(file: str) -> str:
    """The name of the schema for a file of the content folder."""
    folder = file.partition("/")[0]
    if folder in KIND_OF_FOLDER:
        return "flow"
    return _FOLDERS.get(folder) or file.removesuffix(".yaml")


def _headed(name: str, schema: Schema) -> Schema:
    # an id of its own keeps the references inside each schema true wherever it stands
    return {"$schema": _DIALECT, "$id": f"urn:paceful:{name}", **schema}


def _flow() -> Schema:
    """The schema of a flow's file: its first line is its kind and name, in place of the id."""
    schema = TypeAdapter(Flow).json_schema()
    parts: Schema = dict(schema["properties"])
    del parts["id"]
    kinds = sorted(KIND_OF_FOLDER.values())
    definitions = {name: part for name, part in schema["$defs"].items() if name not in _MADE}
    return {
        **schema,
        "$defs": definitions,
        "properties": {**dict.fromkeys(kinds, _NAME), **parts, "steps": _steps(parts["steps"])},
        "required": [name for name in schema["required"] if name != "id"],
        "oneOf": [{"required": [kind]} for kind in kinds],
    }


def _steps(steps: Schema) -> Schema:
    kinds = [kind for kind in steps["items"]["oneOf"] if _model(kind) not in _MADE]
    return {**steps, "items": {"oneOf": kinds}}


def _model(reference: Schema) -> str:
    return str(reference["$ref"]).rpartition("/")[2]
