"""What a patient filled in is kept as a card: looked up, changed, drawn, and never in a crisis."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flows.effects import Effect, File, Record, Send, Sheet
from flows.state import Done, Kept, Score
from flows.steps import Flow
from flows.turn import Turn
from tests.flows.player import Player
from tests.flows.small import FIRST, flow, heard, patient, release_with, shown

RECORD = flow(
    "exercise/record",
    {"write": "thought-where", "text": "Where were you?"},
    {"write": "thought-words", "text": "What did you think?"},
    {
        "card": "thought-record",
        "text": "**My record**\nWhere: {thought-where}\nThought: {thought-words|not said}",
    },
    {"ask": "more", "text": "Another?", "choices": {"y": "One more", "n": "Enough"},
     "next": {"y": "thought-where"}},
    {"say": "It is kept."},
)  # fmt: skip
PLAN = flow("lesson/plan", {"write": "plan-what", "text": "What?"},
            {"card": "lesson-1", "text": "My plan: {plan-what}"})  # fmt: skip


def learner(*flows: Flow) -> Player:
    """Someone who learns, with nothing open."""
    return patient(release_with(*(flows or (RECORD, PLAN))))


def record(player: Player, where: str, words: str) -> Turn:
    """The turn in which this record becomes a card; the exercise is over after it."""
    player.say("/record")
    player.say(where)
    turned = player.say(words)
    player.choose("n")
    return turned


def only(turned: Turn, kind: type[Effect]) -> list[Effect]:
    """The turn's effects of that kind."""
    return [each for each in turned.effects if isinstance(each, kind)]


def as_read(turned: Turn) -> str:
    """Everything that is said in the turn."""
    return "\n".join(heard(turned))


def test_a_card_is_shown_and_kept_with_the_answers_in_it() -> None:
    """The patient sees it at once, and nothing but what the card names is in it."""
    player = learner()

    turned = record(player, "on the stairs", "it is *worse*")

    assert as_read(turned).startswith("**My record**\nWhere: on the stairs\nThought: it is *worse*")
    [card] = player.state.cards
    assert only(turned, File) == [File(card=card)]
    assert (card.number, card.card, card.flow, card.title) == (
        1, "thought-record", "exercise/record", "Made",
    )  # fmt: skip
    assert card.answers == {"thought-where": "on the stairs", "thought-words": "it is *worse*"}


def test_a_skipped_answer_has_the_words_of_the_card() -> None:
    """What was left out is no answer of the card, and no gap in it."""
    player = learner()
    player.say("/record")
    player.say("at work")

    assert "Thought: not said" in as_read(player.say("/skip"))
    assert player.state.cards[0].answers == {"thought-where": "at work"}


def test_what_is_skipped_today_does_not_take_the_words_of_another_day() -> None:
    """A card is of one day; the older answer stays where other texts speak of it."""
    player = learner()
    record(player, "on the stairs", "it gets worse")
    player.say("/record")
    player.say("at work")

    assert "Thought: not said" in as_read(player.say("/skip"))
    assert player.state.answers["thought-words"] == "it gets worse"


def test_what_another_flow_asked_stands_on_a_card() -> None:
    """The goal of the first day may be on a plan of the last."""
    player = learner(flow("exercise/plan", {"write": "plan-what", "text": "What?"},
                          {"card": "plan", "text": "{goal}: {plan-what}"}))  # fmt: skip
    player.state = player.state.model_copy(update={"answers": {"goal": "the lake"}})
    player.say("/plan")

    assert as_read(player.say("ten minutes a day")) == "the lake: ten minutes a day"


def test_in_a_change_what_is_skipped_goes() -> None:
    """A patient may take something off a card."""
    player = learner()
    record(player, "on the stairs", "it gets worse")
    player.forge(".card-change-1")
    player.say("at work")

    assert "Thought: not said" in as_read(player.say("/skip"))
    assert player.state.cards[0].answers == {"thought-where": "at work"}


