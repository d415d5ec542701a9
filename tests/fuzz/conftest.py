"""Worlds, as for the journeys."""

from tests.journeys.conftest import new_world, usual_database

__all__ = ["new_world", "usual_database"]
