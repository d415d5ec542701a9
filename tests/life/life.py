"""A life: a few patients and clinicians, what happens to them, and how it comes to rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.service import joining
from tests.journeys.kept import opened
from tests.journeys.people import Bubble, Person
from tests.journeys.processes import GLANCE, until
from tests.journeys.scripts import PLACE, SUITED, WELCOME
from tests.journeys.world import World
from tests.life.releases import folder_of

Json = dict[str, Any]
Act = dict[str, Any]
"""What happens: its name under `act`, and what it needs; plain JSON, so that it can be kept."""

PATIENTS, CLINICIANS = 3, 2
AHEAD = [(*WELCOME, *PLACE, *SUITED), WELCOME, ()]
"""How far each patient has come before anything happens."""
RESTLESS = 90.0
"""Seconds after which a world that still moves is one that never comes to rest."""
BREATH = 1.5
"""Seconds that a world may take before time is moved on to the next try of what waits."""
MINUTE = timedelta(seconds=61)
CHANGES = [
    datetime(2027, 3, 28, 0, 30, tzinfo=UTC),
    datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
    datetime(2028, 3, 26, 0, 30, tzinfo=UTC),
    datetime(2028, 10, 29, 0, 30, tzinfo=UTC),
]
"""Half an hour before the clocks change where the patients live."""


class Restless(AssertionError):
    """Something is tried for ever."""


@dataclass
class Life:
    """A world with the people who live in it now, and all that was ever done in it."""

    world: World
    patients: list[Person] = field(default_factory=list)
    team: list[Person] = field(default_factory=list)
    lives: list[list[Act]] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    found: list[str] = field(default_factory=list)
    """What was wrong in the end; there are no more lives in such a world."""

    def begins(self, ahead: int = len(AHEAD), team: int = CLINICIANS) -> None:
        """New patients; clinicians join when there are none yet. The bot must be running."""
        self.lives.append([])
        while len(self.team) < team:
            self.team.append(self._clinician(f"Dr Number{len(self.team)}"))
        self.patients = [self.world.patient(f"Marguerite Example{n}") for n in range(PATIENTS)]
        for patient, words in zip(self.patients, AHEAD[:ahead], strict=False):
            patient.rushes(*words)
        self.world.until_quiet()

    def does(self, act: Act) -> None:
        """Let this happen, as far as it can: whoever blocked the bot can't write."""
        self.lives[-1].append(act)
        given = {name: value for name, value in act.items() if name != "act"}
        ACTS[act["act"]](self, **given)

    def ends_troubles(self) -> None:
        """The network is back, and no fault that was ordered is still to strike."""
        self.world.do("network", down_for=0)
        self.world.do("no-faults")

    def rests(self, patience: float = RESTLESS) -> None:
        """Come to rest: the bot runs, and nothing waits anywhere."""
        self.runs()
        given_up = time.monotonic() + patience
        while not self._calms_down():
            if time.monotonic() > given_up:
                raise Restless(f"it never comes to rest: {self.world.bot.health()}")
            # what Telegram put off is tried again after a minute at the most
            self.world.lets_pass(MINUTE)

    def runs(self) -> None:
        """The bot runs after this, and has answered."""
        until(self._runs, "the bot answers at /healthz")

    def _runs(self) -> bool:
        bot = self.world.bot
        # one that ended by itself is started again, as a supervisor does
        if bot.process is None or bot.process.poll() is not None:
            bot.begins()
            return False
        return bool(bot.health())

    def who(self, number: int) -> Person | None:
        """That person, first the patients and then the team; None if they blocked the bot."""
        everyone = [*self.patients, *self.team]
        person = everyone[number % len(everyone)]
        return None if person.number in self.blocked else person

    def _calms_down(self) -> bool:
        until_ = time.monotonic() + BREATH
        while time.monotonic() < until_:
            if self._runs() and self.world.is_quiet() and self.world.is_quiet():
                return True
            time.sleep(GLANCE)
        return False

    def _clinician(self, name: str) -> Person:
        settings = self.world.bot.settings
        now = Clock(self.world.server.folder / "clock").now()
        with opened(settings["DATABASE_URL"], settings["SECRET_KEYS"]) as store:
            code = store.write_now(joining.invite, "clinician", name, "clinician", at=now)
        person = self.world.patient(f"{name} at work")
        person.says(f"/start {code}")
        until(lambda: "Welcome" in person.everything(), f"{name} is welcomed")
        return person


def says(life: Life, who: int, text: str) -> None:
    """Somebody writes."""
    person = life.who(who)
    if person is not None:
        person.says(text)


def taps(life: Life, who: int, button: int, waits: bool = True) -> None:
    """Somebody taps a button, the newest one being 0, of all that they were ever shown."""
    person = life.who(who)
    found = _button(life, person, button, waits=waits) if person is not None else None
    if person is not None and found is not None:
        person.taps_on(*found)


def goes_on(life: Life, who: int) -> None:
    """Somebody answers what was asked last, if a tap can answer it."""
    person = life.who(who)
    if person is None:
        return
    _waits(life)
    offered = person.offered
    if offered:
        person.taps("7" if "7" in offered else offered[0])
    else:
        person.says("6")


def edits(life: Life, who: int, text: str) -> None:
    """Somebody changes what they wrote last."""
    person = life.who(who)
    if person is not None and person.words:
        person.edits(text)


