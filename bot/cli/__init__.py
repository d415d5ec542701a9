"""`paceful`: one command for operators, authors and whoever tries it for the first time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from bot.content.mistakes import ContentError
from bot.settings import BadSetting
from bot.store.unusable import BadDatabase

PARTS = {
    "authors": ("check", "play", "graph"),
    "backtesting": ("backtest",),
    "operators": ("run", "sandbox", "simulate", "migrate", "doctor", "invite"),
    "keeping_keys": ("keys",),
    "safekeeping": ("backup", "restore", "erase"),
    "auditing": ("audit", "dismiss"),
}
"""The modules of this folder that bring commands, and which.

One is imported for the command that it brings: a service at rest holds nothing of the workshop, and
whoever checks content need not wait for the service.
"""


def program(words: Sequence[str] = ()) -> typer.Typer:
    """`paceful` with what is needed for these words, or with all of its commands."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Guided internet CBT for adults with chronic pain, as a Telegram chatbot.",
    )
    needed = [part for part, commands in PARTS.items() if set(words[:1]) & set(commands)]
    for part in needed or PARTS:
        import_module(f"bot.cli.{part}").add_to(app)
    return app


def main() -> None:
    """Run the command; what an operator or author can mend is one sentence, and exit status 2."""
    try:
        program(sys.argv[1:])()
    except (BadSetting, BadDatabase) as error:
        _refuse(error)
    except ContentError as error:
        for mistake in error.mistakes:
            print(mistake, file=sys.stderr)
        sys.exit(2)
    except BaseExceptionGroup as group:
        known = group.subgroup((BadSetting, BadDatabase))
        if known is None:
            raise
        _refuse(_first(known))


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _refuse(error: BaseException) -> None:
    print(f"Paceful did not start. {error}", file=sys.stderr)
    sys.exit(2)
