"""A practice for each test, with the real content on a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from bot.keys import Vault
from bot.store.store import Store
from flows.program import Release
from tests.bot.service.practice import Practice
from tests.flows.starts import real_release

OpenPractice = Callable[..., Practice]


@pytest.fixture
def release() -> Release:
    """The content that patients meet."""
    return real_release()


@pytest.fixture
def open_practice(usual_url: str, vault: Vault, release: Release) -> Iterator[OpenPractice]:
    """Opens a practice with these settings, on this test's file or on another database."""
    with ExitStack() as stack:

        def opened(url: str = usual_url, **settings: Any) -> Practice:
            practice = Practice(Store.open(url, vault), vault, release, **settings)
            # by then it may have been started again on another store
            stack.callback(lambda: practice.store.close())
            return practice

        yield opened


@pytest.fixture
def practice(open_practice: OpenPractice) -> Practice:
    """A practice that is open to everyone."""
    return open_practice()