def again(life: Life, back: int, *, as_new: bool) -> None:
    """An update comes once more, the newest one being 0: the same, or under a new number."""
    past = life.world.see("updates")["updates"]
    update: Json = past[-1 - back % len(past)]["update"]
    if as_new:
        _counts(life, update)
    life.world.do("again", update_id=update["update_id"], as_new=as_new)


def crosses(life: Life, who: int, text: str, button: int) -> None:
    """A message and a tap overtake each other on their way."""
    person = life.who(who)
    found = _button(life, person, button, waits=True) if person is not None else None
    if person is None or found is None:
        return
    life.world.do("network", down_for=30)
    # a poll that is under way takes what it is given until it is cut
    time.sleep(0.05)
    person.says(text)
    person.taps_on(*found)
    life.world.do("swap")
    life.world.do("network", down_for=0)


def dies(life: Life, after: float = 0.0, once: str = "") -> None:
    """The process is killed, so many seconds later or once something is so, and started again."""
    if life.world.bot.process is None:
        return
    if once:
        until(lambda: ONCE[once](life.world.see("state")), once)
    time.sleep(after)
    life.world.bot.dies()
    life.world.bot.begins()


def stops(life: Life) -> None:
    """The process is asked to stop, and started again."""
    life.runs()
    life.world.bot.stops()
    life.world.bot.begins()


def deploys(life: Life, release: str) -> None:
    """The same with another content folder."""
    life.runs()
    life.world.bot.stops()
    life.world.bot.settings["CONTENT_DIR"] = str(folder_of(release, life.world.bot.folder.parent))
    life.world.bot.begins()


def jumps(life: Life, hours: float) -> None:
    """The clock jumps, forward or back."""
    offset = life.world.see("clock")["offset_seconds"]
    life.world.do("clock", offset_seconds=offset + hours * 3600)


def changes_clocks(life: Life) -> None:
    """The clock goes to half an hour before the next change of clocks, and over it."""
    now = life.world.now
    change = next((each for each in CHANGES if each > now), None)
    if change is not None:
        jumps(life, (change - now).total_seconds() / 3600)
        _waits(life)
        jumps(life, 1)


def blocks(life: Life, who: int) -> None:
    """Somebody blocks the bot, or lets it in again if they had."""
    everyone = [*life.patients, *life.team]
    person = everyone[who % len(everyone)]
    if person.number in life.blocked:
        life.blocked.discard(person.number)
        person.unblocks()
    elif person.acts:
        life.blocked.add(person.number)
        person.blocks()


def fails(
    life: Life,
    kind: str,
    method: str,
    times: int,
    after: int = 0,
    seconds: float = 0.5,
    chat: int | None = None,
) -> None:
    """Telegram misbehaves at some of the next calls, perhaps only at those to one person."""
    person = life.who(chat) if chat is not None else None
    wish = {"kind": kind, "method": method, "times": times, "after": after, "seconds": seconds}
    life.world.do("faults", **wish, retry_after=1, chat=person and person.number)


def revokes(life: Life, times: int) -> None:
    """The token is refused so many times, and then works again."""
    life.world.do("faults", kind="401", times=times)


def loses_network(life: Life, seconds: float) -> None:
    """Nothing comes through for a while."""
    life.world.do("network", down_for=seconds)


def takes_late(life: Life, who: int, hours: float) -> None:
    """Time passes, and then a clinician takes an alert that stands in their chat."""
    jumps(life, hours)
    person = life.who(PATIENTS + who % CLINICIANS)
    _waits(life)
    bubbles = person.everything().bubbles if person is not None else ()
    told = [each for each in bubbles if "I have it" in dict(each.buttons)]
    if person is not None and told:
        person.taps_on(told[-1], "I have it")


def waits(life: Life) -> None:
    """Nobody does anything until the bot has nothing left to do."""
    life.world.until_quiet()


ONCE: dict[str, Callable[[Json], bool]] = {
    "acknowledged": lambda state: state["pending_updates"] == 0,
    "struck": lambda state: all(each["kind"] != "hang" for each in state["faults"]),
}
"""What the killer may wait for."""
ACTS: dict[str, Callable[..., None]] = {
    "says": says,
    "taps": taps,
    "goes on": goes_on,
    "edits": edits,
    "again": again,
    "crosses": crosses,
    "dies": dies,
    "stops": stops,
    "deploys": deploys,
    "jumps": jumps,
    "changes clocks": changes_clocks,
    "blocks": blocks,
    "fails": fails,
    "revokes": revokes,
    "loses network": loses_network,
    "takes late": takes_late,
    "waits": waits,
}
"""All that may happen, by name."""


def _waits(life: Life) -> None:
    """A person who waits for the bot does so for a while, and not for ever."""
    until_ = time.monotonic() + BREATH
    while time.monotonic() < until_ and not life.world.is_quiet():
        time.sleep(GLANCE)


def _button(life: Life, person: Person, button: int, *, waits: bool) -> tuple[Bubble, str] | None:
    if waits:
        _waits(life)
    bubbles = reversed(person.everything().bubbles)
    shown = [(bubble, label) for bubble in bubbles for label, _ in bubble.buttons]
    return shown[button % len(shown)] if shown else None


def _counts(life: Life, update: Json) -> None:
    """What comes again under a new number is one more thing that this person did."""
    content = next(value for name, value in update.items() if name != "update_id")
    everyone = {each.number: each for each in [*life.patients, *life.team]}
    person = everyone.get(content["from"]["id"])
    if person is None:
        return
    person.acts += 1
    if "text" in content:
        person.words.append(content["text"])
