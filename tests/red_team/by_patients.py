"""What a patient, or anybody else with Telegram, may try."""

from __future__ import annotations

from datetime import timedelta

from bot.service.desk import BUTTONS, COMMANDS
from bot.store import people
from tests.journeys.people import Person
from tests.journeys.processes import until
from tests.journeys.scripts import PLACE, SUITED
from tests.journeys.team import Room
from tests.red_team.attack import Actor
from tests.red_team.siege import NEED, Siege

PATIENTS = Actor("P", "patient, other user")
PIN, WRONG = "471108", "000000"
LETTERS = "<script>alert(1)</script> <b>big</b> [tap](https://evil.example) **bold** {name} %s"
CHANNEL = -1_001_234_567_890


@PATIENTS.tries(
    "S",
    "sends the code that somebody else has used",
    "a code works once, and the answer is that to any other word",
)
def a_used_code(siege: Siege) -> None:
    """A patient's code and a clinician's, in the hands of somebody else."""
    used = siege.code()
    siege.world.patient().answers(f"/start {used}")
    team = siege.code("clinician", "Doctor Once")
    siege.world.patient().answers(f"/start {team}")
    thief, guesser = siege.world.patient(), siege.world.patient()

    told = [thief.answers(f"/start {code}").texts for code in (used, team)]
    usual = guesser.answers("/start AAAAAAAAAAAAAAAA").texts

    assert told == [usual, usual]
    assert "not valid" in usual[0]
    assert siege.is_stranger(thief)


@PATIENTS.tries(
    "S",
    "guesses codes one after the other",
    "96 random bits; after five wrong ones no code of that sender is read for an hour",
)
def guessed_codes(siege: Siege) -> None:
    """After five guesses even the right one is not looked at."""
    right, guesser = siege.code(), siege.world.patient()
    for number in range(5):
        guesser.answers(f"/start GUESSED-CODE-{number}")

    guesser.answers(f"/start {right}")

    assert siege.is_stranger(guesser)
    assert "Shall we start?" in siege.world.patient().answers(f"/start {right}")


@PATIENTS.tries(
    "S",
    "joins the team with a code of yesterday that was never used",
    "a code to the team lives for ten minutes",
)
def an_expired_code(siege: Siege) -> None:
    """Eleven minutes are too late."""
    code, late = siege.code("clinician", "Doctor Late"), siege.world.patient()
    siege.lets_pass(timedelta(minutes=11))

    told = late.answers(f"/start {code}")

    assert "not valid" in told
    assert "Doctor Late" not in team_of(siege)


@PATIENTS.tries(
    "E",
    "sends every command of the care team's, also by editing an old message",
    "who somebody is comes from the database; a patient's words are a patient's",
)
def commands_of_the_team(siege: Siege) -> None:
    """Nobody's pseudonym and no name is shown, and nobody joined."""
    name, mallory = siege.name_of(siege.victim), siege.patient()
    before = (team_of(siege), siege.rows("SELECT count(*) FROM page_links"))
    for command in COMMANDS:
        siege.world.lets_pass(timedelta(minutes=1))
        mallory.says(f"/{command} {name}")
        mallory.edits(f"/{command}@paceful_sandbox_bot {name}")
        siege.world.until_quiet()

    shown = " ".join(mallory.everything().texts)
    assert name not in shown
    assert "Doctor" not in shown
    assert (team_of(siege), siege.rows("SELECT count(*) FROM page_links")) == before


@PATIENTS.tries(
    "T",
    "taps with forged data: the buttons of the team's messages and of another patient's",
    "a tap means something only in the chat and at the turn that offered it",
)
def forged_taps(siege: Siege) -> None:
    """Every button that the team and the victim ever saw, and some that nobody did."""
    victim, mallory, name = siege.victim, siege.patient(), siege.name_of(siege.victim)
    theirs = (siege.lead, siege.main, siege.lee, victim)
    seen = {data for who in theirs for each in who.everything() for _, data in each.buttons}
    made = {f"{room}.1.{act}" for room in BUTTONS for act in ("take", "close", "send", "write")}
    odd = {"-1.agree", ".offer.1.yes", "9" * 30, "alert.1.take\n", ".pin-off", "card.1"}
    own = mallory.everything().bubbles[-1].number
    before = life_of(siege, victim)

    for number, data in enumerate(sorted(seen | made | odd)):
        # more would be told to have a rest
        siege.world.lets_pass(timedelta(seconds=20 if number % 10 else 90))
        siege.world.do("tap", user=mallory.number, message_id=own, data=data[:64])
        if number % 10 == 9:
            siege.world.until_quiet()
    siege.world.until_quiet()

    assert len(seen) > 5
    shown = " ".join([*mallory.everything().texts, *mallory.toasts()])
    assert name not in shown
    assert "oboe" not in shown
    assert life_of(siege, victim) == before


@PATIENTS.tries(
    "T",
    "edits answers and words of need after the fact",
    "what was first sent counts: the score stays, the alert stays, both wordings are kept",
)
def edits_after_the_fact(siege: Siege) -> None:
    """A score of 5.0 stays one, and words of need stay said."""
    patient = siege.patient(*PLACE, *SUITED, "I am ready")
    for answer in ("6", "5", "4"):
        patient.says(answer)
        siege.world.until_quiet()
    patient.edits("0")
    siege.world.until_quiet()
    patient.says(NEED)
    siege.world.until_quiet()
    patient.edits("all is well")
    siege.world.until_quiet()

    kept = siege.world.kept(patient)
    assert kept.totals["peg"] == 5.0
    assert [each[:2] for each in kept.alerted] == [("crisis-words", "red")]
    journal = str(kept.journal)
    assert NEED in journal
    assert "all is well" in journal


