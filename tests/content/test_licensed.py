"""A questionnaire that needs a licence: off with its reason, and on once a site adds its text."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.content.proofreading import proofread
from bot.content.reading import ContentError, read
from tests.content.packs import Edit, copy_with

SLOT = """measure: strength
title: Strength in two questions
short: Strength
recall: These days
items:
  - {short: First}
  - {short: Second, reversed: true}
scale: [0, 2]
score: sum
better: higher
range: [0, 4]
licence: belongs to somebody
why_off: A letter is needed.
source: a test
verified: true
"""
TEXT = """text: strength
about: Two sentences about these days.
items: [I can lift this., I cannot lift that.]
choices: {"0": "No", "1": Partly, "2": "Yes"}
attribution: With kind permission.
licence: {by: The owner of the words, on: 2026-03-02, purpose: patients of the clinic in Lund}
"""
LICENCE = TEXT.splitlines(keepends=True)[-1]


def pack_with(folder: Path, text: str = "") -> Path:
    """The tiny pack with the slot, and with this text for it."""
    pack = copy_with(Edit("measures/strength.yaml", "", SLOT), folder)
    if text:
        (pack / "licensed").mkdir()
        (pack / "licensed" / "strength.yaml").write_text(text, encoding="utf-8")
    return pack


def test_a_slot_without_its_text_is_off_and_says_why(tmp_path: Path) -> None:
    """It is no mistake, and one line names it."""
    pack = pack_with(tmp_path)

    proof = proofread(pack)

    assert not read(pack).measures["strength"].is_on
    assert proof.errors == ()
    assert [w.text for w in proof.warnings if "switched off" in w.text] == [
        "switched off: strength. A letter is needed."
    ]


def test_a_licensed_text_switches_the_slot_on(tmp_path: Path) -> None:
    """Words, answers and licence are the site's; the scoring stays the slot's."""
    pack = pack_with(tmp_path, TEXT)

    measure = read(pack).measures["strength"]

    assert measure.is_on
    assert [item.text for item in measure.items] == ["I can lift this.", "I cannot lift that."]
    assert measure.items[1].reversed
    assert measure.choices_of(1) == {"0": "No", "1": "Partly", "2": "Yes"}
    assert measure.licence == "The owner of the words, 2026-03-02: patients of the clinic in Lund"
    assert measure.attribution == "With kind permission."
    assert not [w for w in proofread(pack).warnings if "switched off" in w.text]


def test_an_item_may_have_answers_of_its_own(tmp_path: Path) -> None:
    """Some prints turn the answers round, or word them for one item; the scale stays."""
    own = """
  - text: I can lift this.
    choices: {"2": Without trouble, "1": Just, "0": Never}
  - I cannot lift that.
"""
    text = TEXT.replace(" [I can lift this., I cannot lift that.]", own.rstrip())

    measure = read(pack_with(tmp_path, text)).measures["strength"]

    assert list(measure.choices_of(1).items()) == [
        ("2", "Without trouble"),
        ("1", "Just"),
        ("0", "Never"),
    ]
    assert measure.choices_of(2) == {"0": "No", "1": "Partly", "2": "Yes"}
    assert measure.bounds_of(1) == (0, 2)


def test_items_that_all_have_their_own_answers_need_no_others(tmp_path: Path) -> None:
    """Nothing is asked for that the print does not have."""
    item = '{text: I can., choices: {"0": "No", "1": Partly, "2": "Yes"}}'
    text = TEXT.replace("[I can lift this., I cannot lift that.]", f"[{item}, {item}]")
    text = text.replace('choices: {"0": "No", "1": Partly, "2": "Yes"}\nattribution', "attribution")

    assert read(pack_with(tmp_path, text)).measures["strength"].is_on


@pytest.mark.parametrize("verified", [False, True])
def test_a_text_that_nobody_compared_with_the_print_is_said(tmp_path: Path, verified: bool) -> None:
    """The scoring of a slot is what we could read; the site has the print."""
    pack = pack_with(tmp_path, TEXT)
    slot = pack / "measures" / "strength.yaml"
    words = slot.read_text(encoding="utf-8")
    slot.write_text(words.replace("verified: true", f"verified: {verified}".lower()), "utf-8")

    said = [w.text for w in proofread(pack).warnings if "compare its answers" in w.text]

    assert [text.partition(":")[0] for text in said] == (
        []
        if verified
        else ["strength is switched on by your licence (The owner of the words, 2026-03-02"]
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "[I can lift this., I cannot lift that.]",
            "[I can lift this.]",
            "licensed/strength.yaml:3: strength has 2 items, and here is 1",
        ),
        (
            '"2": "Yes"}',
            '"3": "Yes"}',
            "licensed/strength.yaml:4: the choices of strength are the numbers from 0 to 2",
        ),
        (
            'choices: {"0": "No", "1": Partly, "2": "Yes"}\n',
            "",
            "licensed/strength.yaml:1: add `choices` or `anchors`:"
            " 0 to 2 say nothing by themselves",
        ),
        (
            "text: strength",
            "text: strenght",
            "licensed/strength.yaml:1: there is no measure strenght: did you mean strength?",
        ),
        (
            "text: strength",
            "text: mood",
            "licensed/strength.yaml:1: mood has its text already: take this file away",
        ),
        (
            LICENCE,
            "",
            "licensed/strength.yaml:1: `licence` is missing",
        ),
        (
            LICENCE,
            "licence: none really\n",
            "licensed/strength.yaml:6: licence: should be made of lines like `name: value`",
        ),
        (
            "{by: The owner of the words, on",
            "{on",
            "licensed/strength.yaml:6: licence: `by` is missing",
        ),
        (
            "on: 2026-03-02",
            "on: last spring",
            "licensed/strength.yaml:6: licence, on: should be a day such as 2026-03-31",
        ),
        (
            "I cannot lift that.]",
            '{text: I cannot., choices: {"0": "Yes", "1": "No"}}]',
            "licensed/strength.yaml:3: the choices of item 2 are the numbers from 0 to 2",
        ),
    ],
)
def test_a_text_that_does_not_fit_is_said_with_its_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    """Whoever dropped it in reads what is wrong and where; nothing is switched on half."""
    assert TEXT.count(old) == 1

    with pytest.raises(ContentError) as caught:
        read(pack_with(tmp_path, TEXT.replace(old, new)))

    assert [str(mistake) for mistake in caught.value.mistakes] == [said]
