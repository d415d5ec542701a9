"""Why there is an alert: what was measured, against what, how sure that is, what was shown."""

from __future__ import annotations

from datetime import timedelta

from bot.service.explaining import Explained, explain
from bot.service.post import Later
from bot.store import alerts
from flows.effects import Fact, Raise
from tests.bot.service.practice import Person, Practice
from tests.bot.service.team import alert_of, fire_with, told

SEVERE = {"2": 3, "6": 2, "9": 0}
ITEMS: dict[str, int | None] = {
    str(item): SEVERE.get(str(item), 3 if item < 9 else None) for item in range(1, 11)
}


def explained(practice: Practice, number: int = 1) -> Explained:
    """Why there is that alert."""
    return practice.store.read_now(explain, practice.site, alert_of(practice, number))


async def with_fact(practice: Practice, rule: str, fact: Fact) -> Person:
    """A patient about whom this rule has fired with that fact."""
    ann = await practice.patient(1, "at-consent")
    fire_with(practice, ann, Raise(rule=rule, facts=(fact,)))
    await practice.work()
    return ann


async def test_items_that_pain_does_not_raise_stand_beside_the_total(practice: Practice) -> None:
    """Items 2, 6 and 9 by name, with a word on why."""
    fact = Fact(measure="phq-9", now=24, baseline=10, best=8, bound="≥ 20", items=ITEMS)
    await with_fact(practice, "phq9-severe", fact)

    lines = "\n".join(explained(practice).lines)

    assert "now 24, at the start 10, best 8. Rule: ≥ 20. Source: Kroenke 2001" in lines
    assert "+14 since the start, +16 since the best score" in lines
    assert "10.1097/ajp.0000000000001142" in lines
    assert "item 2, Low mood: 3\nitem 6, Feeling bad about oneself: 2" in lines
    assert "item 9, Thoughts of death or self-harm: 0" in lines


async def test_items_that_were_left_out_are_named(practice: Practice) -> None:
    """A total over missing items says so."""
    items = {**ITEMS, "4": None, "10": 1}
    fact = Fact(measure="phq-9", now=20, bound="≥ 20", items=items)
    await with_fact(practice, "phq9-severe", fact)

    assert explained(practice).missing == ("Mood (PHQ-9), not answered: 4 (Tiredness)",)


async def test_a_whole_set_of_answers_says_that_it_is_whole(practice: Practice) -> None:
    """Nobody has to count."""
    whole: dict[str, int | None] = {"1": 8, "2": 8, "3": 8}
    fact = Fact(
        measure="peg", now=8, baseline=4, best=4, change="+3", against=("best",), items=whole
    )
    await with_fact(practice, "peg-worse", fact)

    found = explained(practice)
    assert [line.partition(":")[2] for line in found.missing] == [" every item was answered."]
    assert len(found.method) == 1
    assert "10.1016/j.jpain.2023.07.028" in found.method[0]


async def test_it_says_what_help_the_patient_was_shown(practice: Practice) -> None:
    """In our own words, and whether it has arrived; never in the patient's."""
    await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1, "at-consent")
    practice.messenger.fault = lambda call: Later(1) if call.chat == "1" else None
    await ann.says("I want to die, I packed the blue suitcase")

    assert explained(practice).shown.startswith("On its way to the patient, not arrived yet: “")
    practice.messenger.fault = lambda call: None
    practice.clock.moment += timedelta(minutes=1)
    await practice.work()

    shown = explained(practice).shown
    assert shown.startswith("The patient was sent at once: “")
    assert "911" in shown
    assert "suitcase" not in "\n".join(explained(practice).lines)


async def test_an_alert_that_showed_nothing_says_so(practice: Practice) -> None:
    """A worse score is no reason to alarm the patient; the clinician must know that it did not."""
    await with_fact(practice, "phq9-severe", Fact(measure="phq-9", now=20, items=ITEMS))

    assert explained(practice).shown == "No help was shown to the patient because of this alert."


async def test_false_alarms_of_its_rule_are_counted_beside_it(practice: Practice) -> None:
    """A clinician may know how often the rule was wrong; the alert is told all the same."""
    lee = await practice.clinician(9, "Dr Lee")
    ann = await practice.patient(1)
    await ann.says("I want to die")
    for label in ("I have it", "Close it", "False alarm"):
        await lee.taps(label)
    told(lee)
    await ann.says("I want to die")

    found = explained(practice)
    assert found.false_alarms == (
        "Of 1 alerts of this rule closed in the last year, 1 were false alarms."
    )
    assert (found.state, found.fired_count) == ("told", 2)
    assert told(lee) == [1]


async def test_the_button_shows_it_all_and_counts_as_seeing(practice: Practice) -> None:
    """With what the reader can do next."""
    lee = await practice.clinician(9, "Dr Lee")
    await (await practice.patient(1)).says("I want to die")
    told(lee)

    await lee.taps("Why?")

    (shown,) = lee.news()
    assert "Rule crisis-words. Raised just now, fired 1 times, seen, not taken." in shown
    assert "The patient was sent at once" in shown
    assert [each.move for each in practice.store.read_now(alerts.moves, 1)] == ["tell", "see"]
    await lee.taps("I have it")
    assert alert_of(practice).state == "taken"
