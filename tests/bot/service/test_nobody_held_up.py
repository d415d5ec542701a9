"""One person whose records are damaged, or whose rows nobody can read, holds up nobody else."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text as sql
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from bot.service.post import Gone, Later
from bot.store.errors import is_passing
from bot.store.tables import patients
from tests.bot.service.conftest import OpenPractice
from tests.bot.service.practice import Person, Practice

PLACE = "at-consent"
HELP = "please contact one of these now:"
UNREADABLE = "could not read block 5"
MINUTE = timedelta(minutes=1)


def damage_state(practice: Practice, patient: Person) -> None:
    """Nobody can open any more where this patient is."""
    whose = patients.c.id == patient.patient_id
    practice.run(update(patients).where(whose).values(state=b"damaged" * 9))


def damage_disk(practice: Practice, change: str, which: str) -> None:
    """Such changes of such rows fail, as where a block of the disk cannot be read."""
    raises = f"RAISE EXCEPTION '{UNREADABLE}' USING ERRCODE = '58030'"
    body = f"LANGUAGE plpgsql AS $$ BEGIN {raises}; END $$"
    practice.run(sql(f"CREATE FUNCTION bad_block() RETURNS trigger {body}"))
    fires = f"FOR EACH ROW WHEN ({which}) EXECUTE FUNCTION bad_block()"
    practice.run(sql(f"CREATE TRIGGER bad_block BEFORE {change} {fires}"))


async def test_the_results_of_others_are_kept_where_one_persons_state_is_damaged(
    practice: Practice,
) -> None:
    """What follows from a blocked chat cannot be done for them; nobody reads anything twice."""
    ann, bob = await practice.patient(1, PLACE), await practice.patient(2, PLACE)
    practice.messenger.fault = lambda call: Later(1, counts=False)
    await practice.intake.keep([ann.wrote("hello")])
    await practice.workers._handle()
    damage_state(practice, ann)
    practice.messenger.fault = lambda call: Gone("blocked") if call.chat == "1" else None

    await practice.intake.keep([bob.wrote("/now")])
    await practice.wait(3 * MINUTE, times=2)

    told = bob.news()
    assert HELP in told[0]
    assert max(Counter(told).values()) == 1
    assert practice.rows("SELECT count(*) FROM outbox WHERE state = 'sending'") == [(0,)]
    states = practice.rows("SELECT DISTINCT state, error FROM outbox WHERE state != 'sent'")
    assert ("gone", "blocked") in states


@pytest.mark.postgres
async def test_the_results_of_others_are_kept_where_a_trouble_of_the_disk_meets_one(
    open_practice: OpenPractice, postgres_url: str
) -> None:
    """Theirs alone is tried again, for as long as it takes."""
    practice = open_practice(postgres_url)
    ann, bob = await practice.patient(1, PLACE), await practice.patient(2, PLACE)
    damage_disk(practice, "INSERT ON inbox", "NEW.source = 'clinic'")
    practice.messenger.fault = lambda call: Gone("blocked") if call.chat == "1" else None
    await practice.intake.keep([ann.wrote("hello"), bob.wrote("/now")])
    await practice.wait(3 * MINUTE, times=2)

    told = bob.news()
    assert HELP in told[0]
    assert max(Counter(told).values()) == 1
    left = "SELECT state FROM outbox WHERE state != 'sent' ORDER BY id"
    assert practice.rows(left)[0] == ("sending",)
    assert practice.rows("SELECT count(*) FROM outbox WHERE state = 'sending'") == [(1,)]

    practice.run(sql("DROP FUNCTION bad_block CASCADE"))
    await practice.tick()

    assert practice.rows(left)[0] == ("gone",)
    assert practice.rows("SELECT DISTINCT source FROM inbox WHERE source = 'clinic'")


@pytest.mark.postgres
async def test_the_words_of_others_are_handled_where_one_persons_rows_cannot_be_read(
    open_practice: OpenPractice, postgres_url: str
) -> None:
    """A trouble that should pass and does not counts against nobody, and only they wait."""
    practice = open_practice(postgres_url)
    ann, bob = await practice.patient(1, PLACE), await practice.patient(2, PLACE)
    damage_disk(practice, "UPDATE ON patients", f"OLD.id = {ann.patient_id}")
    await practice.intake.keep([ann.wrote("hello"), bob.wrote("I want to die")])

    assert await practice.workers._handle() == 1
    with pytest.raises(DBAPIError, match=UNREADABLE) as raised:
        await practice.workers._handle()

    assert is_passing(raised.value), "so that the loop pauses and does not spin"
    assert [each.rule for each in bob.alerts] == ["crisis-words"]
    newest = "SELECT attempts, outcome FROM inbox ORDER BY id DESC LIMIT 2"
    assert practice.rows(newest) == [(0, "done"), (0, None)]
