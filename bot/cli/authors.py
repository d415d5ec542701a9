"""The commands of those who write the content."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot.cli.player import Player
from bot.clock import Clock
from bot.content.mistakes import Mistake
from bot.content.places import places
from bot.content.proofreading import Proof, proofread
from bot.content.reading import read
from bot.settings import load
from flows.escalation import ALERT
from flows.journey import JOURNEY
from flows.machine import definition
from flows.machines import mermaid
from flows.program import Release
from flows.walk.finding import unknown

Directory = Annotated[
    Path | None, typer.Argument(help="The content folder.", exists=True, file_okay=False)
]
Content = Annotated[
    Path | None, typer.Option("--content", help="The content folder.", exists=True, file_okay=False)
]


def add_to(app: typer.Typer) -> None:
    """Give these commands to the program."""
    app.command()(check)
    app.command()(play)
    app.command()(graph)


def check(
    directory: Directory = None,
    warnings: Annotated[bool, typer.Option(help="Show every warning.")] = False,
) -> None:
    """Read all content and prove it; a sentence for each mistake, exit status 1 if there is one."""
    folder = directory or load().content_dir
    proof = proofread(folder)
    for mistake in proof.errors:
        print(_placed(mistake, folder))
    for mistake in proof.warnings:
        if warnings or not mistake.file:
            print(f"warning: {_placed(mistake, folder)}")
    print(_summary(proof))
    if proof.errors:
        raise typer.Exit(1)


def play(
    flow: Annotated[str, typer.Argument(help="Its name, such as lesson/cbt-loop or cbt-loop.")],
    content: Content = None,
) -> None:
    """Play one flow here: type a number, words, or back; quit ends it."""
    release = read(content or load().content_dir)
    name = _flow(release, flow)
    Player(release.with_places(places), Clock(), say=print, hear=_hear).play(name)


def graph(
    name: Annotated[str, typer.Argument(help="A flow's name, or journey, or alert.")],
    content: Content = None,
) -> None:
    """Print a flow, the patient's journey or an alert's life as a Mermaid diagram."""
    machines = {"journey": JOURNEY, "alert": ALERT}
    if name in machines:
        print(mermaid(machines[name], name))
        return
    release = read(content or load().content_dir)
    found = release.flow(_flow(release, name))
    print(mermaid(definition(found), found.title))


def _flow(release: Release, name: str) -> str:
    """The id of the flow that is meant, by its whole name or the part behind the slash."""
    meant = [flow for flow in release.all_flows if name in (flow, flow.partition("/")[2])]
    if not meant:
        _refuse(unknown("flow", name, release.all_flows))
    if len(meant) > 1:
        _refuse(f"{name} could be {' or '.join(meant)}")
    return meant[0]


def _refuse(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise typer.Exit(2)


def _hear() -> str | None:
    try:
        return input("> ")
    except EOFError:
        return None


def _placed(mistake: Mistake, folder: Path) -> str:
    if not mistake.file:
        return mistake.text
    here = Path.cwd()
    shown = folder.relative_to(here) if folder.is_relative_to(here) else folder
    return f"{(shown / mistake.file).as_posix()}:{mistake.line}: {mistake.text}"


def _summary(proof: Proof) -> str:
    errors, warnings = len(proof.errors), len(proof.warnings)
    found = f"{errors} mistake{'' if errors == 1 else 's'}" if errors else "No mistakes"
    hidden = sum(bool(mistake.file) for mistake in proof.warnings)
    more = " (--warnings shows each)" if hidden else ""
    return f"{found}, {warnings} warning{'' if warnings == 1 else 's'}{more}."
