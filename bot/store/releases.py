"""Every release of the content that a patient has ever stood on."""

from datetime import datetime

from sqlalchemy import select

from bot.store.tables import releases
from bot.store.unit import Unit, insert


def keep(unit: Unit, hash: str, body: str, at: datetime) -> None:
    """Keep a release. Keeping the same one twice changes nothing."""
    statement = insert(unit, releases).values(hash=hash, body=body, created_at=at)
    unit.connection.execute(statement.on_conflict_do_nothing())


def get(unit: Unit, hash: str) -> str | None:
    """The release with that hash, or None."""
    return unit.connection.execute(
        select(releases.c.body).where(releases.c.hash == hash)
    ).scalar_one_or_none()
