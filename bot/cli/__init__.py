"""`paceful`: one command for operators, authors and whoever tries it for the first time."""

from __future__ import annotations

import sys

import typer

from bot.cli import auditing, authors, keeping_keys, operators, safekeeping
from bot.content.mistakes import ContentError
from bot.settings import BadSetting
from bot.store.errors import BadDatabase

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Guided internet CBT for adults with chronic pain, as a Telegram chatbot.",
)
authors.add_to(app)
operators.add_to(app)
keeping_keys.add_to(app)
safekeeping.add_to(app)
auditing.add_to(app)


def main() -> None:
    """Run the command; what an operator or author can mend is one sentence, and exit status 2."""
    try:
        app()
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
