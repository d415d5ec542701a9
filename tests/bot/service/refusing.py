"""A database that refuses some changes, as a full disk would; on either kind."""

from sqlalchemy import text

from bot.store.unit import Unit

WORDS = "the disk is full"


def refuse(unit: Unit, change: str) -> None:
    """From now on such changes fail, such as `INSERT ON inbox`."""
    if unit.connection.dialect.name == "sqlite":
        body = f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
        unit.connection.execute(text(f"CREATE TRIGGER disk_full BEFORE {change} {body}"))
        return
    body = f"$$ BEGIN RAISE EXCEPTION '{WORDS}'; END $$"
    made = f"CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS {body}"
    unit.connection.execute(text(made))
    on, _, when = change.partition(" WHEN ")
    only = f"WHEN ({when}) " if when else ""
    fires = f"FOR EACH ROW {only}EXECUTE FUNCTION disk_full()"
    unit.connection.execute(text(f"CREATE TRIGGER disk_full BEFORE {on} {fires}"))


def take(unit: Unit) -> None:
    """Every change is taken again."""
    is_file = unit.connection.dialect.name == "sqlite"
    words = "DROP TRIGGER disk_full" if is_file else "DROP FUNCTION disk_full CASCADE"
    unit.connection.execute(text(words))
