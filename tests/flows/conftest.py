"""The real content, and the option that rewrites the stories' other side."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from flows.program import Release
from tests.flows.starts import real_release

# the same examples on every machine, and no limit of time: a slow one is not a wrong one
settings.register_profile(
    "engine",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest tests/flows --update` writes what the bot says now into the conversations."""
    parser.addoption("--update", action="store_true", help="rewrite what the bot says in stories")


@pytest.fixture(scope="session")
def release() -> Release:
    """The content that patients meet."""
    return real_release()
