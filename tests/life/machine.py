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


def of(act: str, **given: Any) -> st.SearchStrategy[Act]:
    """Acts of that name, with what they need drawn from a strategy or out of a list."""
    drawn = {n: st.sampled_from(v) if isinstance(v, list) else v for n, v in given.items()}
    return st.fixed_dictionaries({"act": st.just(act), **drawn})


def one_of(*weighed: tuple[int, st.SearchStrategy[Act]]) -> st.SearchStrategy[Act]:
    """One of these, each as often as its number says; the first is the simplest."""
    return st.one_of([acts for often, acts in weighed for _ in range(often)])


PEOPLE = one_of(
    (8, of("goes on", who=PATIENT)),
    (7, of("says", who=PATIENT, text=WORDS)),
    (3, of("taps", who=ANYONE, button=BUTTON, waits=st.booleans())),
    (2, of("edits", who=PATIENT, text=WORDS)),
    (1, of("says", who=CLINICIAN, text=AT_WORK)),
    (1, of("takes late", who=st.integers(0, CLINICIANS - 1), hours=[0.5, 2, 20])),
    (1, of("blocks", who=ANYONE)),
)
"""What patients and clinicians do."""
NETWORK = one_of(
    (3, of("again", back=st.integers(0, 12), as_new=st.booleans())),
    (2, of("crosses", who=PATIENT, text=WORDS, button=BUTTON)),
    (4, of("fails", kind=KINDS, method=METHODS, times=FEW, after=FEW)),
    (1, of("loses network", seconds=[0.1, 0.5])),
    (1, of("revokes", times=FEW)),
)
"""What Telegram and the network do."""
MACHINE = one_of(
    (4, of("dies", after=PAUSES)),
    (1, of("stops")),
    (2, of("deploys", release=sorted(RELEASES))),
    (3, of("jumps", hours=HOURS)),
    (1, of("changes clocks")),
)
"""What becomes of the process, its content and its clock."""


class Broken(AssertionError):
    """An invariant does not hold."""


class RandomLife(RuleBasedStateMachine):
    """One life in a world that may have seen others; whatever happens is noted in `life.lives`."""

    def __init__(self, life: Life) -> None:
        super().__init__()
        self.life = life

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

    # one rule: of several, Hypothesis would leave out some for a whole life
    @rule(act=st.one_of(PEOPLE, NETWORK, MACHINE))
    def happens(self, act: Act) -> None:
        """Whatever comes next; at its simplest a patient goes on."""
        self._sees(lambda: self.life.does(act))

    def teardown(self) -> None:
        """All comes to rest, and nothing is broken."""
        if self.life.found or not self.life.patients:
            return
        self.life.found = what_is_left(self.life)
        if self.life.found:
            raise Broken


def what_is_left(life: Life) -> list[str]:
    """What is wrong once all troubles are over and everything came to rest."""
    life.ends_troubles()
    found: list[str] = []
    # something may come due between the rest and the look; what is wrong stays so
    for _ in range(2):
        try:
            life.rests()
        except Restless as restless:
            return [str(restless), *wrong(life.world)]
        found = wrong(life.world)
        if not found:
            break
    return found


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
