"""`paceful check`: the content proved, and what editors and clinicians need to work on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.clock import Clock
from bot.content.cache import cache_of
from bot.content.checked import Checked
from bot.content.library import open_library
from bot.content.mistakes import Mistake
from bot.content.proofreading import Proof, proofread_for_release
from bot.content.review import checklist
from bot.content.schema import one_document, schemas
from bot.settings import load

Directory = Annotated[
    Path | None, typer.Argument(help="The content folder.", exists=True, file_okay=False)
]


def check(
    directory: Directory = None,
    warnings: Annotated[bool, typer.Option(help="Show every warning.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As a list, for editors.")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of all files instead.")
    ] = False,
    schema_to: Annotated[
        Path | None, typer.Option(help="Write a JSON Schema for each kind of file there instead.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Play every flow, those too that did not change.")
    ] = False,
    review: Annotated[
        bool, typer.Option("--review", help="Print what a clinician should sign instead.")
    ] = False,
) -> None:
    """Read all content and prove it; a sentence for each mistake, exit status 1 if there is one."""
    if schema or schema_to:
        _give_schemas(schema_to)
        return
    settings = load()
    folder = directory or settings.content_dir
    if review:
        print(checklist(open_library(folder), _shown(folder).as_posix()), end="")
        return
    today = Clock(settings.clock_offset_file).now().date()
    checked = Checked(cache_of(settings), afresh=fresh)
    proof = proofread_for_release(folder, today, checked=checked)
    print(_as_json(proof, folder) if as_json else _in_words(proof, folder, every=warnings))
    if proof.errors:
        raise typer.Exit(1)


def _give_schemas(folder: Path | None) -> None:
    if folder is None:
        print(json.dumps(one_document(), indent=2))
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas().items():
        text = f"{json.dumps(schema, indent=2)}\n"
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


def _as_json(proof: Proof, folder: Path) -> str:
    found = [("error", mistake) for mistake in proof.errors]
    found += [("warning", mistake) for mistake in proof.warnings]
    rows = [
        {
            "file": _file(mistake, folder),
            "line": mistake.line or None,
            "severity": severity,
            "step": mistake.step or None,
            "text": mistake.text,
        }
        for severity, mistake in found
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False)


def _in_words(proof: Proof, folder: Path, *, every: bool) -> str:
    errors = [_placed(mistake, folder) for mistake in proof.errors]
    shown = [mistake for mistake in proof.warnings if every or not mistake.file]
    warnings = [f"warning: {_placed(mistake, folder)}" for mistake in shown]
    return "\n".join([*errors, *warnings, _summary(proof)])


def _file(mistake: Mistake, folder: Path) -> str | None:
    return (_shown(folder) / mistake.file).as_posix() if mistake.file else None


def _placed(mistake: Mistake, folder: Path) -> str:
    file = _file(mistake, folder)
    return f"{file}:{mistake.line}: {mistake.sentence}" if file else mistake.text


def _shown(folder: Path) -> Path:
    """The folder as it is named from where the author stands."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _summary(proof: Proof) -> str:
    errors, warnings = len(proof.errors), len(proof.warnings)
    found = f"{errors} mistake{'' if errors == 1 else 's'}" if errors else "No mistakes"
    hidden = sum(bool(mistake.file) for mistake in proof.warnings)
    more = " (--warnings shows each)" if hidden else ""
    return f"{found}, {warnings} warning{'' if warnings == 1 else 's'}{more}."
