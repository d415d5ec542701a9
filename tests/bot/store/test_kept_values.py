"""A version that keeps values which the version before cannot read says so by a migration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory

from bot.service.post import BODY
from bot.store import migrate
from flows.events import EVENT
from flows.state import State

MIGRATIONS = Path(migrate.__file__).with_name("migrations")
KEPT = {
    "state": State.model_json_schema(),
    "event": EVENT.json_schema(),
    "post": BODY.json_schema(),
}
ADVICE = """
These values are kept in the database, and a process of the version before refuses a field or a
kind that it does not know: it would put patients' words aside while both versions run.
Write a migration, empty if need be, whose works_with is its own revision; add to the operators'
notes of the release that the version before is stopped first; and keep this list as the file named
after the new revision."""


def names(schema: dict[str, Any], root: str) -> Iterator[str]:
    """Each field of each value, with its one word where it may hold no other."""
    for value, each in {root: schema, **schema.get("$defs", {})}.items():
        for field, kind in each.get("properties", {}).items():
            yield f"{root}: {value}.{field}" + (f" = {kind['const']}" if "const" in kind else "")
        yield from (f"{root}: {value} = {word}" for word in each.get("enum", []))


def test_what_is_kept_is_what_the_newest_migration_knows() -> None:
    """Nothing is added to a patient's state, the events or the posts without a migration."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    kept = sorted(name for root, schema in KEPT.items() for name in names(schema, root))
    known = Path(__file__).with_name(f"kept_by_{head}.txt")

    assert known.is_file(), ADVICE
    assert kept == known.read_text().splitlines(), ADVICE
