"""`paceful simulate`: a clinic of people who never were, lived through in a minute."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr

from bot.clock import Clock
from bot.keys import new_key
from bot.settings import BadSetting, Settings, load

if TYPE_CHECKING:
    from bot.simulation.whole import Summary, Wish

PATIENTS, WEEKS, SEED = 40, 12, 1
EVERY_SECONDS = 10.0


def simulate(
    patients: Annotated[int, typer.Option(min=1, help="How many people.")] = PATIENTS,
    weeks: Annotated[int, typer.Option(min=1, max=60, help="Over how many weeks.")] = WEEKS,
    seed: Annotated[int, typer.Option(help="The chance: the same one, the same clinic.")] = SEED,
    database: Annotated[
        str | None, typer.Option(help="Where it is kept, an empty one; else nowhere.")
    ] = None,
) -> None:
    """Let simulated people live through the program, with a team, and say what became of them."""
    from bot.app.simulate import simulate as simulate_clinic
    from bot.simulation.whole import Wish

    settings = load()
    until = Clock(settings.clock_offset_file).now().replace(microsecond=0)
    wish = Wish(patients, weeks, seed, until)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="paceful-simulated-") as scratch:
        found = simulate_clinic(_wired(settings, database, Path(scratch)), wish, _teller(wish))
    print("\n".join(_in_words(found, time.monotonic() - began)))


def sandbox_people(patients: int) -> list[dict[str, object]]:
    """The people of a simulated clinic as the sandbox knows them, patients first."""
    from bot.simulation.people import FIRST_NAMES
    from bot.simulation.team import TEAM
    from bot.simulation.whole import FIRST_NUMBER

    named = [
        (FIRST_NUMBER + place, FIRST_NAMES[place % len(FIRST_NAMES)]) for place in range(patients)
    ]
    named += [(member.number, member.name) for member in TEAM]
    return [
        {"id": number, "first_name": name, "is_bot": False, "language_code": "en"}
        for number, name in named
    ]


def _wired(settings: Settings, database: str | None, scratch: Path) -> Settings:
    """The settings with the database that was named, or one that is gone afterwards."""
    if database is None:
        url, key = f"sqlite:///{scratch / 'paceful.sqlite3'}", new_key()
        wired = {"database_url": SecretStr(url), "secret_keys": SecretStr(key)}
        return settings.model_copy(update=wired)
    if not settings.keys:
        raise BadSetting("SECRET_KEYS", "SECRET_KEYS is missing: make one with `paceful keys new`.")
    return settings.model_copy(update={"database_url": SecretStr(database)})


def _teller(wish: Wish) -> Callable[[datetime], None]:
    """Says every few seconds how many weeks are still to be lived."""
    told = [time.monotonic()]

    def tell(at: datetime) -> None:
        if time.monotonic() - told[0] >= EVERY_SECONDS:
            told[0] = time.monotonic()
            left = (wish.until - at).days / 7
            print(f"  {left:.1f} weeks to go", file=sys.stderr, flush=True)

    return tell


def _in_words(found: Summary, seconds: float) -> Iterator[str]:
    yield f"people: {_counted(found.phases)}"
    yield f"turns: {found.turns}, lessons: {found.lessons}, scores: {found.scores}"
    yield f"alerts: {_counted(found.states)}"
    yield from (f"  {rule}: {count}" for rule, count in sorted(found.rules.items()))
    yield f"minutes of guidance: {found.minutes:.0f}"
    yield f"made in {seconds:.0f} seconds"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