def test_my_notes_are_listed_the_newest_first_with_their_day() -> None:
    """Seven fit on a phone; a button leads to the older ones, and no label is too long."""
    long = RECORD.model_copy(update={"title": "A hard thought, looked at from far away"})
    player = learner(long)
    player.state = player.state.model_copy(update={"cards": tuple(kept(n) for n in range(1, 10))})
    player.state = player.state.model_copy(update={"last_card": 9})

    first, buttons = player.say("/cards"), player.buttons()
    labels = shown(first)
    older = shown(player.press("More"))

    assert [button.data for button in buttons[:8]] == [
        *(f".card-{number}" for number in range(9, 2, -1)),
        ".cards-2",
    ]
    assert labels == ["A hard thought,… · 9 Mar", *labels[1:7], "More"]
    assert max(len(label) for label in labels) <= 24
    assert older == ["A hard thought,… · 2 Mar", "A hard thought,… · 1 Mar"]


def test_whoever_has_no_notes_is_told_kindly() -> None:
    """An empty list would look like something that is broken."""
    assert heard(learner().say("/cards")) == ["Cards none."]


@pytest.mark.parametrize("data", [".card-7", ".card-change-7", ".card-picture-7"])
def test_a_card_that_is_not_at_hand_any_more_leads_to_the_notes(data: str) -> None:
    """An old button does no harm."""
    turned = learner().forge(data)

    assert heard(turned) == ["Card gone."]
    assert shown(turned) == ["Cards"]


@pytest.mark.parametrize(
    "data", [".card-", ".card-x", ".card--1", ".card-²", ".cards-all", ".cards-٣", ".card-change"]
)
def test_a_button_that_nobody_made_changes_nothing(data: str) -> None:
    """Only whole numbers behind a known name are a command."""
    player = learner()
    before = player.state

    assert heard(player.forge(data)) == []
    assert player.state.stack == before.stack


def test_a_card_comes_back_as_it_was_filled_in() -> None:
    """Later answers under the same keys do not change what was kept."""
    player = learner()
    record(player, "on the stairs", "it gets worse")
    record(player, "in bed", "I never sleep")

    turned = player.forge(".card-1")

    assert heard(turned) == ["**My record**\nWhere: on the stairs\nThought: it gets worse"]
    assert shown(turned) == ["Change", "Picture", "Cards"]


def test_a_card_of_an_exercise_that_is_gone_is_still_shown() -> None:
    """Its text is kept with it, whatever the program says today."""
    player = learner()
    record(player, "on the stairs", "it gets worse")
    player.release = release_with(PLAN)

    turned = player.forge(".card-1")

    assert "Thought: it gets worse" in as_read(turned)
    assert shown(turned) == ["Picture", "Cards"]
    assert heard(player.forge(".card-change-1")) == heard(turned)


def test_a_card_is_changed_by_doing_its_exercise_again() -> None:
    """The old words are offered, one tap keeps them, and the new version takes the card's place."""
    player = learner()
    record(player, "on the stairs", "it gets worse")
    record(player, "in bed", "I never sleep")

    offered = player.forge(".card-change-1")
    player.press("Keep: on the stairs")
    turned = player.say("it passes")

    assert shown(offered)[0] == "Keep: on the stairs"
    assert "Where: on the stairs\nThought: it passes" in as_read(turned)
    [filed] = only(turned, File)
    assert isinstance(filed, File)
    assert (filed.card.number, filed.replaces) == (1, 1)
    assert sorted(card.number for card in player.state.cards) == [1, 2]


@pytest.mark.parametrize("words", ["keep", "Keep", "KEEP ", "=as-it-was"])
def test_the_old_words_are_kept_by_a_word_or_a_tap(words: str) -> None:
    """Whoever types instead of tapping keeps them just the same."""
    player = learner()
    record(player, "on the stairs", "it gets worse")
    player.forge(".card-change-1")

    turned = player.choose(words[1:]) if words.startswith("=") else player.say(words.strip())

    assert [(e.key, e.value) for e in turned.effects if isinstance(e, Record)] == [
        ("thought-where", "on the stairs")
    ]


def test_outside_of_a_change_keep_is_a_word_like_any_other() -> None:
    """No old answer slips into a new record."""
    player = learner()
    record(player, "on the stairs", "it gets worse")

    asked = player.say("/record")
    player.say("keep")

    assert not [label for label in shown(asked) if label.startswith("Keep")]
    assert player.state.answers["thought-where"] == "keep"


