"""What an operator asks first: is everything there, and does anything need a person."""

from __future__ import annotations

from typing import Any

from bot.app.keeping import kept_lines
from bot.app.key_report import key_lines
from bot.app.run import open_store, site_for
from bot.service.health import Pulse, health
from bot.service.rekeying import report
from bot.service.site import Site
from bot.service.spool import FOLDER
from bot.service.team import care_team, operators
from bot.settings import Settings
from bot.store.unit import Unit


def diagnose(settings: Settings) -> tuple[list[str], bool]:
    """A line for each thing looked at, and whether all is well."""
    site, lines = site_for(settings), []
    lines.append(f"content: release {site.release.hash[:12]}, {len(site.release.flows)} flows")
    if not settings.keys:
        return [*lines, "keys: SECRET_KEYS is not set, so the database was not opened"], False
    store = open_store(settings)
    try:
        found, well = store.read_now(_look, site)
        keys = store.read_now(
            report, settings.database, settings.data_dir / FOLDER, site.clock.now()
        )
    finally:
        store.close()
    is_open = not keys.uses.unreadable and not keys.elsewhere
    return [*lines, *key_lines(keys), *found], well and is_open


def _look(unit: Unit, site: Site) -> tuple[list[str], bool]:
    state, team, ops = health(unit, site, Pulse()), care_team(unit), operators(unit)
    lines = [
        f"inbox: {state['inbox']} waiting, {state['failing']} failing, {state['dead']} given up",
        f"outbox: {state['outbox']} waiting, {state['refused']} refused by Telegram",
        f"care team: {len(team)} joined" if team else "care team: nobody, so alerts reach nobody",
        _mail(site, state),
        f"operators: {len(ops)} joined" if ops else "operators: nobody hears of faults",
    ]
    kept, is_kept_well = kept_lines(unit, site)
    troubles = ("dead", "refused", "mails_refused", "alerts_overdue")
    is_well = bool(team) and is_kept_well and not any(state[name] for name in troubles)
    return [*lines, *kept], is_well


def _mail(site: Site, state: dict[str, Any]) -> str:
    if site.settings.smtp_url is None:
        return "e-mail: SMTP_URL is not set, so an alert that nobody takes stays in Telegram"
    return f"e-mail: {state['mails']} waiting, {state['mails_refused']} refused by the mail server"
