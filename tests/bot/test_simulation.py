"""A simulated clinic: the same each time, lived through the real service, whole in its database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import Clock
from bot.content.places import places
from bot.keys import Vault, new_key
from bot.service.releases import Releases
from bot.service.site import Site
from bot.settings import Settings
from bot.simulation.clinic import read_arrival
from bot.simulation.cohort import cohort
from bot.simulation.people import COURSES, newcomers
from bot.simulation.whole import FIRST_NUMBER, Wish, live, summary
from bot.simulation.words import WORDS
from bot.store import alerts, caseload, people, records, thread
from bot.store.people import Patient
from bot.store.store import Store
from bot.store.unit import Unit
from flows import backtest
from flows.backtest import Filled
from flows.crisis import screen
from flows.escalation import ALERT
from flows.events import EVENT
from flows.state import State
from flows.turn import begin_state, turn
from tests.flows.starts import real_release

UNTIL = datetime(2026, 11, 18, 16, tzinfo=UTC)
EVERYTHING = datetime(2000, 1, 1, tzinfo=UTC)
BIG = Wish(patients=10, weeks=4, seed=3, until=UNTIL)
SMALL = Wish(patients=2, weeks=1, seed=5, until=UNTIL)


class Lived:
    """A clinic that was simulated, open to be looked at."""

    def __init__(self, file: Path, wish: Wish) -> None:
        self.vault, self.wish = Vault([new_key()]), wish
        self.store = Store.open(f"sqlite:///{file}", self.vault)
        self.release = real_release()
        site = Site(Settings(), Releases(self.release, places), Clock(), read_arrival)
        live(self.store, site, self.vault, wish, lambda _at: None)

    def patients(self, unit: Unit) -> list[Patient]:
        """Everybody, in the order of their numbers."""
        found = []
        for number in range(FIRST_NUMBER, FIRST_NUMBER + self.wish.patients):
            contact = people.contact(unit, self.vault.lookup("telegram", str(number)))
            assert contact is not None
            assert contact.patient_id is not None
            found.append(people.load(unit, [contact.patient_id])[contact.patient_id])
        return found

    def story(self, unit: Unit) -> list[object]:
        """What makes one clinic differ from another: who stands where, with which scores."""
        return [
            (
                patient.phase,
                patient.turn,
                patient.last_seen_at,
                [(s.measure, s.at, s.total) for s in records.scores_of(unit, patient.id)],
                [(a.rule, a.raised_at, a.state) for a in alerts.of_patient(unit, patient.id)],
            )
            for patient in self.patients(unit)
        ]


@pytest.fixture(scope="module")
def clinic(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Ten people within four weeks, one of each course."""
    file = tmp_path_factory.mktemp("clinic") / "paceful.sqlite3"
    lived = Lived(Path(shutil.copy(migrated_file, file)), BIG)
    yield lived
    lived.store.close()


def test_the_same_seed_makes_the_same_clinic(migrated_file: Path, tmp_path: Path) -> None:
    """Every score and alert at its moment; another seed makes another one."""
    stories = []
    for name, wish in (("a", SMALL), ("b", SMALL), ("c", Wish(2, 1, 6, UNTIL))):
        lived = Lived(Path(shutil.copy(migrated_file, tmp_path / name)), wish)
        stories.append(lived.store.read_now(lived.story))
        lived.store.close()
    assert stories[0] == stories[1]
    assert stories[0] != stories[2]


@pytest.mark.slow
def test_everybody_stands_where_their_journal_leads(clinic: Lived) -> None:
    """Played again from the first event, it ends in the stored state: nothing was made up."""

    def replay(unit: Unit) -> int:
        turns = 0
        for patient in clinic.patients(unit):
            state = begin_state(clinic.release, invited=True)
            for entry in people.journal_of(unit, patient.id):
                state = turn(clinic.release, state, EVENT.validate_json(entry.event_json)).state
                turns += 1
            assert state == State.model_validate_json(patient.state_json)
        return turns

    assert clinic.store.read_now(replay) > 1000


