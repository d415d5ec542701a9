"""A week of the care team's: the round of ten patients, the daily digest, a storm of alerts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.sandbox.supervise import free_port
from bot.store import alerts, guidance
from bot.store.unit import Unit
from tests.bot.mail.server import Postmaster, serving
from tests.journeys.conftest import NewWorld
from tests.journeys.people import Bubble, Person
from tests.journeys.processes import until
from tests.journeys.scripts import PLACE, WELCOME, onboarding
from tests.journeys.team import RED, SAM, mailing, name_of
from tests.journeys.world import World

PATIENTS = 10
LOOK = timedelta(minutes=2, seconds=40)
"""How long the clinician looks at each card; it counts as three minutes."""

STORM, SINGLE = 25, 20
NINE = datetime(2027, 1, 14, 9, 0, tzinfo=UTC)
EVERYONE_HAD = "Everyone has had their turn. Patients: 10. Minutes: 30"
ASKED = "The patient asked for a person"


def test_ten_patients_have_their_turn_in_thirty_minutes(new_world: NewWorld) -> None:
    """Three taps each at the most: a suggestion, Send, Next; every minute is kept."""
    world = new_world()
    lee = world.clinician("Dr Lee")
    patients = [world.patient() for _ in range(PATIENTS)]
    for patient in patients:
        patient.rushes(*onboarding())
    for patient in patients:
        patient.sees()
    lee.sees()
    begun, acts, wrote = world.now, lee.acts, 0

    lee.says("/round")
    for number in range(PATIENTS):
        card = lee.sees().with_words(f"{number + 1} of {PATIENTS}")
        assert "Plan" in card.text
        world.lets_pass(LOOK)
        if card.labels[0] != "Own words":
            lee.taps(card.labels[0])
            lee.sees()
            lee.taps("Send")
            assert "On its way" in lee.sees()
            wrote += 1
        lee.taps("Next")

    assert EVERYONE_HAD in lee.sees()
    assert lee.acts - acts <= 1 + 3 * PATIENTS
    (total,) = world.read(lambda unit: guidance.totals(unit, begun))
    assert total.minutes == 3 * PATIENTS
    letters = [person.sees().texts for person in patients]
    heard = [text for texts in letters for text in texts if "Dr Lee from your care team" in text]
    assert wrote == len(heard) == PATIENTS


def test_what_can_wait_comes_once_a_day_at_nine(new_world: NewWorld) -> None:
    """Yellow and grey make no phone ring; whom they concern hears at nine, or at their own hour."""
    world = new_world()
    lee, ortiz = world.clinician("Dr Lee"), world.clinician("Dr Ortiz")
    lead = world.clinician("Prof Adeyemi", "lead")
    ortiz.says("/digest 10")
    ortiz.sees()
    is_young, leaves = world.patient(), world.patient()
    for patient in (is_young, leaves):
        patient.answers(*WELCOME, *PLACE)
    is_young.answers("No, under 18")
    leaves.answers("/stop")
    leaves.goes_along("left")

    assert {tier for tier, _ in open_(world)} == {"yellow", "grey"}
    assert not [person.sees().texts for person in (lee, ortiz, lead) if len(person.sees())]
    world.skips(until=NINE - timedelta(minutes=1))
    assert not [person for person in (lee, ortiz, lead) if len(person.sees())]
    world.skips(minutes=2)
    (at_nine,) = lee.sees()
    assert not ortiz.sees()
    world.skips(hours=1)
    (at_ten,) = ortiz.sees()
    for digest in (at_nine, at_ten):
        assert "Your digest: 2 to look at" in digest.text
        assert name_of(world, is_young) in digest.text
        assert name_of(world, leaves) in digest.text
    # both concern those who guide
    assert not lead.sees()

    ortiz.taps(at_ten.labels[0])
    ortiz.sees()
    ortiz.taps("I have it")
    assert "is yours" in ortiz.sees()
    lee.sees()
    world.skips(until=NINE + timedelta(days=1, minutes=1))
    assert "Your digest: 1 to look at" in lee.sees()


def test_a_storm_is_told_collected_and_a_red_alert_within_it_at_once(new_world: NewWorld) -> None:
    """Twenty bubbles, then one for the rest; operators are paged once; red waits for nothing."""
    postmaster, port = Postmaster(), free_port()
    with serving(postmaster, port=port):
        world = new_world(**mailing(port))
        team = world.clinician("Dr Lee"), world.clinician("Dr Ortiz")
        sam = world.clinician("Sam", "operator")
        rushed = [asks_for_a_person(world) for _ in range(STORM - 2)]
        for clinician in team:
            assert len(about(clinician.sees().bubbles, ASKED)) == SINGLE
        in_danger = world.patient()
        in_danger.answers(*WELCOME, "I want to die")
        for clinician in team:
            (red,) = clinician.sees()
            assert RED in red.text
            assert name_of(world, in_danger) in red.text
        rushed += [asks_for_a_person(world) for _ in range(2)]
        assert not [clinician for clinician in team if len(clinician.sees())]

        world.skips(minutes=15)
        for clinician in team:
            heard = about(clinician.sees().bubbles, ASKED)
            assert [text.split(".")[0] for text in heard] == ["5 alerts of one rule wait"]
        assert len([tier for tier, rule in open_(world) if rule == "person"]) == len(rushed)
        assert len(about(sam.sees().bubbles, "A storm of alerts")) == 1
        until(lambda: bool(postmaster.to(SAM)), "the operator is mailed")

        # when all their clocks run out they are told together too
        world.skips(hours=4)
        for clinician in team:
            assert len(about(clinician.sees().bubbles, ASKED)) <= 2
        assert len(postmaster.to(SAM)) == 1


def asks_for_a_person(world: World) -> Person:
    """A patient who has just asked for one."""
    patient = world.patient()
    patient.rushes(*WELCOME, "/person", "Ask them to write")
    patient.sees()
    return patient


def about(bubbles: tuple[Bubble, ...], words: str) -> list[str]:
    """The texts with these words."""
    return [bubble.text for bubble in bubbles if words in bubble.text]


def open_(world: World) -> list[tuple[str, str]]:
    """Tier and rule of every open alert."""

    def found(unit: Unit) -> list[tuple[str, str]]:
        return [(each.tier, each.rule) for each in alerts.open_(unit)]

    return world.read(found)
