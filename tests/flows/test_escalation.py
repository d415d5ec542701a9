"""What raises an alert, and what may become of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.effects import Fact
from flows.errors import IllegalMove
from flows.escalation import ALERT, move, on_item, on_score
from flows.machines import mermaid
from flows.program import Escalation, Measure, MeasureItem, Rule, Tier
from flows.state import Score

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)


def rule(name: str, tier: str = "amber", **more: Any) -> Rule:
    words = {"clinician": "Please look.", "source": "ours"}
    return Rule.model_validate({"rule": name, "tier": tier, **words, **more})


ESCALATION = Escalation(
    tiers={name: Tier(title=name, remind_minutes=15, window_hours=24) for name in ("red", "amber")},
    outcomes={"spoke": "We spoke"},
    rules=(
        rule("crisis-words", "red", reply="safety/crisis"),
        rule("item9-high", "red", measure="phq-9", item=9, gte=3, reply="safety/crisis"),
        rule("item9-some", measure="phq-9", item=9, gte=1, lte=2, reply="safety/check-in"),
        rule("item9-missing", measure="phq-9", missing_item=9),
        rule("phq9-severe", measure="phq-9", gte=20),
        rule("phq9-worse", measure="phq-9", worse_by=6),
        rule("peg-worse", measure="peg", worse_by=3.0),
        rule("peg-percent", measure="peg", worse_percent=30, baseline_gte=4, than=["baseline"]),
        rule("coping-worse", measure="coping", worse_by=10, than=["best"]),
        rule("person"),
    ),
)


def measure(name: str, better: str = "lower") -> Measure:
    return Measure.model_validate(
        {
            "measure": name,
            "title": name,
            "short": name,
            "about": "About",
            "recall": "Past week",
            "items": [MeasureItem(text="One", short="1"), MeasureItem(text="Two", short="2")],
            "score": "sum",
            "better": better,
            "range": (0, 60),
            "licence": "ours",
            "source": "ours",
        }
    )


def score(name: str, total: float | None, week: int = 0) -> Score:
    at = AT + timedelta(weeks=week)
    return Score(measure=name, at=at, turn=week, total=total, items={1: 1, 2: None})


@pytest.mark.parametrize(
    ("item", "value", "rules"),
    [
        (9, 0, []),
        (9, 1, ["item9-some"]),
        (9, 2, ["item9-some"]),
        (9, 3, ["item9-high"]),
        (9, None, ["item9-missing"]),
        (8, 3, []),
        (8, None, []),
    ],
)
def test_one_answer_can_raise_an_alert(item: int, value: int | None, rules: list[str]) -> None:
    """Any thought of self-harm does, and so does leaving that question out."""
    assert [raised.rule for raised in on_item(ESCALATION, "phq-9", item, value)] == rules


def test_an_answer_to_another_measure_raises_nothing() -> None:
    """Item 9 of something else is not about self-harm."""
    assert on_item(ESCALATION, "gad-7", 9, 3) == ()


def test_the_facts_of_an_answer() -> None:
    """The clinician sees the item, the answer and the bounds that it met."""
    (some,) = on_item(ESCALATION, "phq-9", 9, 2)
    (missing,) = on_item(ESCALATION, "phq-9", 9, None)

    assert some.facts == (Fact(measure="phq-9", bound="1–2", items={"9": 2}),)
    assert missing.facts == (Fact(measure="phq-9", items={"9": None}),)


@pytest.mark.parametrize(
    ("name", "earlier", "now", "rules"),
    [
        # the first score has nothing to be worse than
        ("phq-9", [], 19, []),
        ("phq-9", [], 20, ["phq9-severe"]),
        # +6 is reliable, +5 is not
        ("phq-9", [10], 15, []),
        ("phq-9", [10], 16, ["phq9-worse"]),
        ("phq-9", [15], 21, ["phq9-severe", "phq9-worse"]),
        # back to the start, but far from the best
        ("phq-9", [12, 5, 8], 11, ["phq9-worse"]),
        # scores without a total are no reference
        ("phq-9", [None], 15, []),
        ("phq-9", [None, 9], 15, ["phq9-worse"]),
        # thirds, as a mean of three gives them
        ("peg", [17 / 3], 26 / 3, ["peg-worse", "peg-percent"]),
        # 30 % of 4 are 1.2, but a third of a small score is too little to tell
        ("peg", [4.0], 5.2, ["peg-percent"]),
        ("peg", [11 / 3], 16 / 3, []),
        # a percentage of the best is not asked for
        ("peg", [6, 1], 2, []),
        # higher is better
        ("coping", [30, 40], 30, ["coping-worse"]),
        ("coping", [30, 40], 31, []),
        ("coping", [30], 45, []),
        ("unknown", [1], 50, []),
    ],
)
def test_a_score_is_held_against_the_first_and_the_best(
    name: str, earlier: Sequence[float | None], now: float, rules: list[str]
) -> None:
    """Severe totals and reliable worsening raise alerts, one for each rule."""
    before = [score(name, total, week) for week, total in enumerate(earlier)]
    asked = measure(name, "higher" if name == "coping" else "lower")

    raised = on_score(ESCALATION, asked, score(name, now, 9), before)

    assert [each.rule for each in raised] == rules


def test_the_facts_of_a_score() -> None:
    """The clinician sees now, the first, the best, and which threshold was passed against what."""
    before = [score("phq-9", 15, 0), score("phq-9", 9, 1), score("peg", 1, 2)]

    severe, worse = on_score(ESCALATION, measure("phq-9"), score("phq-9", 20, 3), before)

    fact = Fact(measure="phq-9", now=20, baseline=15, best=9, items={"1": 1, "2": None})
    assert severe.facts == (fact.model_copy(update={"bound": "≥ 20"}),)
    assert worse.facts == (fact.model_copy(update={"change": "+6", "against": ("best",)}),)


def test_the_words_of_a_threshold() -> None:
    """Both references are named if both are passed; percentages and the direction are shown."""
    peg = on_score(ESCALATION, measure("peg"), score("peg", 9), [score("peg", 5)])
    coping = on_score(
        ESCALATION, measure("coping", "higher"), score("coping", 5), [score("coping", 40)]
    )

    facts = [fact for raised in (*peg, *coping) for fact in raised.facts]
    assert [(fact.change, fact.against) for fact in facts] == [
        ("+3", ("baseline", "best")),
        ("+30 %", ("baseline",)),
        ("-10", ("best",)),
    ]


SLOW = Escalation(
    tiers={"yellow": Tier(title="yellow", remind_minutes=15, window_hours=24)},
    outcomes={"spoke": "We spoke"},
    rules=(
        rule("twice-worse", "yellow", measure="peg", worse_by=1, consecutive=2),
        rule("no-gain", "yellow", measure="peg", improved_less=1, within="flow/middle"),
        rule("above-expected", "yellow", measure="phq-9", above_expected=5),
        rule("pain-up", "yellow", measure="peg", item=1, worse_by=2),
        rule("hopeless", "yellow", measure="uw-cap6", items=[2, 3], gte=5),
        rule("coping-twice", "yellow", measure="coping", worse_by=10, consecutive=2),
    ),
)


@pytest.mark.parametrize(
    ("name", "earlier", "now", "rules"),
    [
        # twice in a row, each step by 1; the first step may be long ago
        ("peg", [3, 4], 5, ["twice-worse"]),
        ("peg", [1, 3, 4], 5, ["twice-worse"]),
        ("peg", [4], 5, []),
        ("peg", [3, 4], 4.5, []),
        ("peg", [3, 4, 3], 5, []),
        # a score that could not be made is no step
        ("peg", [3, None, 4], 5, ["twice-worse"]),
        # higher is better
        ("coping", [40, 30], 20, ["coping-twice"]),
        ("coping", [20, 30], 40, []),
        # week 9 after 12: 12 - 11.16 + 4.05 = 4.89
        ("phq-9", [12], 9.88, []),
        ("phq-9", [12], 9.89, ["above-expected"]),
        # nothing is known of those who began below 10
        ("phq-9", [9], 20, []),
    ],
)
def test_slow_worsening_is_seen(
    name: str, earlier: Sequence[float | None], now: float, rules: list[str]
) -> None:
    """Two steps in a row, or too far from the usual course, though no single step is large."""
    before = [score(name, total, week) for week, total in enumerate(earlier)]
    asked = measure(name, "higher" if name == "coping" else "lower")

    raised = on_score(SLOW, asked, score(name, now, 9), before)

    assert [each.rule for each in raised] == rules


@pytest.mark.parametrize(
    ("now", "flows", "rules"),
    [
        (5, ["flow/middle"], []),
        (5.01, ["flow/middle", "flow/full-measures"], ["no-gain"]),
        (6.5, ["flow/middle"], ["no-gain"]),
        # in any other week nothing is asked of the score
        (6.5, ["flow/weekly"], []),
    ],
)
def test_gain_is_looked_for_half_way_only(now: float, flows: list[str], rules: list[str]) -> None:
    """A rule that names a flow speaks only while that flow is open."""
    raised = on_score(SLOW, measure("peg"), score("peg", now, 9), [score("peg", 6)], flows)

    assert [each.rule for each in raised] == rules


def test_one_item_is_held_against_its_own_first_answer() -> None:
    """Average pain may rise while the total stays; the clinician sees the two answers."""
    first = score("peg", 6).model_copy(update={"items": {1: 5, 2: None}})
    new = score("peg", 6, 9).model_copy(update={"items": {1: 7, 2: None}})

    (up,) = on_score(SLOW, measure("peg"), new, [first])
    same = on_score(SLOW, measure("peg"), first.model_copy(update={"turn": 9}), [first])

    assert up.rule == "pain-up"
    assert up.facts == (
        Fact(measure="peg", baseline=5, change="+2", against=("baseline",), items={"1": 7}),
    )
    assert same == ()


@pytest.mark.parametrize(
    ("item", "value", "rules"),
    [(2, 5, ["hopeless"]), (3, 5, ["hopeless"]), (4, 5, []), (2, 4, []), (2, None, [])],
)
def test_a_rule_may_name_several_items(item: int, value: int | None, rules: list[str]) -> None:
    """Each of them raises the alert by itself, and none of the others does."""
    assert [each.rule for each in on_item(SLOW, "uw-cap6", item, value)] == rules


def test_the_facts_of_slow_worsening() -> None:
    """The clinician reads against what it was held, and the number that was expected."""
    twice = on_score(SLOW, measure("peg"), score("peg", 5, 9), [score("peg", 3), score("peg", 4)])
    above = on_score(SLOW, measure("phq-9"), score("phq-9", 21, 4), [score("phq-9", 20)])
    middle = on_score(SLOW, measure("peg"), score("peg", 6), [score("peg", 6)], ["flow/middle"])

    found = [fact for raised in (*twice, *above, *middle) for fact in raised.facts]
    assert [(fact.change, fact.against, fact.expected) for fact in found] == [
        ("2 × +1", ("previous",), None),
        ("+5", ("expected",), 15.84),
        ("> -1", ("baseline",), None),
    ]


def test_an_alert_reaches_the_roles_of_its_rule_or_of_its_tier() -> None:
    """What a rule says comes first; a tier that says nothing reaches both."""
    own = rule("left", "grey", reaches=["lead"])
    grey = Tier(title="grey", remind_minutes=15, window_hours=24, reaches=("clinician",))
    red = Tier(title="red", remind_minutes=15, window_hours=24)
    told = Escalation(tiers={"grey": grey, "red": red}, rules=(own,), outcomes={"spoke": "Spoke"})

    assert told.reaches(own) == ("lead",)
    assert told.reaches(rule("silence", "grey")) == ("clinician",)
    assert told.reaches(rule("crisis-words", "red")) == ("clinician", "lead")


def test_a_score_that_could_not_be_made_raises_nothing_by_itself() -> None:
    """Without a total there is no comparison; the missing item has raised its own alert."""
    assert on_score(ESCALATION, measure("phq-9"), score("phq-9", None), []) == ()


LIFE = {
    "raised": {"tell": "told", "see": "seen", "take": "taken", "fire": "raised"},
    "told": {"tell": "told", "see": "seen", "take": "taken", "fire": "told"},
    "seen": {"tell": "seen", "see": "seen", "take": "taken", "fire": "seen"},
    "taken": {
        "tell": "taken", "relieve": "taken", "act": "acted", "close": "closed", "fire": "taken",
    },
    # news after somebody acted asks for acting again
    "acted": {
        "tell": "acted", "relieve": "taken", "act": "acted", "close": "closed", "fire": "taken",
    },
    "closed": {"fire": "raised"},
}  # fmt: skip


@pytest.mark.parametrize("state", LIFE)
@pytest.mark.parametrize("trigger", ["tell", "see", "take", "relieve", "act", "close", "fire"])
def test_an_alerts_life(state: str, trigger: str) -> None:
    """Only one can take it, only who has it can close it, nothing closes by itself."""
    if trigger in LIFE[state]:
        assert move(state, trigger) == LIFE[state][trigger]
    else:
        with pytest.raises(IllegalMove):
            move(state, trigger)


def test_an_alerts_life_can_be_drawn() -> None:
    """The picture comes from the machine that decides."""
    drawn = mermaid(ALERT, "An alert")

    assert "raised --> told: tell" in drawn
    assert "acted --> closed: close" in drawn