def test_the_round_after_a_change_is_a_new_card() -> None:
    """One change is one new version: whoever goes on filling in fills in another card."""
    player = learner()
    record(player, "on the stairs", "it gets worse")
    player.forge(".card-change-1")
    player.say("at work")
    player.say("it passes")

    player.choose("y")
    player.say("in bed")
    player.say("I never sleep")

    assert [card.words["thought-where"] for card in player.state.cards] == ["at work", "in bed"]
    assert [card.number for card in player.state.cards] == [1, 2]


def test_back_leads_to_no_second_card() -> None:
    """Once a card is kept, it is changed, not filled in twice."""
    player = learner()
    player.say("/record")
    player.say("at work")
    player.say("it passes")

    assert heard(player.say("back"))[0] == "Back none."
    assert len(player.state.cards) == 1


def test_looking_at_an_old_card_changes_nothing_of_today() -> None:
    """Its old answers are offered and nothing more, until the patient keeps one of them."""
    player = learner()
    record(player, "on the stairs", "it gets worse")
    record(player, "in bed", "I never sleep")
    before = player.state

    player.forge(".card-change-1")
    left = player.say("/later")

    assert (player.state.answers, player.state.words) == (before.answers, before.words)
    assert not only(left, Record)


def test_an_old_answer_is_kept_whatever_was_answered_since() -> None:
    """The card says what was on it, also where the change is taken up on another day."""
    player = learner()
    record(player, "on the stairs", "it gets worse")
    player.forge(".card-change-1")
    player.say("/later")
    player.state = player.state.model_copy(
        update={"answers": {**player.state.answers, "thought-where": "at work"}}
    )
    player.say("/resume")
    player.say("keep")
    player.say("it passes")

    [card] = player.state.cards
    assert card.words["thought-where"] == "on the stairs"
    assert player.state.answers["thought-where"] == "on the stairs"


def test_what_is_not_asked_again_stays_on_a_card_as_it_was() -> None:
    """A card of March keeps the goal of March when one of its other words is changed."""
    player = learner(flow("exercise/plan", {"write": "plan-what", "text": "What?"},
                          {"card": "plan", "text": "{goal|all}: {plan-what}"}))  # fmt: skip
    march = {"zone": "UTC", "goal": "the lake"}
    player.state = player.state.model_copy(update={"answers": march})
    player.say("/plan")
    player.say("ten minutes a day")
    may = {**player.state.answers, "goal": "the sea"}
    player.state = player.state.model_copy(update={"answers": may})

    player.forge(".card-change-1")

    assert as_read(player.say("a boat")) == "the lake: a boat"
    assert player.state.answers["goal"] == "the sea"


def test_a_change_that_is_left_is_begun_again_only_once() -> None:
    """What lies below stays where it was, and nothing piles up."""
    player = learner()
    record(player, "on the stairs", "it gets worse")
    player.say("/plan")
    for _ in range(4):
        player.forge(".card-change-1")

    flows = [frame.flow for frame in player.state.stack]
    player.say("at work")
    player.say("it passes")
    turned = player.choose("n")

    assert flows == ["lesson/plan", "exercise/record"]
    assert heard(turned)[-1] == "What?"


def test_a_lesson_is_not_done_again_to_change_its_card() -> None:
    """That would be a whole lesson, and move the next one."""
    player = learner()
    player.say("/plan")
    player.say("ten minutes in the garden")
    number = player.state.cards[0].number

    assert shown(player.forge(f".card-{number}")) == ["Picture", "Cards"]
    player.forge(f".card-change-{number}")
    assert player.state.stack == ()


def test_a_card_is_a_picture_with_its_title_and_day() -> None:
    """The words go to the drawing as they were, and the patient hears that it is coming."""
    player = learner()
    record(player, "on the stairs", "it gets worse")

    turned = player.forge(".card-picture-1")

    [sheet] = only(turned, Sheet)
    assert isinstance(sheet, Sheet)
    assert (sheet.title, sheet.caption) == ("Made · 2 Mar", "Card picture caption.")
    assert sheet.text.startswith("**My record**")
    assert set(sheet.values.values()) == {"on the stairs", "it gets worse"}


