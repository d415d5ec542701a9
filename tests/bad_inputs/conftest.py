"""A practice for each test, as for the services."""

from tests.bot.service.conftest import open_practice, practice, release

__all__ = ["open_practice", "practice", "release"]
