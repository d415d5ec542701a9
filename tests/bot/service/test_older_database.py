"""A database of an older version: what it stored of the content can no longer be read."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.store.tables import releases
from flows.program import Release
from tests.bot.service.practice import Practice, told_just

NEW = "1" * 64
CLOSED = "The program was renewed"
CANNOT_READ = "This version of the service cannot read older content (1)."


def as_stored_before(release: Release) -> str:
    """This release as an earlier version wrote it: one set of questions, fewer kinds of nudges."""
    body = json.loads(release.model_dump_json(by_alias=True))
    program = body["program"]
    program["check"] = program.pop("checks")[0]
    del program["nudges"]["addon"], program["nudges"]["behind"]
    return json.dumps(body)


def upgrade(practice: Practice) -> None:
    """The service is stopped where everybody stands, and a newer version is started."""
    release = practice.site.release
    stored = update(releases).where(releases.c.hash == release.hash)
    practice.run(stored.values(body=as_stored_before(release)))
    practice.start(release.model_copy(update={"hash": NEW}))


@pytest.mark.parametrize("words", ["hello", "/start", "/menu", "/resume", "7"])
async def test_whoever_stood_in_the_middle_of_something_is_told_and_goes_on(
    practice: Practice, words: str
) -> None:
    """The talk is closed, what they answered is kept, and the next lesson opens."""
    ann = await practice.patient(1, "in-core-cbt")
    before = ann.state
    upgrade(practice)

    await ann.says(words)

    assert CLOSED in ann.news()[0]
    assert not ann.state.stack
    assert ann.state.release == NEW
    assert (ann.state.answers, ann.state.scores) == (before.answers, before.scores)
    await ann.says("/lesson")
    assert ann.state.stack[0].flow == "lesson/core-start"
    assert not any(CLOSED in told for told in ann.news())


async def test_operators_are_told_once_and_the_log_has_no_words(
    practice: Practice, caplog: pytest.LogCaptureFixture
) -> None:
    """At the start, before anybody writes; a start with the same content tells nothing new."""
    sam, lee = await practice.clinician(8, "Sam", "operator"), await practice.clinician(9, "Lee")
    await practice.patient(1, "in-core-cbt")
    ann = practice.person(1)
    sam.news(), lee.news()

    with caplog.at_level(logging.WARNING):
        upgrade(practice)
        await practice.work()
        practice.start(practice.site.release)
        await practice.work()
        await ann.says("my secret words")

    assert told_just(sam.news(), CANNOT_READ)
    assert lee.news() == []
    warned = [record.getMessage() for record in caplog.records]
    assert warned, "the log has it too"
    assert all("cannot be read" in line and "secret" not in line for line in warned)


async def test_words_of_dying_are_answered_by_the_question_and_told(practice: Practice) -> None:
    """Whatever became of the content: help lines, an alert, and the talk that goes with them."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "in-core-cbt")
    upgrade(practice)
    lee.news()

    await ann.says("I want to die")

    assert "9-8-8" in ann.news()[0]
    assert [each.rule for each in ann.alerts] == ["crisis-words"]
    assert len(lee.news()) == 1
    assert ann.state.held == "safety/crisis"


async def test_whoever_is_held_is_asked_again(practice: Practice) -> None:
    """The tap on the old question cannot be read any more; the question comes again."""
    ann = await practice.patient(1, "in-core-cbt")
    await ann.says("I want to die")
    upgrade(practice)
    ann.news()

    await ann.chooses("no")

    assert ann.state.held == "safety/crisis"
    assert "Are you thinking about ending your life?" in ann.news()[-1]
    await ann.chooses("no")
    assert ann.state.held is None


async def test_nudges_and_watches_go_on(practice: Practice) -> None:
    """The clock does not fail on what it cannot read, and the patient hears of it later."""
    sam = await practice.clinician(8, "Sam", "operator")
    ann = await practice.patient(1, "in-core-cbt")
    upgrade(practice)
    await practice.work()
    sam.news(), ann.news()

    await practice.live(timedelta(days=3))

    assert sam.news() == []
    assert any(each.state == "sent" for each in ann.nudges)
    ann.news()
    await ann.says("hello")
    assert CLOSED in ann.news()[0]
