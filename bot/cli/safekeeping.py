"""The commands that keep the data safe: a backup, its way back, and a patient who is erased."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.app import make_data_dir, open_store, site_for
from bot.clock import Clock
from bot.keys import Vault
from bot.service import erasing, restoring
from bot.service.backup import BadBackup, Looked, back_up, look
from bot.service.restoring import Restored
from bot.service.site import Site
from bot.settings import BadSetting, Settings, load
from bot.store.erasing import Stone
from bot.store.errors import BadDatabase
from bot.store.store import Store

File = Annotated[Path, typer.Argument(help="The backup's file.", dir_okay=False)]


def add_to(app: typer.Typer) -> None:
    """Give these commands to the program."""
    app.command()(backup)
    app.command()(restore)
    app.command()(erase)


def backup(file: File) -> None:
    """Write everything into one sealed file, while the service runs, and read it back."""
    settings = load()
    with _refusals("Nothing was backed up."):
        made = back_up(settings.database, _vault(settings), file, _now(settings))
    print("\n".join(_in_words(made, _now(settings))))
    print(f"{file} was read back and is whole. Keep it away from this machine, and the keys too.")


def restore(
    file: File,
    looking: Annotated[
        bool, typer.Option("--look", help="Only say what is in it, after reading all of it.")
    ] = False,
    erased_list: Annotated[
        Path | None,
        typer.Option(help="A copy of erased.jsonl, if it is not in DATA_DIR.", dir_okay=False),
    ] = None,
) -> None:
    """Put a backup into an empty database; nothing old is sent, and who was erased stays so."""
    settings = load()
    with _refusals("Nothing was restored."):
        if looking:
            looked = look(file, _vault(settings))
            print("\n".join(_in_words(looked, _now(settings))))
            return
        make_data_dir(settings)
        site, vault = site_for(settings), _vault(settings)
        stones = _listed(settings, erased_list)
        done = restoring.restore(settings.database, site, vault, file, stones)
    print("\n".join(_told(done, stones)))


def erase(
    pseudonym: Annotated[str, typer.Argument(help="Exactly as it is on the clinic page.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept with the pseudonym.")],
    yes: Annotated[
        str | None, typer.Option(metavar="PSEUDONYM", help="The pseudonym again, for scripts.")
    ] = None,
) -> None:
    """Erase one patient for good: their key, their words and scores, and how to reach them."""
    if not reason.strip():
        raise typer.BadParameter("say why in a few words", param_hint="--reason")
    settings = load()
    _vault(settings)
    with _refusals("Nobody was erased."):
        store = open_store(settings)
        try:
            store.write_now(erasing.known, pseudonym)
            _check_again(pseudonym, yes)
            done = _erase(site_for(settings), store, pseudonym, reason.strip())
        finally:
            store.close()
    print(f"{pseudonym} is erased. Alerts closed: {done.alerts}; booked calls: {done.calls}.")
    print("While the service runs, it clears their chat of what Telegram lets it take away.")
    print("What they wrote there more than two days ago only they can delete.")
    print(f"Keep {erasing.LIST} with your backups: it keeps them erased when one is restored.")


def _check_again(pseudonym: str, yes: str | None) -> None:
    again = yes if yes is not None else typer.prompt("Type the pseudonym again to erase them")
    if again != pseudonym:
        msg = f"{again!r} is not {pseudonym!r}"
        raise erasing.Nobody(msg)


def _erase(site: Site, store: Store, pseudonym: str, reason: str) -> erasing.Erased:
    now = site.clock.now()
    # first on the list: if we die here, they are erased at the next start
    erasing.note_in(site.settings.data_dir / erasing.LIST, Stone(pseudonym, now, reason))
    return store.write_now(erasing.erase, site, pseudonym, reason, at=now)


@contextmanager
def _refusals(nothing: str) -> Iterator[None]:
    """What can be mended is one sentence that begins with what did not happen; exit status 2."""
    try:
        yield
    except (BadBackup, BadDatabase, erasing.Nobody) as error:
        print(f"{nothing} {error}.", file=sys.stderr)
        raise typer.Exit(2) from None
    except OSError as error:
        print(f"{nothing} {error.filename}: {error.strerror}.", file=sys.stderr)
        raise typer.Exit(2) from None


def _vault(settings: Settings) -> Vault:
    if not settings.keys:
        raise BadSetting("SECRET_KEYS", "SECRET_KEYS is missing: make one with `paceful keys new`.")
    return Vault(settings.keys)


def _now(settings: Settings) -> datetime:
    return Clock(settings.clock_offset_file).now()


def _listed(settings: Settings, also: Path | None) -> list[Stone]:
    own = settings.data_dir / erasing.LIST
    files = [file for file in (own, also) if file is not None and (file == also or file.exists())]
    try:
        return [stone for file in files for stone in erasing.read_list(file)]
    except ValueError as error:
        msg = f"The list of those who were erased cannot be read: {error}"
        raise BadBackup(msg) from None


def _in_words(looked: Looked, now: datetime) -> Iterator[str]:
    about = looked.about
    hours = (now - about.made_at).total_seconds() / 3600
    age = f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.0f} days"
    yield f"made: {about.made_at:%Y-%m-%d %H:%M:%S} UTC, {age} ago, by Paceful {about.version}"
    yield f"from: {about.engine}, tables of revision {about.revision}"
    yield f"holds: {about.patients} patients, {looked.rows} rows, {looked.bytes / 1e6:.1f} MB"


def _told(done: Restored, stones: Sequence[Stone]) -> Iterator[str]:
    yield from _in_words(done.looked, done.until)
    yield "What happened since then is lost: at the next start the team and the patients are told."
    yield f"not sent again: {done.unsent} answers and reminders, {done.skipped} reminders skipped"
    newest = max((stone.erased_at for stone in stones), default=None)
    known = f", the last on {newest:%Y-%m-%d}" if newest else ": is there another list?"
    yield f"erased again: {len(done.erased)}; the list knows {len(stones)}{known}"
    yield "Codes that nobody used, links and sessions of the page are void: sign in anew."