@PATIENTS.tries(
    "T",
    "writes HTML, scripts, Markdown, links and placeholders, and has such a name",
    "no call has a parse mode, the page escapes everything, names from Telegram are not kept",
)
def markup_in_words(siege: Siege) -> None:
    """They stand on the page and in the clinicians' chats as they were typed."""
    mallory = siege.patient()
    name = {"first_name": "<b>[x](tg://user?id=1)</b>", "username": "mallory_evil"}
    siege.world.do("users", id=mallory.number, language_code="en", **name)
    siege.victim.says("hello")
    mallory.answers("/person", "Write to them", LETTERS)
    siege.world.until_quiet()

    shown = siege.thread_of(siege.page_of(siege.lead), mallory)
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    calls = siege.world.see("calls")["calls"]
    assert [each for each in calls if "parse_mode" in each["params"]] == []
    sent = [each["params"] for each in calls if LETTERS in str(each["params"].get("text"))]
    assert sent
    kinds = {part["type"] for each in sent for part in each.get("entities", ())}
    assert kinds.isdisjoint({"text_link", "text_mention", "url", "mention"})
    assert [each for each in calls if "tg://" in str(each["params"])] == []


@PATIENTS.tries(
    "D",
    "sends two hundred messages at once, with words of need in the middle",
    "all are kept, one polite word answers, help comes first, and nobody else waits",
)
def a_flood(siege: Siege) -> None:
    """Another patient is answered meanwhile, and the crisis in the flood is seen."""
    mallory, other = siege.patient(), siege.patient()
    mallory.sees()
    mallory.rushes(*(f"are you there {number}" for number in range(150)), NEED)
    mallory.rushes(*(f"hello hello {number}" for number in range(49)))

    assert "What would you like to do?" in other.answers("/menu")
    told = mallory.sees()
    assert "You can talk to a person here" in told
    assert len(told) < 60
    kept = siege.world.kept(mallory)
    assert [rule for rule, *_ in kept.alerted] == ["crisis-words"]
    journal = str(kept.journal)
    assert [n for n in range(150) if f"are you there {n}'" not in journal] == []


@PATIENTS.tries(
    "I",
    "has the patient's unlocked phone and guesses the PIN",
    "five wrong ones close the records for a quarter of an hour; help stays open",
)
def a_guessed_pin(siege: Siege) -> None:
    """Then the right one opens nothing either, and no copy of the data is given."""
    owner = siege.patient(*PLACE, *SUITED)
    assert "Your PIN is set" in owner.answers("/pin", PIN, PIN)
    siege.lets_pass(timedelta(minutes=11))
    owner.answers("/mydata", *[WRONG] * 5)
    owner.sees()

    told = owner.answers("/mydata", PIN)

    assert "wrong too often" in told
    assert [bubble for bubble in owner.everything() if bubble.kind == "document"] == []
    assert PIN not in str(siege.world.kept(owner).journal)
    assert "or you are in danger" in owner.answers("/now")


@PATIENTS.tries(
    "I",
    "puts the bot into a group or a channel of theirs and gives it commands there",
    "without an open code for groups it leaves, without a word",
)
def a_strange_group(siege: Siege) -> None:
    """Nothing is said in either, and both are left."""
    mallory = siege.patient()
    room = Room(siege.world, "Friends of Mallory", mallory)
    for words in (f"/patients {siege.name_of(siege.victim)}", "/start", "/alerts", "/mydata"):
        room.says(mallory, words)
    siege.world.do("raw", update=put_into_channel(mallory))
    siege.world.until_quiet()
    siege.world.skips(minutes=2)
    until(lambda: siege.world.see(f"group/{-room.number}")["kicked"], "the bot has left")

    assert room.texts == []
    assert left(siege) >= {room.number, CHANNEL}
    assert [call for call in siege.world.calls("sendMessage") if to_chat(call) == CHANNEL] == []


def put_into_channel(person: Person) -> dict[str, object]:
    """The update that says this person made the bot an administrator of a channel."""
    bot = {"id": 7_000_000_001, "is_bot": True, "first_name": "Paceful"}
    who = {"id": person.number, "is_bot": False, "first_name": "Mallory"}
    return {
        "my_chat_member": {
            "chat": {"id": CHANNEL, "title": "Mallory tells", "type": "channel"},
            "from": who,
            "date": 1,
            "old_chat_member": {"status": "left", "user": bot},
            "new_chat_member": {"status": "administrator", "user": bot},
        }
    }


def left(siege: Siege) -> set[int]:
    """The chats that the bot has left."""
    return {to_chat(call) for call in siege.world.calls("leaveChat")}


def to_chat(call: dict[str, dict[str, object]]) -> int:
    """The chat that a call is about."""
    return int(str(call["params"]["chat_id"]))


def team_of(siege: Siege) -> list[str]:
    """The names of the whole team."""
    return siege.world.read(lambda unit: [each.name for each in people.clinicians(unit)])


def life_of(siege: Siege, patient: Person) -> tuple[object, ...]:
    """All that a tap could change about a patient."""
    kept = siege.world.kept(patient)
    return (len(kept.journal), kept.alerted, kept.records.patient.phase)
