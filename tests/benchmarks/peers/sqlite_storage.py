"""States of aiogram in SQLite: durable, with a commit for each change, nothing spent on more."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiogram.fsm.state import State
from aiogram.fsm.storage.base import BaseStorage, StateType, StorageKey

TABLE = "CREATE TABLE IF NOT EXISTS states (key TEXT PRIMARY KEY, state TEXT, data TEXT)"
SET_STATE = """INSERT INTO states (key, state) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET state = excluded.state"""
SET_DATA = """INSERT INTO states (key, data) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET data = excluded.data"""


class SqliteStorage(BaseStorage):
    """One row for each person; called in the event loop, which is the fastest way with SQLite."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute(TABLE)

    async def set_state(self, key: StorageKey, state: StateType = None) -> None:
        """Keep where somebody is."""
        name = state.state if isinstance(state, State) else state
        self._connection.execute(SET_STATE, (_name(key), name))

    async def get_state(self, key: StorageKey) -> str | None:
        """Where somebody is."""
        return self._column("state", key)

    async def set_data(self, key: StorageKey, data: Mapping[str, Any]) -> None:
        """Keep what is known of somebody."""
        self._connection.execute(SET_DATA, (_name(key), json.dumps(data)))

    async def get_data(self, key: StorageKey) -> dict[str, Any]:
        """What is known of somebody."""
        return json.loads(self._column("data", key) or "{}")

    async def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _column(self, column: str, key: StorageKey) -> str | None:
        query = f"SELECT {column} FROM states WHERE key = ?"  # noqa: S608 - one of two names above
        row = self._connection.execute(query, (_name(key),)).fetchone()
        return row[0] if row else None


def _name(key: StorageKey) -> str:
    return f"{key.bot_id}:{key.chat_id}:{key.user_id}"
