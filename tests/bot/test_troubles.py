"""What the watch takes for a trouble: what lasts, and not what a clock or a sleep makes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from bot.app.troubles import REBUILDS, SLOW, STUCK, TROUBLES, Course, Queues, Signs
from bot.service.health import HOOK_STALE, OUTBOX_STALE, POLL_STALE, Pulse
from bot.service.retiring import STALE

LOOK = 5.0
WELL = Queues()
LATE = Queues(outbox=OUTBOX_STALE + 1)
UNHEARD = {"poll": POLL_STALE, "hook": HOOK_STALE}


class Onlooker:
    """Looks every five seconds at a pulse that beats and hears, unless it was told not to."""

    def __init__(self) -> None:
        self.pulse, self.in_vain = Pulse(beats=1), 0
        self.pulse.listen("poll")
        self.signs, self.course = Signs(self.pulse, lambda: self.in_vain), Course()
        self.beats, self.hears, self.queues = True, True, WELL
        self.told: list[str] = []

    def looks_on(self, seconds: float, step: float = LOOK) -> list[str]:
        """What was told in so much time."""
        before = len(self.told)
        for _ in range(round(seconds / step)):
            self.pulse.beats += self.beats
            self.pulse.heard += self.hears
            began, over = self.course.goes_on(self.signs.look(self.queues, step), step)
            self.told += [*began, *(f"{name} over" for name in over)]
            for name in over:
                self.course.forget(name)
        return self.told[before:]


def goes_deaf(onlooker: Onlooker) -> None:
    onlooker.hears = False


def hangs(onlooker: Onlooker) -> None:
    onlooker.beats = onlooker.hears = False


def has_no_token(onlooker: Onlooker) -> None:
    onlooker.pulse.say("token", "telegram refuses the token")
    onlooker.hears, onlooker.queues = False, LATE


def has_a_rival(onlooker: Onlooker) -> None:
    onlooker.pulse.say("contested", "another program polls this bot")


def is_robbed(onlooker: Onlooker) -> None:
    onlooker.pulse.say("webhook", "a foreign webhook was set")


def has_hanging_calls(onlooker: Onlooker) -> None:
    onlooker.in_vain, onlooker.queues = 1, LATE


def is_slow_to_send(onlooker: Onlooker) -> None:
    onlooker.queues = LATE


def cannot_write(onlooker: Onlooker) -> None:
    onlooker.queues = Queues(is_writable=False)


def has_words_aside(onlooker: Onlooker) -> None:
    onlooker.queues = Queues(astray=("00000001.aside",))


def keeps_what_is_over(onlooker: Onlooker) -> None:
    onlooker.queues = Queues(unretired=STALE.total_seconds() + 1)


def is_forged(onlooker: Onlooker) -> None:
    onlooker.queues = Queues(forged=True)


@pytest.mark.parametrize(
    ("befalls", "told"),
    [
        (goes_deaf, ["silent"]),
        (hangs, ["lag"]),
        (is_forged, ["forged"]),
        (has_no_token, ["token"]),
        (has_a_rival, ["contested"]),
        (is_robbed, ["webhook"]),
        (has_hanging_calls, ["wedged"]),
        (is_slow_to_send, ["outbox"]),
        (cannot_write, ["database"]),
        (has_words_aside, ["aside"]),
        (keeps_what_is_over, ["retention"]),
    ],
)
def test_each_trouble_is_told_once_by_its_cause_and_so_is_its_end(
    befalls: Callable[[Onlooker], None], told: Sequence[str]
) -> None:
    """What only follows from it is not told beside it."""
    onlooker = Onlooker()
    assert onlooker.looks_on(600) == []

    befalls(onlooker)
    assert onlooker.looks_on(1200) == told

    onlooker.pulse.trouble.clear()
    onlooker.beats, onlooker.hears, onlooker.queues, onlooker.in_vain = True, True, WELL, 0
    assert onlooker.looks_on(600) == [f"{name} over" for name in told]


@pytest.mark.parametrize("how", ["poll", "hook"])
def test_silence_counts_by_how_telegram_should_be_heard(how: str) -> None:
    """Each way has its own pace; a process that does not lead need hear nothing."""
    onlooker = Onlooker()
    onlooker.pulse.listen(how)  # type: ignore[arg-type]
    onlooker.looks_on(LOOK)
    onlooker.hears = False

    assert onlooker.looks_on(UNHEARD[how]) == []
    assert onlooker.looks_on(2 * LOOK) == ["silent"]

    onlooker.pulse.listen("")
    assert onlooker.looks_on(600) == ["silent over"]


def test_a_rival_for_a_moment_is_a_change_of_the_leader() -> None:
    """Two of ours may poll at once until the old one knows."""
    onlooker = Onlooker()
    has_a_rival(onlooker)
    assert onlooker.looks_on(2 * LOOK) == []

    onlooker.pulse.trouble.clear()
    assert onlooker.looks_on(600) == []


def test_an_old_post_for_a_moment_is_a_clock_that_jumped() -> None:
    """What waits is sent in the next seconds."""
    onlooker = Onlooker()
    is_slow_to_send(onlooker)
    assert onlooker.looks_on(TROUBLES["outbox"].before) == []

    onlooker.queues = WELL
    assert onlooker.looks_on(600) == []


def test_a_trouble_that_comes_and_goes_is_one_trouble() -> None:
    """Two who poll take turns: nobody is told each minute."""
    onlooker = Onlooker()
    for _ in range(20):
        has_a_rival(onlooker)
        onlooker.looks_on(30)
        onlooker.pulse.trouble.clear()
        onlooker.looks_on(30)

    assert onlooker.told == ["contested"]


def test_the_process_gives_up_only_what_it_cannot_mend() -> None:
    """A loop that hangs for minutes, or connections that hang however often they are opened."""
    onlooker = Onlooker()
    assert onlooker.signs.last_straw() is None

    onlooker.in_vain = REBUILDS
    assert onlooker.signs.last_straw() is None
    onlooker.in_vain = REBUILDS + 1
    assert onlooker.signs.last_straw() is not None

    onlooker.in_vain = 0
    hangs(onlooker)
    onlooker.looks_on(SLOW + LOOK)
    assert onlooker.signs.last_straw() is None
    onlooker.looks_on(STUCK)
    assert onlooker.signs.last_straw() is not None


def test_a_service_that_has_not_begun_has_no_lag() -> None:
    """The first beat comes when everything is read and wired."""
    onlooker = Onlooker()
    onlooker.pulse.beats, onlooker.beats = 0, False

    assert onlooker.looks_on(80) == []
    assert onlooker.pulse.lag == 0