def test_the_state_carries_the_newest_cards_only() -> None:
    """Five of a kind and forty in all; the number of a card is never given twice."""
    player = learner()
    for number in range(7):
        record(player, f"place {number}", "words")

    assert [card.number for card in player.state.cards] == [3, 4, 5, 6, 7]
    assert player.state.last_card == 7

    many = tuple(kept(n, f"kind-{n}") for n in range(1, 41))
    player.state = player.state.model_copy(update={"cards": many, "last_card": 40})
    record(player, "in bed", "words")
    assert [card.number for card in player.state.cards] == list(range(2, 42))


def test_very_long_words_are_cut_in_the_card_alone() -> None:
    """The whole answer stays an answer; a card is for reading."""
    player = learner()
    record(player, "x" * 4000, "words")

    assert len(player.state.cards[0].words["thought-where"]) == 1000
    assert len(str(player.state.answers["thought-where"])) == 4000


@pytest.mark.parametrize("data", [".cards", ".card-1", ".card-change-1", ".card-picture-1"])
@pytest.mark.parametrize("left", [False, True])
def test_in_a_crisis_the_safety_question_comes_before_any_card(data: str, left: bool) -> None:
    """No note is shown, changed or drawn while the program is held, wherever the talk stands."""
    player = learner()
    record(player, "on the stairs", "it gets worse")
    player.say("I want to end my life")
    if left:
        # the care team's words may have taken the talk off the screen, the hold stays
        player.state = player.state.model_copy(update={"stack": (), "asked": None})

    turned = player.forge(data)

    assert "Are you safe for now?" in as_read(turned)
    assert "it gets worse" not in as_read(turned)
    assert not only(turned, Sheet)


def test_the_summary_holds_own_numbers_and_own_words_and_no_verdict() -> None:
    """First and last of each measure, what was finished, and what matters, as picture and words."""
    player = graduate()

    turned = player.say("/end")

    [sheet] = only(turned, Sheet)
    assert isinstance(sheet, Sheet)
    assert [(each.title, [score for _, score in each.points]) for each in sheet.series] == [
        ("Mood", [5, 3, 2])
    ]
    assert sheet.values["words"] == (
        "Summary lessons. 1\n\nSummary goal. walk to the lake\nSummary values. kin, craft"
    )
    assert as_read(turned).endswith(
        "Summary values. kin, craft\n\nSummary line. 5 Better lower. 6 2 Mood"
    )
    assert "Trend" not in as_read(turned)


def test_a_summary_of_nothing_is_still_one() -> None:
    """Whoever skipped everything gets no gaps and no fault."""
    player = learner(flow("flow/end", {"show": "summary"}))

    turned = player.say("/end")

    assert as_read(turned) == "Summary. Summary lessons. 0"
    [sheet] = only(turned, Sheet)
    assert isinstance(sheet, Sheet)
    assert sheet.series == ()


def test_an_author_can_show_the_notes() -> None:
    """`show: cards` is /cards."""
    player = learner(RECORD, flow("flow/notes", {"show": "cards"}))
    record(player, "on the stairs", "it gets worse")

    by_a_step, by_command = player.say("/notes"), player.say("/cards")

    assert only(by_a_step, Send) == only(by_command, Send) != []


def kept(number: int, kind: str = "thought-record") -> Kept:
    """A card of that number, filled in on that day of March."""
    return Kept(
        number=number,
        card=kind,
        flow="exercise/record",
        title="A hard thought, looked at from far away",
        at=FIRST.replace(day=1) + timedelta(days=number - 1),
        text="{thought-where}",
        words={"thought-where": f"place {number}"},
    )


def graduate() -> Player:
    """Someone at the end of the program."""
    scores = tuple(
        Score(measure="mood", at=FIRST + timedelta(weeks=week), turn=week, total=total, items={})
        for week, total in enumerate((5.0, 3.0, 2.0))
    )
    words = {"goal": "walk to the lake", "values-first": "kin", "values-second": "craft"}
    return patient(
        release_with(flow("flow/end", {"show": "summary"})),
        scores=scores,
        done=(Done(flow="lesson/pacing", at=FIRST), Done(flow="flow/weekly", at=FIRST)),
        words=words,
        answers={"zone": "UTC", **words},
    )
