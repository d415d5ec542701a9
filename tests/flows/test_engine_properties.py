"""Whatever happens, in whatever order: the engine answers, keeps count, and lets people out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.effects import Raise, Send
from flows.events import Due
from flows.turn import Turn
from tests.flows.player import Player
from tests.flows.starts import STARTS, begin, real_release
from tests.thorough import examples

FIRST = datetime(2026, 3, 2, 14, tzinfo=UTC)

NUMBERS = (
    "0",
    "3",
    "7/10",
    "seven",
    "7-8",
    "11",
    "-1",
    "3,5",
    "\uff17",
    "1e9",
    "NaN",
    "7" + 30 * "0",
)
WORDS = (
    "Wed 4 Mar, 15:30", "2", "Another time",
    "yes", "no", "not sure", "none", "agree", "canada", "toronto", "Torronto", "UTC+5:45", "walk",
    "9:30", "every day", "Mars", "I tried my best", "👍", " ", "\u200b", "\u202eabc", "\x00",
    "<b>*_[]", "{lines} {naem} {0}", "%s", "word " * 800, "=HYPERLINK(1)", "can’t say",
    "a" + 300 * "\u0301",
)  # fmt: skip
CRISIS = ("I want to die", "8 and I want to die", "kms", "su1cide", "I can't go on", "not suicidal")
COMMANDS = ("menu", "help", "now", "flare", "progress", "pause", "resume", "person", "settings",
            "mydata", "stop", "start", "erase", "lesson", "check", "later", "back", "skip", "foo",
            "answer", "calls", "foo@bar", "", "/")  # fmt: skip
SLOTS = (("1", "Tue 3 Mar, 10:00"), ("2", "Wed 4 Mar, 15:30"), ("other", "Another time"),
         ("no", "No call"))  # fmt: skip
YES_NO = (("yes", "Yes"), ("no", "No, thank you"))
CHANGES = (("addon", "sleep"), ("pace", "slow"), ("track", "act"), ("pack", "short"),
           ("addon", "gone"))  # fmt: skip
OFFERS = (
    ("call", None, SLOTS),
    ("call-again", None, SLOTS),
    ("letter", None, YES_NO),
    *(("proposal", change, YES_NO) for change in CHANGES),
)
ENDS = ("withdrawn", "booked", "cancelled", "moved")
VALUES = {"clinician": "Dr Lee", "when": "Tue 3 Mar, 10:00", "minutes": "20", "what": "A change"}
Acts: TypeAlias = "st.SearchStrategy[Act]"
TYPED = st.one_of(
    st.sampled_from((*NUMBERS, *WORDS, *CRISIS)),
    st.sampled_from([f"/{name}" for name in COMMANDS] + [name for name in COMMANDS if name]),
    st.text(min_size=1, max_size=40),
)


@dataclass(frozen=True)
class Act:
    """Something that happens to a patient, in a word and what it is about."""

    what: str
    about: str | int = ""

    def happen(self, player: Player) -> None:
        """Let it happen; a number stands for one of the buttons, some hours, or some minutes."""
        match self.what, self.about:
            case "say" | "reply" | "edit" as by, str(text):
                getattr(player, by)(text)
            case "taken_over" | "handed_back" as by, str(name):
                getattr(player, by)(name)
            case "back", str(why):
                player.handed_back("Dr Lee", why=why, hours=24)
            case "reminded", str(name):
                player.reminded(name, **VALUES)
            case "photo", str(text):
                player.send("photo", text)
            case "hear", str(text):
                player.hear("Dr Lee", text)
            case "tap", int(number):
                shown = player.buttons()
                player.forge(shown[number % len(shown)].data if shown else "1.yes")
            case "forge", str(data):
                player.forge(data)
            case "wait" | "sleep" as by, int(hours):
                list(getattr(player, by)(timedelta(hours=hours)))
            case "offered", int(number):
                name, change, choices = OFFERS[number % len(OFFERS)]
                player.offered(number, name, change=change, choices=choices, values=VALUES)
            case "offer_closed", int(number):
                player.offer_closed(number, ENDS[number % len(ENDS)], **VALUES)
            case "due", int(minutes):
                _come_due(player, minutes)
            case _:
                getattr(player, self.what)()


def _come_due(player: Player, minutes: int) -> None:
    """Something comes due so many minutes late: what is scheduled, or what never was."""
    due = player.next_due()
    keys = ["day:2026-03-03T10:00", "silence:4", "nonsense", *([due.key] if due else [])]
    moment = player.now - timedelta(minutes=minutes)
    key = keys[minutes % len(keys)]
    player.meet(Due(at=player.now, desk=player.desk(), key=key, due_at=moment))


def _acts(what: str, about: st.SearchStrategy[str] | st.SearchStrategy[int]) -> Acts:
    return st.builds(Act, st.just(what), about)


FORGED = (
    "1.yes", "3.agree", "99999.go", ".resume", ".offer.1.1", ".offer.3.yes", ".offer",
    ".nothing", ".", "x", "5.7", "-1.0", "4.zzz",
)  # fmt: skip
TAPS = _acts("tap", st.integers(0, 12)) | _acts("tap", st.integers(0, 2000))
ACTS: Acts = st.one_of(
    TAPS,
    TAPS,
    TAPS,
    _acts("say", TYPED),
    _acts("say", TYPED),
    _acts("reply", TYPED),
    _acts("edit", TYPED),
    _acts("photo", TYPED),
    _acts("hear", TYPED),
    _acts("forge", st.sampled_from(FORGED)),
    _acts("due", st.integers(0, 300)),
    _acts("wait", st.integers(1, 300)),
    _acts("sleep", st.integers(1, 60)),
    st.builds(Act, st.sampled_from(["block", "come_back", "clear"])),
    _acts("taken_over", st.just("Dr Lee")),
    _acts("handed_back", st.just("Dr Lee")),
    _acts("back", st.sampled_from(["silent", "left"])),
    _acts("offered", st.integers(0, 7)),
    _acts("offer_closed", st.integers(0, 7)),
    _acts("reminded", st.sampled_from(["call-day", "call-soon"])),
)
WALKS = st.lists(ACTS, max_size=25)
PLACES = st.sampled_from(sorted(STARTS))


def _walked(place: str, walk: list[Act]) -> Player:
    player = begin(real_release(), place, FIRST, zone="America/Toronto")
    for act in walk:
        act.happen(player)
    return player


@settings(settings.get_profile("engine"), max_examples=examples(60))
@given(place=PLACES, walk=WALKS)
def test_anything_may_happen_in_any_order(place: str, walk: list[Act]) -> None:
    """No event ever raises, every turn is counted, and the journal leads to the stored state."""
    player = _walked(place, walk)

    assert player.state.turn == len(player.journal)
    assert player.replayed() == player.state


@settings(settings.get_profile("engine"), max_examples=examples(30))
@given(place=PLACES, walk=WALKS)
def test_everyone_can_leave_by_typing(place: str, walk: list[Act]) -> None:
    """From wherever a walk led, /stop and one more line end the program."""
    player = _walked(place, walk)

    player.say("/stop")
    player.say("yes, leave")

    assert player.state.phase == "withdrawn"


@settings(settings.get_profile("engine"), max_examples=examples(30))
@given(place=PLACES, walk=WALKS)
def test_help_is_one_word_away(place: str, walk: list[Act]) -> None:
    """From wherever a walk led, /now answers with the help lines before anything else."""
    player = _walked(place, walk)

    first = _sends(player.say("/now"))[0]

    assert "lines" in first.values


@settings(settings.get_profile("engine"), max_examples=examples(30))
@given(place=PLACES, walk=WALKS, words=st.sampled_from(CRISIS[:3]), way=st.integers(0, 3))
def test_words_of_dying_are_heard_anywhere(
    place: str, walk: list[Act], words: str, way: int
) -> None:
    """Said, edited, under a picture or to a clinician: lines first, and a person is told."""
    player = _walked(place, walk)
    ways = (player.say, player.edit, player.reply, lambda text: player.send("photo", text))

    turned = ways[way](words)

    assert "lines" in _sends(turned)[0].values
    assert "crisis-words" in [each.rule for each in turned.effects if isinstance(each, Raise)]


@settings(settings.get_profile("engine"), max_examples=examples(30))
@given(place=PLACES, walk=WALKS)
def test_no_day_brings_two_nudges(place: str, walk: list[Act]) -> None:
    """However the clock and the patient behave, a day on their calendar holds one nudge at most."""
    player = _walked(place, walk)

    assert max(Counter(player.nudge_days).values(), default=0) <= 1


def _sends(turned: Turn) -> list[Send]:
    return [each for each in turned.effects if isinstance(each, Send)]
