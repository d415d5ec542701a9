"""Every release of the content that a patient has ever stood on."""

from datetime import datetime

from sqlalchemy import exists, select

from bot.store.tables import patients, releases
from bot.store.unit import Unit, insert


def keep(unit: Unit, hash: str, body: str, at: datetime) -> bool:
    """Keep a release; whether it is new. Keeping the same one twice changes nothing."""
    statement = insert(unit, releases).values(hash=hash, body=body, created_at=at)
    # how many rows an insert made, PostgreSQL's driver does not say
    made = statement.on_conflict_do_nothing().returning(releases.c.hash)
    return unit.connection.execute(made).first() is not None


def stood_on(unit: Unit) -> list[str]:
    """Every kept release on which a patient stands now."""
    stands = exists().where(patients.c.release == releases.c.hash)
    return list(unit.connection.execute(select(releases.c.hash).where(stands)).scalars())


def get(unit: Unit, hash: str) -> str | None:
    """The release with that hash, or None."""
    return unit.connection.execute(
        select(releases.c.body).where(releases.c.hash == hash)
    ).scalar_one_or_none()
