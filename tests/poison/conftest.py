"""A practice for each test, as for the services; and worlds, as for the journeys."""

from tests.bot.service.conftest import open_practice, practice, release
from tests.journeys.conftest import new_world, usual_database

__all__ = ["new_world", "open_practice", "practice", "release", "usual_database"]
