"""One command brings in what it needs: a service holds no workshop, a check needs no service."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest
import typer

from bot.cli import PARTS, program


@pytest.mark.parametrize("part", PARTS)
def test_a_command_is_looked_for_where_it_is(part: str) -> None:
    """A part that brings another command than is named would be all there is of `paceful`."""
    app = typer.Typer()
    import_module(f"bot.cli.{part}").add_to(app)

    assert _commands(app) == sorted(PARTS[part])


@pytest.mark.parametrize("words", [(), ("--help",), ("chekc",)], ids=str)
def test_whoever_asks_for_no_command_finds_them_all(words: tuple[str, ...]) -> None:
    """Help names each of them, and so does the answer to a slip."""
    known = [command for commands in PARTS.values() for command in commands]

    assert _commands(program(words)) == sorted(known)


@pytest.mark.parametrize(
    ("command", "foreign"),
    [
        ("run", {"ruamel", "flows.walk", "holidays", "bot.sandbox", "bot.simulation", "alembic"}),
        ("check", {"telegram", "sqlalchemy", "uvicorn", "jinja2", "bot.service", "bot.app"}),
    ],
)
def test_nothing_is_read_for_what_is_not_asked(command: str, foreign: set[str]) -> None:
    """Memory at rest and seconds of an author are for what was asked."""
    script = f"import sys; from bot.cli import program; program(['{command}']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert set(done.stdout.split()) & foreign == set()


def _commands(app: typer.Typer) -> list[str]:
    single = [
        each.name or str(each.callback and each.callback.__name__)
        for each in app.registered_commands
    ]
    return sorted([*single, *(str(group.name) for group in app.registered_groups)])