@pytest.mark.slow
def test_the_team_has_everything_in_hand_and_something_to_do(clinic: Lived) -> None:
    """Alerts closed and open, minutes, words both ways, a clinician for everybody."""
    found = clinic.store.read_now(summary, EVERYTHING)
    assert found.states.keys() == set(ALERT.states)
    assert found.states["closed"] > 5
    assert found.minutes > 30
    assert {"learning"} <= found.phases.keys()
    assert found.lessons > 10

    def look(unit: Unit) -> None:
        for patient in clinic.patients(unit):
            assert caseload.of_patient(unit, patient.id)
        words = [m for p in clinic.patients(unit) for m in thread.of(unit, p.id)]
        assert {message.clinician_id is None for message in words} == {True, False}

    clinic.store.read_now(look)


@pytest.mark.slow
def test_alerts_have_true_times(clinic: Lived) -> None:
    """Each move comes after the one before it, within the clinic's weeks; red ones are quick."""

    def look(unit: Unit) -> None:
        for patient in clinic.patients(unit):
            for alert in alerts.of_patient(unit, patient.id):
                moves = [move.at for move in alerts.moves(unit, alert.id)]
                moments = [alert.raised_at, *moves, UNTIL + timedelta(minutes=1)]
                assert moments == sorted(moments)
                if alert.tier == "red" and alert.taken_at is not None:
                    assert alert.taken_at - alert.raised_at < timedelta(hours=12)

    clinic.store.read_now(look)


@pytest.mark.slow
def test_replayed_scores_of_the_clinic_raise_the_alerts_that_it_had(clinic: Lived) -> None:
    """The backtest over the stored scores names each patient and rule that the engine raised."""
    looking = [rule for rule in clinic.release.escalation.rules if rule.measure and not rule.within]

    def look(unit: Unit) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        scores, raised = [], set()
        for patient in clinic.patients(unit):
            state = State.model_validate_json(patient.state_json)
            scores += [Filled(patient.pseudonym, score) for score in state.scores]
            raised |= {(patient.pseudonym, a.rule) for a in alerts.of_patient(unit, patient.id)}
        release = clinic.release
        found = backtest.replay(release.escalation, release.measures, scores)
        return {(each.patient, each.rule) for each in found}, raised

    replayed, raised = clinic.store.read_now(look)
    names = {rule.rule for rule in looking}
    assert {pair for pair in replayed if pair[1] in names} == {p for p in raised if p[1] in names}
    assert replayed


def test_plain_words_are_plain_and_words_of_crisis_are_not() -> None:
    """Nobody's walk after lunch may raise a red alert, and nobody's despair may fail to."""
    phrases = real_release().crisis
    for kind, texts in WORDS.items():
        found = {screen(phrases, text) for text in texts}
        assert found == ({"hard"} if kind == "crisis" else {None}), kind


def test_there_is_somebody_of_every_course_in_different_weeks() -> None:
    """Ten people are a clinic in small, spread over all its weeks."""
    made = newcomers(40, 12, 1, UNTIL, FIRST_NUMBER)
    assert {person.course.name for person in made} == {course.name for course in COURSES}
    weeks = sorted(int(person.weeks(UNTIL)) for person in made)
    assert weeks[0] == 0
    assert weeks[-1] >= 11
    assert len(set(weeks)) >= 10


def test_a_cohort_gets_worse_where_it_is_meant_to() -> None:
    """The scores of those who worsen end above their first, and of those who gain below."""
    filled, worse = cohort(real_release(), 40, 12, 1)
    by_person: dict[str, list[float]] = {}
    for each in filled:
        if each.score.measure == "peg" and each.score.total is not None:
            by_person.setdefault(each.patient, []).append(each.score.total)
    rises = {name: totals[-1] - totals[0] for name, totals in by_person.items()}
    assert min(rises[name] for name, is_so in worse.items() if is_so) > -1
    assert sum(rises[name] < -1 for name, is_so in worse.items() if not is_so) > 10
