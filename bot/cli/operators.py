"""The commands of those who run the service.

The sandbox, the simulation and the doctor are imported where they are asked for: the service is
smaller without them.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.app import make_data_dir, open_store
from bot.app import run as run_service
from bot.cli.simulating import PATIENTS, sandbox_people, simulate
from bot.clock import Clock
from bot.loop import run_to_end
from bot.service import joining
from bot.service.team import ROLES
from bot.settings import BadSetting, load, strangers
from bot.store.invites import Kind
from bot.store.migrate import migrate as migrate_database

PAGE_PORT = 8080
DEMO_WEEKS = 9
"""Over which the people of the demo began: more of them would take longer to live through."""

invite = typer.Typer(no_args_is_help=True, help="Make one-time codes for people to join with.")


def add_to(app: typer.Typer) -> None:
    """Give these commands to the program."""
    app.command()(run)
    app.command()(sandbox)
    app.command()(simulate)
    app.command()(migrate)
    app.command()(doctor)
    app.add_typer(invite, name="invite")


def run() -> None:
    """Run the service on Telegram; without BOT_TOKEN, the sandbox."""
    settings = load()
    for warning in strangers():
        print(warning, file=sys.stderr)
    if settings.bot_token is None:
        print("No BOT_TOKEN is set, so this is the sandbox: nothing leaves this machine.")
        sandbox(settings.http_port, demo=False, patients=PATIENTS)
    else:
        run_to_end(run_service(settings))


def sandbox(
    port: Annotated[int, typer.Option(help="Where the page opens.")] = PAGE_PORT,
    demo: Annotated[bool, typer.Option("--demo", help="With a clinic that lives already.")] = False,
    patients: Annotated[int, typer.Option(min=1, help="How many, in the demo.")] = PATIENTS,
) -> None:
    """Try everything on this machine: a patient's and a clinician's phone in your browser."""
    from bot.sandbox.supervise import run_sandbox

    data_dir: Path = load().data_dir / ("sandbox-demo" if demo else "sandbox")
    if demo:
        _run_demo(port, data_dir, patients)
    else:
        asyncio.run(run_sandbox(port, data_dir))


def _run_demo(port: int, data_dir: Path, patients: int) -> None:
    """The sandbox with a clinic in it, made at the first start and kept from then on."""
    from bot.sandbox.supervise import DATABASE, run_sandbox

    address = f"sqlite:///{data_dir.resolve() / DATABASE}"
    wish = ("--patients", str(patients), "--weeks", str(DEMO_WEEKS))
    make = ("simulate", *wish, "--database", address)
    if not (data_dir / DATABASE).exists():
        minutes = "about a minute" if patients <= PATIENTS else "some minutes"
        print(f"Making a clinic of {patients} patients: {minutes}", flush=True)
    asyncio.run(run_sandbox(port, data_dir, demo=sandbox_people(patients), first=make))


def migrate() -> None:
    """Bring the database to the form that this version needs."""
    settings = load()
    make_data_dir(settings)
    migrate_database(settings.database)
    print("The database is up to date.")


def doctor() -> None:
    """Say how this installation stands; exit status 1 if something needs a person."""
    from bot.app.doctor import diagnose

    lines, well = diagnose(load())
    print("\n".join(lines))
    if not well:
        raise typer.Exit(1)


@invite.command("clinician")
def invite_clinician(
    name: Annotated[str, typer.Argument(help="The name that patients will see.")],
    role: Annotated[str, typer.Option(help=f"One of: {', '.join(ROLES)}.")] = "clinician",
) -> None:
    """Print a code that joins someone to the team; it works once, for ten minutes."""
    if role not in ROLES:
        raise typer.BadParameter(f"choose one of {', '.join(ROLES)}", param_hint="--role")
    print(f"Send this to the bot within ten minutes: /start and the code, for {name}:")
    print(_invite("clinician", name, role))


@invite.command("patient")
def invite_patient() -> None:
    """Print a code that opens the program to one patient; it works once, for two weeks."""
    print("Send this to the bot within two weeks: /start and the code:")
    print(_invite("patient", "", "patient"))


@invite.command("group")
def invite_group(
    name: Annotated[str, typer.Argument(help="What the group is called, such as Pain team.")],
) -> None:
    """Print a code that joins a group of the team; it works once, for ten minutes."""
    print("Add the bot to the group, and send there within ten minutes: /start and the code:")
    print(_invite("group", name, "group"))


def _invite(kind: Kind, name: str, role: str) -> str:
    settings = load()
    if not settings.keys:
        raise BadSetting("SECRET_KEYS", "SECRET_KEYS is missing: make one with `paceful keys new`.")
    clock, store = Clock(settings.clock_offset_file), open_store(settings)
    try:
        return store.write_now(joining.invite, kind, name, role, at=clock.now())
    finally:
        store.close()
