"""A patient's first day, from /start to the first lesson's plan, through the real process."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import httpx

from tests.journeys.conftest import NewWorld
from tests.journeys.people import Person
from tests.journeys.scripts import (
    EXPECTED,
    GAD_7,
    GOAL,
    HINDRANCE,
    PEG,
    PHQ_9,
    PLACE,
    READY,
    SELF,
    STARTED_AT,
    SUITED,
    THOUGHTS,
    WHO_5,
    onboarding,
)
from tests.journeys.world import World

SECRET = "a-secret-between-telegram-and-us"
LESSON_ENDS = "That is the end of this lesson"

# what a newcomer does, and words that must be in the answer
FIRST_DAY = [
    ("/start", "I am not for emergencies"),
    ("Let's start", "Do you agree?"),
    ("I agree", "Which country are you in"),
    (PLACE[0], "Which town or city"),
    (PLACE[1], "So it is 10:0"),
    (PLACE[2], "Are you 18 or older?"),
    (SUITED[0], "Do you have any of these signs now"),
    (SUITED[1], "three months or more"),
    (SUITED[2], "Has a doctor"),
    (SUITED[3], "four small parts"),
    ("I am ready", "1 of 3"),
    *((answer, f"{number} of 3") for number, answer in enumerate(PEG[:-1], start=2)),
    (PEG[-1], "1 of 10"),
    *((answer, f"{number} of 10") for number, answer in enumerate(PHQ_9, start=2)),
    (HINDRANCE, "The longest part is done"),
    ("Go on", "1 of 7"),
    *((answer, f"{number} of 7") for number, answer in enumerate(GAD_7[:-1], start=2)),
    (GAD_7[-1], "thoughts about pain, and how well you feel"),
    ("Go on", "1 of 6"),
    *((answer, f"{number} of 6") for number, answer in enumerate(THOUGHTS[:-1], start=2)),
    (THOUGHTS[-1], "1 of 5"),
    *((answer, f"{number} of 5") for number, answer in enumerate(WHO_5[:-1], start=2)),
    (WHO_5[-1], "how sure you are of yourself"),
    ("Go on", "How tired were you"),
    (SELF[0], "How well did you sleep"),
    (SELF[1], "1 of 2"),
    (SELF[2], "2 of 2"),
    (SELF[3], "What would you like more of in your life"),
    (GOAL[0], "How much does this goal matter"),
    (GOAL[1], "How sure are you"),
    (GOAL[2], f"I keep this as your goal: {GOAL[0]}"),
    (READY[0], "Is there something that worries you"),
    (READY[1], "How good a time is it"),
    (READY[2], "fear they could harm you"),
    (READY[3], "use this chat on your phone"),
    (READY[4], "use or see your phone"),
    (READY[5], "both help about equally"),
    ("Steady steps (CBT)", "1 of 2"),
    (EXPECTED[0], "2 of 2"),
    (EXPECTED[1], "What time of day suits you"),
    ("09:00", "Then it is 09:00, your time."),
    ("Every day", "How often should a new lesson open?"),
    ("Every week", "Your path: Steady steps (CBT)"),
]


def test_a_first_day_by_polling_leads_from_start_to_a_plan(world: World) -> None:
    """Each answer brings the right question, and everything said is kept, sealed, in its place."""
    patient = world.patient()

    for reply, words in FIRST_DAY:
        assert words in patient.answers(reply), reply
    lesson = patient.answers("Start lesson 1")
    plan = patient.goes_along(until=LESSON_ENDS)

    assert "Welcome to your first lesson" in lesson
    assert "My tiny plan" in plan
    is_kept(world, patient, track="cbt")


def test_a_first_day_by_webhook_leads_to_the_other_path(new_world: NewWorld) -> None:
    """Delivered to us instead of fetched, all typed instead of tapped: it is the same program."""
    world = new_world(
        WEBHOOK_URL="http://127.0.0.1:{port}/telegram", WEBHOOK_SECRET=SECRET, TIME_ZONE="UTC"
    )
    patient = world.patient()

    patient.rushes(*onboarding("act"))
    assert "Your path: Room to live (ACT)" in patient.sees()
    patient.answers("start lesson 1")
    plan = patient.goes_along(until=LESSON_ENDS)

    assert "My tiny plan" in plan
    assert world.calls("setWebhook")[-1]["params"]["secret_token"] == SECRET
    assert not world.calls("getUpdates")
    is_kept(world, patient, track="act")


def test_a_webhook_call_without_the_secret_is_refused(new_world: NewWorld) -> None:
    """Who does not know the secret is answered 401, and nothing of theirs is kept."""
    world = new_world(WEBHOOK_URL="http://127.0.0.1:{port}/telegram", WEBHOOK_SECRET=SECRET)
    patient = world.patient()
    forged = {"update_id": 1, "message": {"message_id": 1, "date": 1, "text": "I am ready"}}
    secrets = [None, "", "wrong", SECRET + "x", SECRET.upper()]

    answers = [_knocks(world, forged, secret) for secret in secrets]

    assert answers == [401] * len(secrets)
    patient.says("/start")
    assert "Paceful" in patient.sees()
    assert len(world.kept(patient).journal) == 1


def is_kept(world: World, patient: Person, *, track: str) -> None:
    """The first day stands in the database: consent, answers, scores, cards, state, journal."""
    kept = world.kept(patient)

    [consent] = kept.records.consents
    assert (consent.agreed, consent.version, consent.language) == (True, "1", "en")
    assert len(consent.text_hash) == len(hashlib.sha256().hexdigest())
    assert world.now - consent.at < timedelta(minutes=30)
    told = {"country": "gb", "zone": "Europe/London", "goal": GOAL[0], "track": track}
    assert told.items() <= kept.values.items()
    assert kept.values["plan-what"]
    assert kept.totals == STARTED_AT
    assert [each.card.title for each in kept.records.cards] == ["Your tiny plan", "How this works"]
    assert kept.state.phase == "learning"
    assert kept.state.finished("lesson/core-start")
    assert kept.records.alerts == ()
    assert [turn for turn, _ in kept.journal] == list(range(1, patient.acts + 1))


def _knocks(world: World, update: dict[str, object], secret: str | None) -> int:
    header = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret}
    address = f"{world.bot.url}/telegram"
    return httpx.post(address, json=update, headers=header, trust_env=False).status_code
