"""Three short stories in which a process may be struck anywhere, each told by its people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from bot.service import joining
from tests.journeys.kept import opened
from tests.journeys.people import Person
from tests.journeys.world import World

WELCOME = ("/start", "I agree")
GOAL = "walking to the market and back again"
TOWN = "Europe/London"
TO_THE_PLAN = (TOWN, GOAL, "Several days", "Not at all")
NEED = "today I just want to end my life"
ANSWER = "Thank you for telling us. May I call you at ten?"
HOURS = timedelta(hours=4)
LATE = timedelta(hours=3)
"""A reminder that comes so much after its moment would only confuse."""
CHAIN = timedelta(minutes=16)
"""After so long a red alert that nobody took is told again."""


@dataclass
class Cast:
    """Who is in the story."""

    patients: list[Person] = field(default_factory=list)
    clinicians: list[Person] = field(default_factory=list)


@dataclass(frozen=True)
class Script:
    """A story: how it is prepared, what happens, and whether it is struck from the first start."""

    prepare: Callable[[World], Cast]
    tell: Callable[[World, Cast], None]
    from_start: bool = False
    once: tuple[str, ...] = ()
    """What is said at most once, and may get lost if the process is struck while saying it."""
    unaided: tuple[str, ...] = ()
    """What is said besides, once, if the database refuses to keep words of need."""


def gives(person: Person, *replies: str) -> None:
    """They answer by a tap where it can be tapped; a question that got lost, in words."""
    person.answers(*replies)


def joins(world: World, *names: str) -> list[Person]:
    """New members of the care team, who have joined by codes; nobody waits for the answer yet."""
    settings, now = world.bot.settings, world.now
    with opened(settings["DATABASE_URL"], settings["SECRET_KEYS"]) as store:
        codes = [
            store.write_now(joining.invite, "clinician", name, "clinician", at=now)
            for name in names
        ]
    members = [world.patient(f"{name} at work") for name in names]
    for member, code in zip(members, codes, strict=True):
        member.says(f"/start {code}")
    return members


def _newcomer(world: World) -> Cast:
    return Cast([world.patient()])


def _first_day(world: World, cast: Cast) -> None:
    [patient] = cast.patients
    gives(patient, *WELCOME, *TO_THE_PLAN)
    patient.sees()


def _patient_and_team(world: World) -> Cast:
    clinicians, patient = joins(world, "Dr Lee", "Dr Ortiz"), world.patient()
    patient.rushes(*WELCOME)
    patient.sees()
    return Cast([patient], clinicians)


def _alert(world: World, cast: Cast) -> None:
    [patient], [lee, ortiz] = cast.patients, cast.clinicians
    patient.says(NEED)
    patient.sees()
    world.lets_pass(CHAIN)
    told = lee.sees().with_words("crisis-words")
    ortiz.sees()
    lee.taps("Take")
    world.until_quiet()
    ortiz.taps_on(told, "Take")
    world.until_quiet()
    lee.says(ANSWER, reply_to=told)
    lee.sees()
    lee.taps("Draft send")
    lee.sees()
    gives(patient, "I am safe")
    lee.taps("Close")
    lee.sees()
    lee.taps("We spoke")
    patient.sees()


def _half_way(world: World) -> Cast:
    # no two words of the story are a day apart, or it would seem that nobody had listened
    world.lets_pass(2 * HOURS)
    patient = world.patient()
    # who leaves a question open is reminded of it
    patient.rushes(*WELCOME, *TO_THE_PLAN[:-1])
    patient.sees()
    return Cast([patient])


def _nudge(world: World, cast: Cast) -> None:
    [patient] = cast.patients
    world.lets_pass(_until_due(world))
    patient.sees()
    gives(patient, "I did it")
    world.until_quiet()
    world.lets_pass(HOURS)
    gives(patient, "thank you")
    world.until_quiet()
    # so late that it would only confuse
    world.lets_pass(_until_due(world) + LATE)
    patient.sees()


def _until_due(world: World) -> timedelta:
    state = world.kept(world.people[-1]).state
    assert state.nudge is not None
    return state.nudge.due_at - world.now


SCRIPTS = {
    "first-day": Script(_newcomer, _first_day, from_start=True),
    "alert": Script(_patient_and_team, _alert, unaided=("Lines emergency.", "C unaided.")),
    "nudge": Script(_half_way, _nudge, once=("How did it go with your plan?",)),
}
