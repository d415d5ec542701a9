"""Somebody asks to be erased in the chat: what happens when the rest of the world is in the way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.service.erasing import LIST, note_in, read_list, stay_erased
from bot.service.post import Later, Refused, Verdict
from bot.store.erasing import Stone
from tests.bot.service.conftest import OpenPractice
from tests.bot.service.messenger import Call
from tests.bot.service.practice import Person, Practice

CLEARING = {"unsay", "fade"}


@pytest.fixture
def practice(open_practice: OpenPractice, tmp_path: Path) -> Practice:
    """A practice whose list of the erased has a folder of its own."""
    return open_practice(data_dir=tmp_path)


def cleared(practice: Practice, person: Person) -> list[tuple[str, str]]:
    """What was done to this chat's messages, in order."""
    taken = practice.messenger.taken_by(person.number)
    return [(call.kind, call.text) for call in taken if call.kind in CLEARING]


def contacts(practice: Practice) -> int:
    """How many people who are not of the team can be reached."""
    return int(practice.rows("SELECT count(*) FROM contacts WHERE clinician_id IS NULL")[0][0])


async def erases(person: Person) -> None:
    """Ask for it, go on, and type the word."""
    await person.says("/erase")
    await person.chooses("yes")
    await person.says("ERASE")


async def test_words_that_follow_are_a_strangers_and_help_comes_before_the_clearing(
    practice: Practice,
) -> None:
    """What was sent right behind the word is neither erased nor kept waiting."""
    ann = await practice.patient(1, "in-core-cbt")
    await ann.says("/erase")
    await ann.chooses("yes")
    ann.news()

    await practice.arrives(ann.wrote("ERASE"), ann.wrote("I want to kill myself"))

    told = ann.news()
    assert "It is done." in told[0]
    assert "This comes before everything else." in told[1]
    assert cleared(practice, ann) == []
    assert ann.state.turn == 1
    assert [alert.rule for alert in ann.alerts] == ["crisis-words"]
    await practice.wait(timedelta(minutes=10), times=2)
    assert cleared(practice, ann)
    assert contacts(practice) == 1


async def test_what_is_too_old_to_be_deleted_is_made_blank(practice: Practice) -> None:
    """And after a day of trying the chat is left as it is, and nobody can be reached."""
    ann = await practice.patient(1, "at-consent")
    taken = practice.messenger.taken_by(1)
    shown = [call.number for call in taken if call.kind == "bubble"]

    def too_old(call: Call) -> Verdict | None:
        return Refused("message can't be deleted for everyone") if call.kind == "unsay" else None

    practice.messenger.fault = too_old
    await erases(ann)
    await practice.wait(timedelta(minutes=10), times=3)

    blank = [text for kind, text in cleared(practice, ann) if kind == "fade"]
    assert set(blank) >= {f"{number} ·" for number in shown}
    assert contacts(practice) == 0

    bea = await practice.patient(2, "at-consent")
    practice.messenger.fault = lambda call: Later(30, counts=False)
    await erases(bea)
    await practice.wait(timedelta(hours=23))
    assert contacts(practice) == 1
    await practice.wait(timedelta(hours=1, minutes=1))
    assert contacts(practice) == 0
    assert practice.rows("SELECT count(*) FROM outbox WHERE state = 'pending'") == [(0,)]


async def test_a_process_that_dies_behind_the_list_has_it_done_at_the_next_start(
    practice: Practice, tmp_path: Path
) -> None:
    """They are told, the chat is cleared, the team hears of it, and not a second time."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "at-consent")
    name = ann.pseudonym
    note_in(tmp_path / LIST, Stone(name, practice.clock.now(), "their own wish"))
    lee.news()

    practice.store.write_now(stay_erased, practice.site)
    practice.store.write_now(stay_erased, practice.site)
    await practice.wait(timedelta(minutes=10), times=2)

    assert [text for text in ann.news() if "It is done." in text][1:] == []
    assert [name in text for text in lee.news()] == [True]
    assert cleared(practice, ann)
    assert contacts(practice) == 0


async def test_a_list_that_cannot_be_written_erases_nobody_and_they_are_told(
    practice: Practice, tmp_path: Path
) -> None:
    """Or a restored backup would bring them back."""
    ann = await practice.patient(1, "at-consent")
    (tmp_path / LIST).mkdir()

    await erases(ann)
    for _ in range(3):
        await practice.tick()

    assert not any("It is done." in text for text in ann.news())
    assert ann.state.turn
    assert practice.health()["dead"] == 1


async def test_who_left_or_was_never_invited_may_be_erased_and_junk_of_theirs_goes(
    practice: Practice, tmp_path: Path
) -> None:
    """What nobody could read is theirs if their number stands in it, and another's if not."""
    ann, bea = practice.person(4711), await practice.patient(2, "at-consent")
    await ann.says("hello")
    junk: list[dict[str, Any]] = [
        {"update_id": 900 + number, "message": {"x": number}} for number in (4711, 14711, 2)
    ]
    await practice.arrives(*junk)
    await bea.says("/stop")
    await bea.chooses("leave")

    await erases(ann)
    await erases(bea)

    assert len(read_list(tmp_path / LIST)) == 2
    kept = "SELECT external_id FROM inbox WHERE body IS NOT NULL AND sender LIKE 'nobody:%'"
    assert practice.rows(kept) == [(str(900 + 14711),)]
