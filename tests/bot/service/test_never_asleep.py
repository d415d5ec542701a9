"""Whatever happens, in whatever order: an alert is acted on, or on its way to somebody."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from bot.keys import Vault, new_key
from bot.service import alerts as alerting
from bot.service import chain, digest, parcels
from bot.service.handle import beginning
from bot.service.post import Doubtful, Gone, Later, Refused, Sent, Verdict
from bot.service.reasons import reason_of
from bot.service.team import readers
from bot.store import alerts, people, rota, tries
from bot.store.alerts import Alert
from bot.store.people import Clinician
from bot.store.store import Store
from bot.store.unit import Unit
from flows.effects import Raise
from flows.escalation import UNTAKEN
from tests.bot.service.practice import Practice
from tests.bot.service.team import reopen
from tests.flows.starts import real_release
from tests.thorough import examples

RULES = ("crisis-words", "person", "tech-help")
TEAM = (("ann", "clinician"), ("bob", "clinician"), ("mo", "lead"))
MOVES = ("see", "take", "relieve", "act", "close")
VERDICTS: tuple[Verdict, ...] = (
    Sent(1), Sent(2), Gone("blocked"), Refused("odd"), Later(1), Doubtful(),
)  # fmt: skip
MINUTE = timedelta(minutes=1)


class Clinic(RuleBasedStateMachine):
    """Three who care, two patients, a rota or none, and everything that can go wrong."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="paceful-chain-"))
        file = shutil.copy(self.template, self.folder / "paceful.sqlite3")
        self.url, vault = f"sqlite:///{file}", Vault([new_key()])
        self.practice = Practice(Store.open(self.url, vault), vault, real_release())
        self.tiers: dict[int, str] = {}

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.practice.store.close()
        shutil.rmtree(self.folder)

    @initialize(places=some.lists(some.sampled_from([0, 1, None]), min_size=3, max_size=3))
    def opens(self, places: list[int | None]) -> None:
        """The team joins, and some of them are on call in some place."""
        for (name, role), place in zip(TEAM, places, strict=True):
            self.write(self._joins, name, role, place)
        for name in ("pat", "pia"):
            self.write(self._enrols, name)

    @rule(who=some.integers(0, 1), name=some.sampled_from(RULES))
    def fires(self, who: int, name: str) -> None:
        """A rule fires for one of the patients."""
        self.write(self._fires, who, name)
        for alert in self.all():
            self.tiers.setdefault(alert.id, alert.tier)

    @rule(who=some.integers(0, 1), which=some.integers(0, 5), what=some.sampled_from(MOVES))
    def taps(self, who: int, which: int, what: str) -> None:
        """One of two clinicians does something with an alert, allowed or not."""
        found = self.all()
        if found:
            self.write(self._moves, found[which % len(found)], who, what)

    @rule(minutes=some.sampled_from([-40_000, -1_000, -20, 1, 15, 31, 241, 1_441, 10_081, 40_000]))
    def jumps(self, minutes: int) -> None:
        """The clock goes on, or somebody sets it."""
        self.practice.clock.moment += minutes * MINUTE

    @rule(verdicts=some.lists(some.sampled_from(VERDICTS), min_size=1, max_size=6))
    def sends(self, verdicts: list[Verdict]) -> None:
        """What waits is sent, and some of it fails in one way or another."""
        for turn, verdict in enumerate(verdicts * 3):
            claimed = self.write(lambda unit, site: parcels.claim(unit, site, 1))
            for parcel in claimed:
                self.practice.clock.moment += timedelta(seconds=turn)
                self.write(lambda u, s, p=parcel, v=verdict: parcels.settle(u, s, [(p, v)]))

    @rule()
    def restarts(self) -> None:
        """The process dies and comes back on what was kept."""
        reopen(self.practice, self.url)

    @rule()
    def ticks(self) -> None:
        """Every alert that is due is told: to somebody new, to everybody, or to who has it."""
        self.practice.clock.moment += timedelta(seconds=1)
        now = self.practice.clock.now()
        due = [a for a in self.open() if a.deadline_at is not None and a.deadline_at <= now]
        heard = {alert.id: self.heard(alert) for alert in due}
        for numbers in self.practice.store.read_now(chain.due, self.practice.site):
            self.write(chain.go_on, numbers)
        for number in self.practice.store.read_now(digest.due, self.practice.site):
            self.write(digest.send, number)
        for alert in due:
            self.is_on_its_way(alert, heard[alert.id])
        for alert in self.open():
            self.sleeps_no_longer_than_allowed(alert)

    @invariant()
    def nothing_sleeps_sinks_or_closes_by_itself(self) -> None:
        """An open alert is due at some moment, has its tier, and a person closed the others."""
        for alert in self.all():
            assert alert.tier == self.tiers[alert.id]
            if alert.state == "closed":
                last = self.practice.store.read_now(alerts.moves, alert.id)[-1]
                assert (last.move, last.clinician_id is not None) == ("close", True)
            else:
                assert alert.deadline_at is not None

    def is_on_its_way(self, before: Alert, heard: set[int | None]) -> None:
        """Somebody was told just now who had not heard, or everybody, or whoever acted."""
        now = self.practice.clock.now()
        alert = self.practice.store.read_now(alerts.get, before.id)
        assert alert is not None
        assert alert.deadline_at is not None
        assert alert.deadline_at > now
        made = self.practice.store.read_now(tries.of_alert, alert.id)
        told = {each.clinician_id for each in made if each.at == now and each.hop >= 0}
        everybody = {each.id for each in self.practice.store.read_now(self._readers, alert)}
        has_acted = alert.state == "acted" and told == {alert.taken_by}
        assert told - heard or told >= everybody or has_acted, (told, heard, everybody)

    def sleeps_no_longer_than_allowed(self, alert: Alert) -> None:
        """After a tick no clock is further off than its tier has it, whatever the time was."""
        tier = self.practice.site.release.escalation.tiers[alert.tier]
        act = max(tier.act_minutes, tier.remind_minutes)
        most = {"taken": act, "acted": max(tier.close_minutes, tier.remind_minutes)}
        limit = tier.remind_minutes if alert.state in UNTAKEN else most[alert.state]
        assert alert.deadline_at is not None
        assert alert.deadline_at <= self.practice.clock.now() + limit * MINUTE

    def heard(self, alert: Alert) -> set[int | None]:
        """Who has heard of it since it was raised, as far as anybody knows."""
        begun = self.practice.store.read_now(alerts.begun_at, alert.id)
        made = self.practice.store.read_now(tries.of_alert, alert.id)
        return {t.clinician_id for t in made if t.at >= begun and t.state != tries.FAILED}

    def open(self) -> list[Alert]:
        """The open alerts."""
        return self.practice.store.read_now(alerts.open_)

    def all(self) -> list[Alert]:
        """Every alert."""
        patients = self.practice.rows("SELECT id FROM patients ORDER BY id")
        found = [self.practice.store.read_now(alerts.of_patient, row[0]) for row in patients]
        return [alert for each in found for alert in each]

    def write(self, work: Callable[..., Any], *given: object) -> Any:
        """One transaction."""
        return self.practice.store.write_now(work, self.practice.site, *given)

    def _joins(self, unit: Unit, site: object, name: str, role: str, place: int | None) -> None:
        now = self.practice.clock.now()
        someone = people.join_clinician(unit, lookup=name, chat=name, name=name, role=role, at=now)
        for day in range(7) if place is not None else ():
            rota.add_shift(
                unit, day=day, start="00:00", until="24:00",
                clinician_id=someone.id, place=place or 0,
            )  # fmt: skip

    def _enrols(self, unit: Unit, site: object, name: str) -> None:
        state = beginning(self.practice.site, invited=True).model_dump_json()
        people.enrol(
            unit, lookup=name, chat=name, release=self.practice.site.release.hash,
            state_json=state, language="en", at=self.practice.clock.now(),
        )  # fmt: skip

    def _fires(self, unit: Unit, site: object, who: int, name: str) -> None:
        number = self.practice.rows("SELECT id FROM patients ORDER BY id")[who][0]
        patient, at = people.load(unit, [number])[number], self.practice.clock.now()
        here = self.practice.site
        alerting.raise_alert(unit, here, here.release, patient, Raise(rule=name), at=at)

    def _moves(self, unit: Unit, site: object, alert: Alert, who: int, what: str) -> None:
        here, me = self.practice.site, people.clinicians(unit)[who]
        at = self.practice.clock.now()
        match what:
            case "see":
                alerting.see(unit, here, alert, me, at=at)
            case "take":
                alerting.take(unit, here, alert, me, at=at)
            case "relieve":
                alerting.relieve(unit, here, alert, me, at=at)
            case "act":
                alerting.act(unit, here, alert, me, at=at)
            case _:
                alerting.close(unit, here, alert, me, "spoke", None, at=at)

    def _readers(self, unit: Unit, alert: Alert) -> list[Clinician]:
        return readers(unit, reason_of(alert).reaches)


@pytest.mark.slow
def test_an_alert_is_acted_on_or_still_on_its_way(migrated_file: Path) -> None:
    """Any order of taps, clocks, news, failing sends and restarts."""
    Clinic.template = migrated_file
    run_state_machine_as_test(
        Clinic,
        settings=settings(
            max_examples=examples(10),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
