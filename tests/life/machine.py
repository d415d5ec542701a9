"""Random life: what people, networks, clocks and operators may do, in any order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, get_state_machine_test, initialize, rule

from tests.life.checks import wrong
from tests.life.life import CLINICIANS, PATIENTS, Act, Life, Restless
from tests.life.releases import RELEASES

WORDS = [
    *("yes", "no", "6", "7/10", "seven", "not sure", "skip", "back", "later", "hello", "United"),
    *("Germany", "Berlin", "I agree", "Yes, 18 or older", "none of these", "7 8", "110", "?", "👍"),
    *("/start", "/help", "/now", "/menu", "/pause", "/resume", "/progress", "/mydata", "/person"),
    *("/stop", "/settings", "/cards", "/nosuchcommand", "stop sending me these messages"),
    *("I want to die", "8 and I want to die", "my friend died by suicide last year"),
    *("this pain is killing me", "please call me about my tablets", "x" * 400),
]
AT_WORK = ["/alerts", "/patients", "/mine", "/unread", "/cancel", "/oncall", "Take care.", "ok"]
KINDS = ["429", "500", "reset", "drop_before", "hang", "accept_then_hang", "accept_then_drop"]
METHODS = ["sendMessage", "sendMessage", "*", "getUpdates", "answerCallbackQuery"]
HOURS = [-24, -1, 0.1, 1, 3, 24]
PAUSES = [0.0, 0.02, 0.1, 0.3]
PATIENT = st.integers(0, PATIENTS - 1)
CLINICIAN = st.integers(PATIENTS, PATIENTS + CLINICIANS - 1)
ANYONE = st.integers(0, PATIENTS + CLINICIANS - 1)
BUTTON = st.integers(0, 60)
FEW = st.integers(1, 3)


class Broken(AssertionError):
    """An invariant does not hold."""


class RandomLife(RuleBasedStateMachine):
    """One life in a world that may have seen others; whatever happens is noted in `life.lives`."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self.life = life

    def _does(self, act: str, **given: Any) -> None:
        done: Act = {"act": act, **given}
        self._sees(lambda: self.life.does(done))

    def _sees(self, happens: Callable[[], None]) -> None:
        """Note what could not even be done, as a bot that does not stop when it is asked to."""
        try:
            happens()
        except AssertionError as error:
            self.life.found = [str(error)]
            raise

    @initialize()
    def begins(self) -> None:
        """Three patients: one has come far, one has just agreed, one has never written."""
        if self.life.found:
            raise Broken
        self._sees(self.life.begins)

    @rule(who=PATIENT, text=st.sampled_from(WORDS))
    def says(self, who: int, text: str) -> None:
        """A patient writes."""
        self._does("says", who=who, text=text)

    @rule(who=CLINICIAN, text=st.sampled_from(AT_WORK))
    def works(self, who: int, text: str) -> None:
        """A clinician writes."""
        self._does("says", who=who, text=text)

    @rule(who=PATIENT)
    def goes_on(self, who: int) -> None:
        """A patient answers what is asked."""
        self._does("goes on", who=who)

    @rule(who=ANYONE, button=BUTTON, waits=st.booleans())
    def taps(self, who: int, button: int, waits: bool) -> None:
        """Somebody taps any button that they were ever shown."""
        self._does("taps", who=who, button=button, waits=waits)

    @rule(who=PATIENT, text=st.sampled_from(WORDS))
    def edits(self, who: int, text: str) -> None:
        """A patient changes their last words."""
        self._does("edits", who=who, text=text)

    @rule(back=st.integers(0, 12), as_new=st.booleans())
    def again(self, back: int, as_new: bool) -> None:
        """An update comes once more."""
        self._does("again", back=back, as_new=as_new)

    @rule(who=PATIENT, text=st.sampled_from(WORDS), button=BUTTON)
    def crosses(self, who: int, text: str, button: int) -> None:
        """A message and a tap overtake each other."""
        self._does("crosses", who=who, text=text, button=button)

    @rule(after=st.sampled_from(PAUSES))
    def dies(self, after: float) -> None:
        """The process is killed."""
        self._does("dies", after=after)

    @rule()
    def stops(self) -> None:
        """The process is stopped in order."""
        self._does("stops")

    @rule(release=st.sampled_from(sorted(RELEASES)))
    def deploys(self, release: str) -> None:
        """Other content goes live."""
        self._does("deploys", release=release)

    @rule(hours=st.sampled_from(HOURS))
    def jumps(self, hours: float) -> None:
        """The clock jumps."""
        self._does("jumps", hours=hours)

    @rule()
    def changes_clocks(self) -> None:
        """Summer time begins or ends."""
        self._does("changes clocks")

    @rule(who=ANYONE)
    def blocks(self, who: int) -> None:
        """Somebody blocks the bot, or lets it in again."""
        self._does("blocks", who=who)

    @rule(kind=st.sampled_from(KINDS), method=st.sampled_from(METHODS), times=FEW, after=FEW)
    def fails(self, kind: str, method: str, times: int, after: int) -> None:
        """Telegram misbehaves."""
        self._does("fails", kind=kind, method=method, times=times, after=after)

    @rule(times=FEW)
    def revokes(self, times: int) -> None:
        """The token is refused for a while."""
        self._does("revokes", times=times)

    @rule(seconds=st.sampled_from([0.1, 0.5]))
    def loses_network(self, seconds: float) -> None:
        """The network goes away for a moment."""
        self._does("loses network", seconds=seconds)

    @rule(who=st.integers(0, CLINICIANS - 1), hours=st.sampled_from([0.5, 2, 20]))
    def takes_late(self, who: int, hours: float) -> None:
        """A clinician takes an alert, late."""
        self._does("takes late", who=who, hours=hours)

    def teardown(self) -> None:
        """All comes to rest, and nothing is broken."""
        if self.life.found or not self.life.patients:
            return
        try:
            self.life.ends_troubles()
            self.life.rests()
        except Restless as restless:
            self.life.found = [str(restless)]
        self.life.found += wrong(self.life.world)
        if self.life.found:
            raise Broken


def lived(life: Life, *, examples: int, steps: int, chance: int) -> list[str]:
    """What is wrong after so many lives of so many steps each; it ends with the first that is."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        # what fails is made shorter by `shorter`, in new worlds: this one is broken by then
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    machine = cast("type[RandomLife]", lambda: RandomLife(life))
    try:
        seed(chance)(get_state_machine_test(machine, settings=chosen))()
    # whichever way Hypothesis puts it that the same life went otherwise a second time
    except Exception as error:
        if not life.found:
            raise
        life.found.append(f"({type(error).__name__})")
    return life.found
