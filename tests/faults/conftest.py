"""Worlds have a database of the kind that `--database` names, as in the journeys."""

from tests.journeys.conftest import usual_database

__all__ = ["usual_database"]
