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


def test_a_score_that_could_not_be_made_raises_nothing_by_itself() -> None:
    """Without a total there is no comparison; the missing item has raised its own alert."""
    assert on_score(ESCALATION, measure("phq-9"), score("phq-9", None), []) == ()


LIFE = {
    "raised": {"tell": "told", "take": "taken", "fire": "raised"},
    "told": {"tell": "told", "take": "taken", "fire": "told"},
    "taken": {"tell": "taken", "act": "acted", "close": "closed", "fire": "taken"},
    "acted": {"tell": "acted", "act": "acted", "close": "closed", "fire": "acted"},
    "closed": {"fire": "raised"},
}


@pytest.mark.parametrize("state", LIFE)
@pytest.mark.parametrize("trigger", ["tell", "take", "act", "close", "fire"])
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
