"""Where alembic runs: on the connection it is given, or on the database that is named to it."""

import os
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from bot.store import engine
from bot.store.moment import Moment
from bot.store.tables import metadata


def database_url() -> str:
    """The database that a developer named: `alembic -x url=…`, or DATABASE_URL."""
    given = context.get_x_argument(as_dictionary=True).get("url")
    # not bot.settings: a migration needs no token and no keys
    url = given or os.environ.get("DATABASE_URL")  # noqa: TID251
    if not url:
        msg = "name the database: alembic -x url=sqlite:///scratch.sqlite3, or set DATABASE_URL"
        raise SystemExit(msg)
    return url


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Our own column type in words that a migration understands without the bot."""
    is_moment = kind == "type" and isinstance(item, Moment)
    return "sa.DateTime(timezone=True)" if is_moment else False


def run(connection: Connection) -> None:
    """Carry out what alembic was asked for, all of it or nothing."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_item,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Run on the connection that was handed over, or open one."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        return run(connection)
    source = engine.writing(database_url())
    with source.begin() as opened:
        run(opened)
    source.dispose()


main()
