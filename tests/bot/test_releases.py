"""Old releases: whoever stands in one goes on in it, whatever the code has learned since."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.content.reading import read
from bot.service.releases import MissingRelease, Releases
from bot.store.store import Store
from flows.places import Places

CONTENT = Path(__file__).parents[2] / "content"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_an_old_release_keeps_its_words_and_borrows_those_it_never_had(store: Store) -> None:
    """A text that only newer code says comes from the newest release."""
    newest = read(CONTENT)
    texts = {**newest.messages.texts, "menu": "The old menu."}
    del texts["lesson-done"]
    messages = newest.messages.model_copy(update={"texts": texts})
    old = newest.model_copy(update={"hash": "old", "messages": messages})
    store.write_now(Releases(old, Places).keep, NOON)

    found = store.read_now(Releases(newest, Places).get, "old")

    assert found.text("menu") == "The old menu."
    assert found.text("lesson-done") == newest.text("lesson-done")
    assert found.flows == newest.flows


def test_a_release_that_nobody_kept_is_named(store: Store) -> None:
    """Better a turn that is put aside than a patient in the wrong flow."""
    with pytest.raises(MissingRelease, match="unknown"):
        store.read_now(Releases(read(CONTENT), Places).get, "unknown")
