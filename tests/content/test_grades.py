"""How hard a text is to read: counted as published, and never harder than patients can follow."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.content.grades import grade, too_hard
from bot.content.proofreading import proofread, proofread_for_release
from bot.content.reading import read
from bot.content.syllables import syllables
from tests.content.packs import TINY, Edit, copy_with

SHIPPED = Path(__file__).parents[2] / "content"
TODAY = date(2026, 3, 1)
HARD = (
    "Then the exercise can become considerably smaller, and your activity every afternoon "
    "remains realistic."
)


@pytest.mark.parametrize(
    ("word", "heard"),
    [
        ("pain", 1),
        ("the", 1),
        ("made", 1),
        ("moved", 1),
        ("needed", 2),
        ("little", 2),
        ("boxes", 2),
        ("breathe", 1),
        ("something", 2),
        ("someone", 2),
        ("movement", 2),
        ("every", 2),
        ("idea", 3),
        ("diary", 3),
        ("easier", 3),
        ("saying", 2),
        ("didn't", 2),
        ("you’ll", 1),
        ("medication", 4),
        ("catastrophic", 4),
        ("Rehabilitation", 6),
    ],
)
def test_syllables_are_counted_as_people_say_them(word: str, heard: int) -> None:
    """Spelling tells, silent letters and neighbours included."""
    assert syllables(word) == heard


@pytest.mark.parametrize(
    ("text", "words", "sentences", "heard"),
    [
        # ten words of one syllable, in one sentence and in two
        ("We walk down to the shop and back at noon.", 10, 1, 10),
        ("We walk down to the shop. We rest at noon.", 10, 2, 10),
        # two words of two syllables
        ("We walk slowly to the shop and rest in summer.", 10, 1, 12),
        # a line that begins with a bullet, or with a capital letter, stands by itself
        ("Some signs to know:\n• a numb leg\n• a hot knee\n• no feeling", 12, 4, 13),
        # markup, placeholders, numbers, addresses and commands are not words
        ("**We walk** {plan-how-much|a little} to the _shop_ at 10:30 and rest by /now.", 9, 1, 9),
    ],
)
def test_the_grade_is_the_published_formula(
    text: str, words: int, sentences: int, heard: int
) -> None:
    """Kincaid 1975: 0.39 words per sentence, 11.8 syllables per word, less 15.59."""
    expected = 0.39 * words / sentences + 11.8 * heard / words - 15.59

    assert grade(text) == pytest.approx(expected)


def test_a_few_words_are_not_graded() -> None:
    """Seven words say too little about how hard a text is; eight are enough."""
    assert grade("Multidisciplinary " * 7) is None
    assert grade("Multidisciplinary " * 8) is not None


def test_a_bubble_that_is_too_hard_stops_a_release_and_not_a_service(tmp_path: Path) -> None:
    """The author reads where it is and what to do; whoever is in the program goes on."""
    pack = copy_with(Edit("lessons/pacing.yaml", "Then make it smaller.", HARD), tmp_path)

    proof = proofread_for_release(pack, TODAY)

    assert [str(mistake) for mistake in proof.errors] == [
        "lessons/pacing.yaml:1: its middle bubble has reading grade 9.3, at most 6 is easy: "
        "write shorter sentences and shorter words",
        "lessons/pacing.yaml:22: smaller: reading grade 16.0, at most 8 can be followed: "
        "write shorter sentences and shorter words",
    ]
    assert proofread(pack).errors == ()


def test_a_flow_of_bubbles_that_are_all_a_little_hard_is_too_hard(tmp_path: Path) -> None:
    """Each bubble may pass and the whole still tire: the middle one is held lower."""
    harder = "On most mornings, a gentle walk around the garden is better than a longer rest."
    steps = f"  - say: {harder}\n  - say: {harder}\n"
    flow = f"exercise: hard\ntitle: Hard\nevidence: [10.1000/182]\nsteps:\n{steps}"
    pack = copy_with(Edit("exercises/hard.yaml", "", flow), tmp_path)

    said = [str(mistake) for mistake in proofread_for_release(pack, TODAY).errors]

    assert 6 < (grade(harder) or 0) < 8
    assert [each for each in said if "reading grade" in each] == [
        "exercises/hard.yaml:1: its middle bubble has reading grade 6.8, "
        "at most 6 is easy: write shorter sentences and shorter words"
    ]


def test_other_languages_are_not_graded_in_silence(tmp_path: Path) -> None:
    """The formula is for English: elsewhere the checker says that nobody measured."""
    edit = Edit("program.yaml", "program: tiny", "language: fr\nprogram: tiny")

    (found,) = too_hard(read(copy_with(edit, tmp_path)))

    assert found.severity == "warning"
    assert found.text == "reading grades are known for English only: fr has none"


@pytest.mark.parametrize("folder", [SHIPPED, TINY], ids=["shipped", "tiny"])
def test_nothing_that_is_shipped_is_too_hard_to_read(folder: Path) -> None:
    """A tired person on a phone can follow every bubble."""
    found = [f"{each.flow} {each.step}: {each.text}" for each in too_hard(read(folder))]

    assert found == []
