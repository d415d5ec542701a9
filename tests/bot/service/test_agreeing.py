"""The agreement's words change in a release: the service asks anew, and keeps what was said."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.content.reading import read
from bot.store import people, records
from bot.store.unit import Unit
from flows.state import State
from tests.bot.service.practice import Person, Practice, told_just
from tests.bot.service.test_changed_content import changed

EDIT = {"flows/consent.yaml": ("Do you agree? Paceful", "Do you agree? Truly, Paceful")}
ASKED = "Some words of your agreement have changed"


def forget_what_they_agreed_to(practice: Practice, person: Person) -> None:
    """The stored state as a version wrote it that did not keep this."""
    old = person.state.model_copy(update={"agreed": None})
    practice.store.write_now(_save, person.patient_id, old)


def _save(unit: Unit, patient_id: int, state: State) -> None:
    people.save_state(
        unit,
        patient_id,
        state_json=state.model_dump_json(),
        phase=state.phase,
        turn=state.turn,
        release=state.release,
        zone="America/Toronto",
        country="ca",
        last_seen_at=state.last_seen_at,
        reachable=state.reachable,
    )


@pytest.mark.parametrize("before", ["this version", "the version before"])
async def test_the_lesson_waits_until_they_agreed_and_goes_on_on_its_own_content(
    practice: Practice, tmp_path: Path, before: str
) -> None:
    """Both agreements are kept, each with a hash of just what was shown; others are not asked."""
    ann, bob = await practice.patient(1, "in-lesson-cbt"), await practice.patient(2, "at-consent")
    if before == "the version before":
        forget_what_they_agreed_to(practice, ann)
    lesson, old = ann.state.stack[-1], practice.site.release.hash
    practice.start(read(changed(tmp_path, EDIT)))

    await ann.says("hello")
    assert told_just(ann.news(), ASKED)
    await ann.says("go on")
    await ann.chooses("agree")
    ann.news()
    await ann.says("/resume")
    await ann.says("hello again")

    assert ASKED not in " ".join(ann.news())
    assert (ann.state.stack[-1].flow, ann.state.release) == (lesson.flow, old)
    kept = practice.store.read_now(records.of_patient, ann.patient_id).consents
    assert [each.agreed for each in kept] == [True, True]
    assert len({each.text_hash for each in kept}) == 2
    await bob.chooses("agree")
    assert "Do you agree? Truly" in bob.news()[-1], "nobody agrees to older words any more"
    await bob.chooses("agree")
    await bob.says("hello")
    assert ASKED not in " ".join(bob.news())


async def test_whoever_says_no_has_left_and_the_team_hears_of_it(
    practice: Practice, tmp_path: Path
) -> None:
    """As with /stop: no reminder waits any more, and words of need are still heard."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "planned-cbt")
    practice.start(read(changed(tmp_path, EDIT)))
    await ann.says("hello")
    await ann.says("go on")
    lee.news()

    await ann.chooses("decline")

    assert [alert.rule for alert in ann.alerts] == ["left"]
    assert not [each for each in ann.nudges if each.state == "waiting"]
    assert ann.state.phase == "withdrawn"
    await ann.says("I want to die")
    assert any("9-8-8" in text for text in ann.news())
