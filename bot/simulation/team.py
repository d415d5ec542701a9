"""The simulated team: two clinicians and a lead who see to alerts, write, call and take notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from bot.service import alerts as alerting
from bot.service import call_offers, care, joining, offers
from bot.service import calls as calling
from bot.service.site import Site
from bot.service.team import care_team
from bot.simulation.letters import NOTES, TO_PATIENT
from bot.store import alerts, calls, caseload, guidance, notes, people, rota
from bot.store.alerts import Alert
from bot.store.people import Clinician, Patient
from bot.store.unit import Unit
from flows.escalation import UNTAKEN


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the team: their number at the messenger, their name, their role."""

    number: int
    name: str
    role: str


TEAM = (
    Member(2001, "Robin", "lead"),
    Member(2002, "Dr Okafor", "clinician"),
    Member(2003, "Ines Marlow", "clinician"),
)
"""The lead has the phone that the sandbox's page shows."""

MINUTES = {"red": (2, 20), "amber": (15, 180), "yellow": (60, 2000), "grey": (200, 3000)}
"""After how many minutes an alert of each tier is taken; by day, except for red ones."""

UNDER_WAY = {
    "red": timedelta(hours=1), "amber": timedelta(hours=30),
    "yellow": timedelta(days=4), "grey": timedelta(days=4),
}  # fmt: skip
"""What was raised later than this before the end may still be under way."""

STAGES = ("told", "seen", "taken", "acted", "closed")
OUTCOMES = {"red": "spoke", "amber": "spoke", "yellow": "other", "grey": "no-contact"}
MODES = ("written", "written", "live", "mixed", "written", "none")
CALL_DAYS = 3
GREETS = timedelta(hours=6)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 100_000
DAY = range(8, 18)


