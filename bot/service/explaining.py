"""Why there is an alert: what was measured, against what, by which method, what was shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.service.post import Bubble
from bot.service.reasons import Reason, facts_of, reason_of
from bot.service.site import Site
from bot.service.wording import line
from bot.store import alerts, outbox, people, pseudonyms
from bot.store.alerts import Alert
from bot.store.unit import Unit
from flows.effects import Fact
from flows.measure import Measure
from flows.program import Release

MOOD, TRUE_TO_MOOD = "phq-9", (2, 6, 9)
"""The items of the PHQ-9 that people in pain answer as meant.

The others tend to measure their pain (Aagaard 2023, doi 10.1097/ajp.0000000000001142).
"""

YEAR = timedelta(days=365)
MOST_SHOWN = 300
"""How many letters of what the patient was sent are shown."""


@dataclass(frozen=True, slots=True)
class Explained:
    """An alert in words that stand by themselves."""

    number: int
    tier: str
    tier_name: str
    title: str
    rule: str
    source: str
    method: tuple[str, ...]
    pseudonym: str
    facts: tuple[str, ...]
    missing: tuple[str, ...]
    shown: str
    false_alarms: str | None
    fired_count: int
    raised_at: datetime
    deadline_at: datetime | None
    state: str
    taken_by: str | None
    outcome: str | None
    note: str | None

    @property
    def lines(self) -> tuple[str, ...]:
        """Everything that speaks for and against it, line by line."""
        own = (*self.facts, *self.missing, *self.method, self.shown)
        return (*own, self.false_alarms) if self.false_alarms else own


def explain(unit: Unit, site: Site, alert: Alert) -> Explained:
    """What a clinician must know of an alert to judge it."""
    release, reason = site.release, reason_of(alert)
    names = {each.id: each.name for each in people.clinicians(unit)}
    return Explained(
        number=alert.id,
        tier=reason.tier,
        tier_name=alert.tier,
        title=reason.title,
        rule=alert.rule,
        source=reason.source,
        method=tuple(_methods(release, reason)),
        pseudonym=pseudonyms.of(unit, alert.patient_id),
        facts=(*facts_of(release, reason), *_more(release, reason)),
        missing=tuple(_missing(release, reason)),
        shown=_shown(unit, release, alert),
        false_alarms=_false_alarms(unit, site, alert),
        fired_count=alert.fired_count,
        raised_at=alert.raised_at,
        deadline_at=alert.deadline_at,
        state=alert.state,
        taken_by=names.get(alert.taken_by or 0),
        outcome=release.escalation.outcomes.get(alert.outcome) if alert.outcome else None,
        note=alerts.note_of(unit, alert.id),
    )


def _more(release: Release, reason: Reason) -> Iterator[str]:
    """How far each score has moved, and the items that pain does not touch."""
    for fact in reason.facts:
        name = reason.measures.get(fact.measure, fact.measure)
        if fact.now is not None and (fact.baseline is not None or fact.best is not None):
            yield line(
                release,
                "c-why-change",
                measure=name,
                baseline=_change(fact.now, fact.baseline),
                best=_change(fact.now, fact.best),
            )
        if fact.measure == MOOD and fact.now is not None:
            yield line(release, "c-why-mood", score=f"{fact.now:g}")
            yield from _mood(release, fact)


def _mood(release: Release, fact: Fact) -> Iterator[str]:
    for item in TRUE_TO_MOOD:
        value = fact.items.get(str(item))
        said = line(release, "c-not-answered") if value is None else str(value)
        name = _item_name(release.measures.get(fact.measure), item)
        yield line(release, "c-why-mood-item", item=str(item), name=name, value=said)


def _missing(release: Release, reason: Reason) -> Iterator[str]:
    for fact in reason.facts:
        if not fact.items:
            continue
        measure = release.measures.get(fact.measure)
        left_out = [int(item) for item, value in fact.items.items() if value is None]
        name = reason.measures.get(fact.measure, fact.measure)
        if left_out:
            items = ", ".join(f"{item} ({_item_name(measure, item)})" for item in left_out)
            yield line(release, "c-why-missing", measure=name, items=items)
        elif fact.now is not None:
            yield line(release, "c-why-missing-none", measure=name)


def _methods(release: Release, reason: Reason) -> Iterator[str]:
    for name in dict.fromkeys(fact.measure for fact in reason.facts if fact.against):
        measure = release.measures.get(name)
        if measure is not None and measure.change is not None:
            told = {"method": measure.change.method, "source": measure.change.source}
            yield line(release, "c-why-method", measure=measure.title, **told)


def _shown(unit: Unit, release: Release, alert: Alert) -> str:
    """The help that went to the patient with it: our own words, never what a patient wrote."""
    patient = people.load(unit, [alert.patient_id])[alert.patient_id]
    posts = outbox.said_at(unit, patient.contact_id or 0, alert.last_fired_at, "crisis")
    if not posts:
        return line(release, "c-why-shown-none")
    text = Bubble.model_validate_json(posts[0].body).text
    short = text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"
    arrived = posts[0].message_id is not None
    return line(release, "c-why-shown" if arrived else "c-why-shown-waiting", text=short)


def _false_alarms(unit: Unit, site: Site, alert: Alert) -> str | None:
    counted = alerts.false_alarms_by_rule(unit, site.clock.now() - YEAR)
    mine = next((each for each in counted if each.rule == alert.rule), None)
    if mine is None:
        return None
    values = {"closed": str(mine.closed), "count": str(mine.false)}
    return line(site.release, "c-why-false", **values)


def _item_name(measure: Measure | None, item: int) -> str:
    known = measure is not None and 0 < item <= len(measure.items)
    return measure.items[item - 1].short if measure is not None and known else "–"


def _change(now: float, then: float | None) -> str:
    return "–" if then is None else f"{now - then:+.3g}"
