"""The commands about who looked at whom: the audit is checked, its head shown, a member leaves."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.app import open_store, site_for
from bot.clock import Clock
from bot.service import auditing, leaving
from bot.service.auditing import BadHeads, Head
from bot.settings import BadSetting, Settings, load
from bot.store.members import Member
from bot.store.store import Store

audit = typer.Typer(no_args_is_help=True, help="Check who looked at whom, and who changed what.")


def add_to(app: typer.Typer) -> None:
    """Give these commands to the program."""
    app.add_typer(audit, name="audit")
    app.command()(dismiss)


@audit.command("verify")
def verify(
    heads: Annotated[
        list[Path] | None,
        typer.Option(help="A list of heads; without it, the one in DATA_DIR.", dir_okay=False),
    ] = None,
) -> None:
    """Look through the whole chain; exit status 1 if anything was changed, left out or cut off."""
    settings = _settings()
    listed = _heads(settings, heads)
    store = open_store(settings)
    try:
        found = store.read_now(auditing.verify, listed)
    finally:
        store.close()
    if found.wrong is not None:
        print(f"The audit is not whole: {found.wrong}.", file=sys.stderr)
        raise typer.Exit(1)
    stands = f"head {found.head.id} {found.head.hash}" if found.head else "no head"
    print(f"{found.count} entries, whole, {stands}; {len(listed)} heads kept before stand in it")


@audit.command("head")
def head() -> None:
    """Print the newest entry's number and hash, signed, as it is kept each day."""
    settings = _settings()
    store = open_store(settings)
    try:
        found = store.read_now(auditing.head, _now(settings))
    finally:
        store.close()
    if found is None:
        print("The audit is empty.")
    else:
        print(f"entry {found.id} at {found.at:%Y-%m-%d %H:%M:%S} UTC")
        print(f"hash {found.hash}\nsignature {found.signature}")


def dismiss(
    who: Annotated[str, typer.Argument(help="The name or the number of somebody in the team.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask, and let even the last lead go.")
    ] = False,
) -> None:
    """Let somebody leave the team: signed out, off the rota; what they had goes to the others."""
    settings = _settings()
    store, site = open_store(settings), site_for(settings)
    try:
        member = store.read_now(leaving.who, who)
        if not yes:
            _ask(store, member)
        done = store.write_now(leaving.leave, site, member.id, at=site.clock.now())
    except leaving.NotThem as error:
        print(f"Nobody left. {error}.", file=sys.stderr)
        raise typer.Exit(2) from None
    finally:
        store.close()
    # whoever left meanwhile left nothing more
    if done is not None:
        print("\n".join(leaving.told(done, member.name)))


def _ask(store: Store, member: Member) -> None:
    if store.read_now(leaving.is_last_lead, member.id):
        msg = f"{member.name} is the last lead: invite another one first, or say --yes"
        raise leaving.NotThem(msg)
    if not typer.confirm(f"{member.name} ({member.role}) leaves the team?"):
        raise typer.Abort


def _heads(settings: Settings, given: list[Path] | None) -> list[Head]:
    own = settings.data_dir / auditing.LIST
    files = given or ([own] if own.exists() else [])
    try:
        return [each for file in files for each in auditing.read_heads(file)]
    except (BadHeads, OSError) as error:
        print(f"Nothing was checked: the list of heads cannot be read: {error}.", file=sys.stderr)
        raise typer.Exit(2) from None


def _settings() -> Settings:
    settings = load()
    if not settings.keys:
        raise BadSetting("SECRET_KEYS", "SECRET_KEYS is missing: make one with `paceful keys new`.")
    return settings


def _now(settings: Settings) -> datetime:
    return Clock(settings.clock_offset_file).now()
