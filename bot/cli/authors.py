"""The commands of those who write the content."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot.cli.checking import check
from bot.cli.listing import listing
from bot.cli.player import Player
from bot.clock import Clock
from bot.content.personas import Persona, read_personas
from bot.content.places import places
from bot.content.reading import read
from bot.settings import load
from flows.escalation import ALERT
from flows.journey import JOURNEY
from flows.machine import definition
from flows.machines import mermaid
from flows.program import Release
from flows.walk.finding import unknown

Content = Annotated[
    Path | None, typer.Option("--content", help="The content folder.", exists=True, file_okay=False)
]


def add_to(app: typer.Typer) -> None:
    """Give these commands to the program."""
    app.command()(check)
    app.command()(play)
    app.command()(graph)


def play(
    flow: Annotated[
        str | None, typer.Argument(help="Its name, such as lesson/cbt-loop or cbt-loop.")
    ] = None,
    content: Content = None,
    persona: Annotated[
        str | None, typer.Option("--as", help="A saved person, such as rosa.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Name every flow and person.")] = False,
) -> None:
    """Play one flow here: type a number, words, or back; Enter ends a wait, quit ends it all."""
    folder = content or load().content_dir
    release = read(folder)
    people = read_personas(folder, release)
    if listed or flow is None:
        print(listing(release, people))
        return
    name = _flow(release, flow)
    someone = _someone(people, persona) if persona else None
    Player(release.with_places(places), Clock(), say=print, hear=_hear).play(name, someone)


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


def _someone(people: Mapping[str, Persona], name: str) -> Persona:
    if name not in people:
        _refuse(unknown("person", name, people))
    return people[name]


def _refuse(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise typer.Exit(2)


def _hear() -> str | None:
    try:
        return input("> ")
    except EOFError:
        return None
