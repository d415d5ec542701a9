"""Falling behind: the patient is asked first, the care team later, and nobody is nagged."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from flows.effects import Raise
from flows.turn import Turn
from tests.flows.courses import MONDAY, begun
from tests.flows.player import Player
from tests.flows.small import heard

DAY = timedelta(days=1)
LONGEST_DIARY = 1000
ASKED = "is something in the way"
READY = "questions are ready"
Diary = list[tuple[int, str]]
"""What happened on which day of the course: a nudge's first words, or an alert."""


def begin(**answers: str) -> Player:
    """Somebody on the first day of learning, who has looked in once."""
    player = begun(**answers)
    player.say("/progress")
    return player


def learn(player: Player) -> None:
    """Take the lesson that waits, to its end."""
    player.say("/lesson")
    player.finish()


def diary(player: Player, days: int, reply: str = "") -> Diary:
    """What comes in so many days to someone who answers every nudge so, or not at all."""
    return list(_days(player, player.now + days * DAY, reply))


def _days(player: Player, end: datetime, reply: str) -> Iterator[tuple[int, str]]:
    while (waiting := player.next_due()) is not None and waiting.due_at <= end:
        assert len(player.journal) < LONGEST_DIARY, "a clock that never rests"
        yield from _noted(player, player.wait_for(waiting))
        if reply and player.question() is not None:
            yield from _noted(player, player.say(reply))
    player.now = end


def _noted(player: Player, turned: Turn) -> Iterator[tuple[int, str]]:
    day = (player.now - MONDAY).days
    rules = [each.rule for each in turned.effects if isinstance(each, Raise)]
    yield from ((day, f"alert {rule}") for rule in rules)
    if player.journal[-1].kind == "due":
        yield from ((day, text) for text in heard(turned)[:1])


def when(notes: Diary, words: str) -> list[int]:
    """The days on which a nudge or an alert had these words."""
    return [day for day, text in notes if words in text]


def test_who_puts_the_lesson_off_is_asked_and_a_week_later_the_team_is_told() -> None:
    """In the second week the patient hears the question once; the team hears once, later."""
    notes = diary(begin(), 40, reply="later")

    assert when(notes, ASKED) == [7]
    assert when(notes, "alert") == [14]
    assert when(notes, "alert behind-schedule") == [14]


def test_who_goes_silent_is_not_forgotten() -> None:
    """Reminders stop after two; the team hears of the lesson when its days are over."""
    notes = diary(begin(), 40)

    assert when(notes, "alert nudges-unanswered") == [2]
    assert when(notes, "alert behind-schedule") == [13]
    assert when(notes, ASKED) == []


def test_who_blocks_the_bot_is_not_forgotten() -> None:
    """Nobody can be asked then, so the clock runs from when they would have been."""
    player = begin()
    player.block()

    assert when(diary(player, 40), "alert behind-schedule") == [13]


def test_who_goes_on_after_the_question_raises_no_alert() -> None:
    """A lesson that was finished in time is no longer behind; nor are those that follow at once."""
    player = begin()
    diary(player, 8, reply="later")
    learn(player)

    notes = diary(player, 6, reply="later")

    assert when(notes, "alert") == []
    assert player.state.behind is None


def test_the_next_lesson_that_waits_is_a_new_question() -> None:
    """Each lesson has its own: asked again, told again."""
    player = begin()
    diary(player, 15, reply="later")
    learn(player)
    day = (player.now - MONDAY).days

    notes = diary(player, 20, reply="later")

    # the first lesson of a path opens on the day after the core
    assert when(notes, ASKED) == [day + 8]
    assert when(notes, "alert behind-schedule") == [day + 15]


def test_a_pause_stops_the_clock() -> None:
    """Days of rest are not days of waiting: the week begins again after them."""
    player = begin()
    diary(player, 10, reply="later")
    player.say("/pause")
    player.choose("14")
    resting = diary(player, 13)
    player.say("/resume")
    back = (player.now - MONDAY).days

    notes = diary(player, 20, reply="later")

    assert when(resting, "alert") == []
    assert when(notes, "alert behind-schedule") == [back + 7]


def test_nobody_is_behind_in_the_first_week() -> None:
    """However short a site sets the days of waiting, the first week is everyone's own."""
    player = begun()
    plan = player.release.program.nudges.model_copy(update={"behind_days": 2})
    program = player.release.program.model_copy(update={"nudges": plan})
    player.release = player.release.model_copy(update={"program": program})
    player.say("/progress")

    assert when(diary(player, 20, reply="later"), ASKED) == [7]


def test_questions_that_were_put_off_are_offered_again_two_days_later() -> None:
    """Re-offered, never nagged: the days between are for other things."""
    player = begin(pace="slow")
    learn(player)
    diary(player, 1, reply="later")
    learn(player)

    notes = diary(player, 12, reply="later")

    assert when(notes, READY)[:3] == [7, 9, 11]


def _worse(player: Player, value: int) -> list[Turn]:
    """The turns of the longer questions, each mood item answered so, the ninth with 0."""
    turns = [player.say("/check"), player.choose("go")]
    turns += [player.choose(str(value)) for _ in range(8)]
    return [*turns, player.choose("0"), *player.finish()]


def _after_a_grave_score() -> Player:
    """Someone on the fourteenth day whose answers raised an amber alert."""
    player = begin(pace="slow")
    diary(player, 14, reply="go on")
    player.say("/menu")
    raised = {e.rule for t in _worse(player, 3) for e in t.effects if isinstance(e, Raise)}
    assert "phq9-severe" in raised
    return player


def test_questions_left_for_a_week_after_an_amber_alert_are_told() -> None:
    """The next set falls due, nobody answers it, and the team hears of it once."""
    player = _after_a_grave_score()
    last = (player.now - MONDAY).days

    notes = diary(player, 40, reply="later")

    assert when(notes, "alert overdue-after-amber") == [last + 13]


def test_questions_answered_after_an_amber_alert_end_its_watch() -> None:
    """The set that followed was answered, so nothing is overdue because of that alert."""
    player = _after_a_grave_score()
    diary(player, 8, reply="later")
    player.say("/check")
    player.finish()

    assert when(diary(player, 40, reply="later"), "alert overdue-after-amber") == []


def test_questions_left_without_an_amber_alert_are_nobodys_business() -> None:
    """Whoever was never in trouble may leave questions as long as they like."""
    notes = diary(begin(pace="slow"), 40, reply="later")

    assert when(notes, "alert overdue-after-amber") == []


def test_after_a_pause_the_patient_has_a_week_for_the_questions() -> None:
    """They fell due during the rest; the team is not told in the second that it ends."""
    player = _after_a_grave_score()
    diary(player, 7, reply="later")
    player.say("/pause")
    player.choose("14")
    diary(player, 13)
    player.say("/resume")
    back = (player.now - MONDAY).days

    notes = diary(player, 20, reply="later")

    assert when(notes, "alert overdue-after-amber") == [back + 7]


def test_an_extra_that_was_put_off_leaves_room_for_the_plan() -> None:
    """Re-offered, never nagged: two days later once more, and the plan on the day between."""
    player = begin(pace="slow")
    learn(player)
    diary(player, 1, reply="later")
    learn(player)
    player.state = player.state.model_copy(update={"addons": ("sleep",)})

    notes = diary(player, 5, reply="later")

    first = when(notes, "The extra that you chose")[0]
    assert when(notes, "The extra that you chose") == [first, first + 2, first + 4]
    assert when(notes, "small plan") == [first + 1, first + 3]
