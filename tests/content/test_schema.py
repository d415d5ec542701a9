"""The schemas that editors read say the same as the models that the program reads with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from bot.content.schema import kind_of, one_document, schemas
from bot.content.yaml import parse
from flows.steps import KINDS
from tests.content.packs import TINY

SHIPPED = Path(__file__).parents[2] / "content"
SCHEMAS = schemas()


def files() -> list[Any]:
    """Every content file that is shipped, and every one of the tiny pack."""
    found = [(pack, path) for pack in (SHIPPED, TINY) for path in sorted(pack.rglob("*.yaml"))]
    return [
        pytest.param(path.relative_to(pack).as_posix(), path, id=f"{pack.name}/{path.stem}")
        for pack, path in found
    ]


def complaints(file: str, raw: bytes) -> list[str]:
    """What an editor would underline in this file."""
    validator = Draft202012Validator(SCHEMAS[kind_of(file)])
    return [error.message for error in validator.iter_errors(parse(file, raw).value)]


@pytest.mark.parametrize(("file", "path"), files())
def test_no_good_file_is_underlined(file: str, path: Path) -> None:
    """An editor has nothing against what the checker lets through."""
    assert complaints(file, path.read_bytes()) == []


FLOW = "lesson: x\ntitle: X\nsteps:\n  - {}\n"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("lessons/x.yaml", FLOW.format("sai: Hello")),
        ("lessons/x.yaml", FLOW.format("{say: Hello, ask: mood}")),
        ("lessons/x.yaml", FLOW.format("{ask: Mood, text: How?, choices: {a: A}}")),
        ("lessons/x.yaml", FLOW.format("{part: one, text: Next, minutes: 4}")),
        ("lessons/x.yaml", FLOW.format("{wait: 500, text: Wait, choices: {on: On}}")),
        ("lessons/x.yaml", FLOW.format("{tally: phq-9}")),
        ("lessons/x.yaml", "title: No name\nsteps:\n  - say: Hello\n"),
        ("lessons/x.yaml", "lesson: x\nexercise: x\ntitle: Two\nsteps:\n  - say: Hello\n"),
        ("lines.yaml", "other: {name: Elsewhere, emergency: 112}\n"),
        ("escalation.yaml", "tiers: {}\noutcomes: {}\nrules: [{rule: x, tier: purple}]\n"),
        ("measures/x.yaml", "measure: x\ntitle: X\n"),
        ("personas/x.yaml", "persona: x\ntitle: X\nphase_days: -1\n"),
        ("program.yaml", "program: x\n"),
        ("messages.yaml", "texts: {}\n"),
        ("crisis.yaml", "phrases: {en: {soft: [dark]}}\n"),
    ],
)
def test_a_broken_file_is_underlined(file: str, text: str) -> None:
    """What the program could not read, an editor shows while it is typed."""
    assert complaints(file, text.encode()) != []


def test_authors_are_offered_their_own_steps_only() -> None:
    """The steps made from a measure's file are no part of the schema."""
    offered = {ref["$ref"].rpartition("/")[2] for ref in steps()}

    assert {name.casefold() for name in offered} == set(KINDS)


def steps() -> list[dict[str, str]]:
    """The kinds of step that the flow's schema knows."""
    found: list[dict[str, str]] = SCHEMAS["flow"]["properties"]["steps"]["items"]["oneOf"]
    return found


def test_one_document_holds_them_all() -> None:
    """Each schema inside it stands by itself: its references lead to its own parts."""
    document = json.loads(json.dumps(one_document()))
    registry: Registry[Any] = Registry().with_resource(
        "urn:paceful", Resource.from_contents(document)
    )
    by_name = {"$ref": "urn:paceful#/$defs/flow"}
    validator = Draft202012Validator(by_name, registry=registry)

    assert set(document["$defs"]) == set(SCHEMAS)
    assert validator.is_valid({"lesson": "x", "title": "X", "steps": [{"say": "Hello"}]})
    assert not validator.is_valid({"lesson": "x", "title": "X", "steps": [{"sai": "Hello"}]})