class CareTeam:
    """Sees to whatever came up since the last look, at a person's pace."""

    def __init__(self, site: Site, until: datetime, seed: int) -> None:
        self._site, self._until, self._seed = site, until, seed
        self._zone = ZoneInfo(site.settings.time_zone)
        self._known: set[int] = set()
        self._called: set[int] = set()
        self._greeted = LONG_AGO
        self._week = -1

    def join(self, unit: Unit, bring: Callable[[Unit, int, str], None], at: datetime) -> None:
        """Everybody joins by a code, and the rota is made: clinicians first, the lead behind."""
        for member in TEAM:
            code = joining.invite(unit, "clinician", member.name, member.role, at=at)
            bring(unit, member.number, f"/start {code}")
        by_name = {each.name: each.id for each in care_team(unit)}
        lead, *clinicians = [by_name[member.name] for member in TEAM]
        for day in range(7):
            first = clinicians[day % len(clinicians)]
            for place, someone in enumerate((first, lead)):
                rota.add_shift(
                    unit, day=day, start="08:00", until="18:00", clinician_id=someone, place=place
                )

    def look_in(self, unit: Unit, at: datetime) -> None:
        """Whatever is due by that moment is seen to."""
        if at >= self._greeted + GREETS:
            self._greeted = at
            self._meet_newcomers(unit, at)
        for alert in alerts.open_(unit):
            self._see_to(unit, alert, at)
        if not self._is_day(at):
            return
        self._settle_calls(unit, at)
        week = (self._until - at) // timedelta(weeks=1)
        if week != self._week:
            self._week = week
            self._round(unit, at)

    def _meet_newcomers(self, unit: Unit, at: datetime) -> None:
        """Whoever is new gets a clinician and a way of contact; who begins to learn, a call."""
        _, *clinicians = self._members(unit)
        everyone = {glance.id: glance.phase for glance in people.patients(unit, MOST)}
        for number in sorted(everyone.keys() - self._known):
            self._known.add(number)
            caseload.assign(unit, number, clinicians[number % len(clinicians)].id, at)
            caseload.set_mode(unit, number, MODES[number % len(MODES)])
        learning = {number for number, phase in everyone.items() if phase == "learning"}
        for number, patient in people.load(unit, sorted(learning - self._called)).items():
            self._called.add(number)
            if caseload.mode_of(unit, number) in {"live", "mixed"}:
                who = clinicians[number % len(clinicians)]
                self._offer_call(unit, who, patient, "start", at)

    def _see_to(self, unit: Unit, alert: Alert, at: datetime) -> None:
        """The next thing that a person does about an alert, once its time has come."""
        chance = Random(f"{self._seed}/{alert.id}")
        low, high = MINUTES[alert.tier]
        waits = timedelta(minutes=chance.uniform(low, high))
        if self._stops(alert) or (alert.tier != "red" and not self._is_day(at)):
            return
        who = self.clinician_of(unit, alert)
        if alert.state in UNTAKEN:
            if at >= alert.raised_at + waits:
                alerting.see(unit, self._site, alert, who, at=at)
                if self._last_stage(alert) != "seen":
                    alerting.take(unit, self._site, _again(unit, alert), who, at=at)
        elif alert.state == "taken" and at >= (alert.taken_at or at) + waits / 2:
            self._act(unit, alert, who, chance, at)
        elif alert.state == "acted" and at >= (alert.taken_at or at) + 2 * waits:
            note = chance.choice(NOTES)
            outcome = self._outcome(alert, chance)
            alerting.close(unit, self._site, alert, who, outcome, note, at=at)

    def _stops(self, alert: Alert) -> bool:
        """Whether it stays as it is: some of the last ones are still under way at the end."""
        if self._is_old(alert):
            return False
        last = self._last_stage(alert)
        return last != "closed" and (alert.state == last or (last == "told" and _is_new(alert)))

    def _is_old(self, alert: Alert) -> bool:
        return alert.raised_at < self._until - UNDER_WAY[alert.tier]

    def _last_stage(self, alert: Alert) -> str:
        if self._is_old(alert):
            return "closed"
        return STAGES[alert.id % len(STAGES)]

    def _act(self, unit: Unit, alert: Alert, who: Clinician, chance: Random, at: datetime) -> None:
        patient = people.load(unit, [alert.patient_id])[alert.patient_id]
        if alert.tier in {"red", "amber"} or chance.random() < 0.3:
            text = chance.choice(TO_PATIENT)
            name = f"simulated:{alert.id}:{at.isoformat()}"
            care.send(unit, self._site, who, patient, text, at=at, name=name, alert=alert)
        else:
            alerting.act(unit, self._site, alert, who, at=at)
        guidance.spent(unit, patient.id, who.id, "alert", chance.choice((3, 4, 6, 8, 12)), at)
        if chance.random() < 0.4:
            text = chance.choice(NOTES)
            notes.add(unit, patient_id=patient.id, clinician_id=who.id, text=text, at=at)

    def _outcome(self, alert: Alert, chance: Random) -> str:
        return "false-alarm" if chance.random() < 0.1 else OUTCOMES[alert.tier]

    def _round(self, unit: Unit, at: datetime) -> None:
        """Once a week: a few written words to some, and the minutes that it took for all."""
        chance = Random(f"{self._seed}/round/{self._week}")
        for member in self._members(unit)[1:]:
            mine = caseload.of_clinician(unit, member.id)
            for patient in people.load(unit, mine).values():
                if patient.phase not in {"learning", "finishing"}:
                    continue
                minutes = round(chance.uniform(1, 6), 1)
                guidance.spent(unit, patient.id, member.id, "round", minutes, at)
                if chance.random() < 0.5 and caseload.mode_of(unit, patient.id) != "none":
                    self._write(unit, member, patient, chance, at)
                if chance.random() < 0.08:
                    self._propose(unit, member, patient, chance, at)

    def _write(
        self, unit: Unit, who: Clinician, patient: Patient, chance: Random, at: datetime
    ) -> None:
        text, name = chance.choice(TO_PATIENT), f"round:{patient.id}:{at.isoformat()}"
        care.send(unit, self._site, who, patient, text, at=at, name=name)

    def _propose(
        self, unit: Unit, who: Clinician, patient: Patient, chance: Random, at: datetime
    ) -> None:
        addon = chance.choice(sorted(self._site.release.program.addons))
        name = f"proposed:{patient.id}:{at.isoformat()}"
        offers.propose(unit, self._site, who, patient, "addon", addon, at=at, name=name)

    def _offer_call(
        self, unit: Unit, who: Clinician, patient: Patient, purpose: str, at: datetime
    ) -> None:
        local = at.astimezone(self._zone).replace(minute=0, second=0, microsecond=0)
        slots = [
            (local.replace(hour=hour) + timedelta(days=CALL_DAYS + place)).astimezone(UTC)
            for place, hour in enumerate((10, 15))
        ]
        name = f"offered:{patient.id}:{purpose}"
        call_offers.offer(unit, self._site, who, patient, slots, 20, purpose, at=at, name=name)

    def _settle_calls(self, unit: Unit, at: datetime) -> None:
        team = {each.id: each for each in care_team(unit)}
        for call in calls.between(unit, at - timedelta(days=3), at - timedelta(hours=1)):
            if call.state in {"booked", "over"} and call.clinician_id in team:
                outcome = "no-show" if call.id % 7 == 0 else "done"
                calling.settle(unit, call, outcome, team[call.clinician_id], at=at)

    def clinician_of(self, unit: Unit, alert: Alert) -> Clinician:
        """Whoever has the alert, else whose patient it is."""
        team = {each.id: each for each in care_team(unit)}
        mine = [team[each] for each in caseload.of_patient(unit, alert.patient_id) if each in team]
        return team.get(alert.taken_by or 0) or (mine or list(team.values()))[0]

    def _members(self, unit: Unit) -> list[Clinician]:
        by_name: Mapping[str, Clinician] = {each.name: each for each in care_team(unit)}
        return [by_name[member.name] for member in TEAM]

    def _is_day(self, at: datetime) -> bool:
        local = at.astimezone(self._zone)
        return local.hour in DAY and local.weekday() < 5


def _is_new(alert: Alert) -> bool:
    return alert.state in {"raised", "told"}


def _again(unit: Unit, alert: Alert) -> Alert:
    return alerts.get(unit, alert.id) or alert
