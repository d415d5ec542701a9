"""Cards on their way through the real service: kept, given back as a file, drawn, and private."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from bot.service.export import DATA, own_file
from bot.service.picture import Painter
from bot.service.post import BODY, Picture
from bot.service.sheet import ACCENT, INK, PAPER, draw_sheet
from flows.effects import Chart, Series, Sheet
from flows.program import Release
from tests.bot.service.practice import Person, Practice
from tests.flows.small import FIRST, flow, release_with

CANARY = "my marmot hurts at night"
RECORD = flow(
    "exercise/record",
    {"write": "thought-words", "text": "What did you think?"},
    {"card": "thought-record", "text": "**My record**\nI thought: {thought-words}"},
    {"say": "It is kept."},
)
FAMILY = "😀 👨\u200d👩\u200d👧"
LABELS = {"baseline": "at first", "now": "now", "better": "better"}


@pytest.fixture
def release() -> Release:
    """The smallest content with an exercise that ends in a card."""
    return release_with(RECORD)


async def test_all_of_a_card_is_in_the_file_that_a_patient_may_ask_for(practice: Practice) -> None:
    """Both versions, as they were read, with their answers; nothing of anyone else's."""
    ann, bob = practice.person(1), practice.person(2)
    await fills_in(ann, "it gets worse")
    await fills_in(bob, "I never sleep")

    await ann.brings(".card-change-1")
    await ann.says("it passes")

    [first, second] = given(practice, ann)["cards"]
    assert (first["number"], first["title"], first["text"]) == (
        1, "Made", "My record\nI thought: it gets worse",
    )  # fmt: skip
    assert second["answers"] == {"thought-words": "it passes"}
    assert first["replaced_at"] == second["at"]
    assert second["replaced_at"] is None
    assert "never sleep" not in str(given(practice, ann))


async def test_a_card_is_drawn_and_sent_as_a_picture(practice: Practice) -> None:
    """Drawn by the real painter in its own process, after the tap on the card's button."""
    ann = practice.person(1)
    await fills_in(ann, "it gets worse")
    await ann.brings(".card-1")

    await ann.taps("Picture")

    pictures = [call for call in practice.messenger.taken_by(1) if call.kind == "picture"]
    assert [call.text for call in pictures] == ["Card picture caption."]


async def test_the_words_on_a_card_stay_between_the_patient_and_the_program(
    practice: Practice, caplog: pytest.LogCaptureFixture
) -> None:
    """In no clinician's chat and in no log, whatever is done with the card, in a crisis too."""
    caplog.set_level(logging.DEBUG)
    await practice.clinician(9, "Dr Lee")
    ann = practice.person(1)
    await fills_in(ann, CANARY)
    for data in (".cards", ".card-1", ".card-picture-1", ".card-change-1"):
        await ann.brings(data)
    await ann.says("I want to end my life")
    ann.news()

    await ann.brings(".card-1")

    assert "Are you safe for now?" in "\n".join(ann.news())
    told = [call.text for call in practice.messenger.taken_by(9)]
    assert [text for text in told if "C alert." in text]
    assert CANARY not in "\n".join([*told, caplog.text])


def test_a_chart_that_waited_while_the_program_was_renewed_is_still_sent() -> None:
    """What lies in the outbox was written by the version before."""
    chart = Chart(series=(), caption="Scores", labels={})
    row = json.dumps({"shape": "picture", "chart": chart.model_dump(mode="json")})

    assert BODY.validate_json(row) == Picture(drawing=chart)


def series(title: str, *scores: float) -> Series:
    """A measure's scores, from 0 to 10."""
    points = tuple((FIRST, score) for score in scores)
    return Series(measure=title, title=title, better="lower", range=(0, 10), points=points)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("\n\n\n", {}),
        ("**Heading**\nplain", {}),
        ("I thought: {words}", {"words": "it costs $5, or $x^2$, or \\frac{1}"}),
        ("{words}", {"words": "x" * 3000}),
        ("{words}", {"words": "many words " * 400}),
        ("{words}", {"words": "line\n" * 1000}),
        (
            "**My record** {words}",
            {"words": FAMILY + " ❤️ 痛い हिंदी \u200b\u2066 e\u0301 **not bold**"},
        ),
        ("**מה:** {words}", {"words": "כאב 7 מתוך 10, ואז hello " * 4}),
        ("{words}", {"words": "الألم أقل اليوم 5 من 10"}),
    ],
)
def test_whatever_people_write_can_be_drawn(text: str, values: dict[str, str]) -> None:
    """As wide as a phone, no higher than a messenger takes, and without a word on any stream."""
    pixels = drawn(Sheet(title="A title · 3 Mar", text=text, values=values, caption="Yours"))
    height, width = pixels.shape[:2]

    assert 800 <= width <= 1280
    assert height + width <= 10_000
    assert height <= 20 * width


def test_words_are_written_in_ink_and_numbers_as_tracks() -> None:
    """More words are a higher picture, and scores are drawn under them."""
    bare = drawn(Sheet(title="", text="", caption="c"))
    words = drawn(Sheet(title="", text="one line\nand another", caption="c"))
    whole = drawn(
        Sheet(
            title="", text="one line\nand another", caption="c", labels=LABELS,
            series=(series("Pain", 7, 5, 3), series("Sleep", 4)),
        )
    )  # fmt: skip

    assert has(words, INK)
    assert not has(bare, INK)
    assert len(bare) < len(words) < len(whole)
    assert count(whole[len(words) :], ACCENT) > 1000


def test_every_word_stands_out_from_the_paper() -> None:
    """At least 4.5 to 1, as WCAG 2.2 asks for text."""
    assert contrast(INK, PAPER) >= 4.5
    assert contrast(ACCENT, PAPER) >= 4.5


async def test_the_painter_draws_sheets_and_charts_alike() -> None:
    """One process, two kinds of drawing, one after the other."""
    painter = Painter(idle=0)
    chart = Chart(series=(series("Pain", 7, 5),), caption="c", labels=LABELS)
    sheet = Sheet(title="t", text="words", caption="c")

    pictures = await asyncio.gather(painter.png(sheet), painter.png(chart))

    assert [png[:8] for png in pictures] == [b"\x89PNG\r\n\x1a\n"] * 2
    assert pictures[0] == draw_sheet(sheet)


async def fills_in(person: Person, words: str) -> None:
    """Go in, do the exercise, and keep the card."""
    await person.says("/start")
    await person.taps("I agree")
    await person.says("/record")
    await person.says(words)


def given(practice: Practice, person: Person) -> dict[str, Any]:
    """What the patient's own file says."""
    whole: dict[str, Any] = json.loads(
        practice.store.read_now(own_file, practice.site, person.patient_id, DATA)
    )
    return whole


def drawn(sheet: Sheet) -> Any:
    """The pixels of the sheet, from 0 to 1."""
    return imread(io.BytesIO(draw_sheet(sheet)))[:, :, :3]


def has(pixels: Any, color: str) -> bool:
    return count(pixels, color) > 20


def count(pixels: Any, color: str) -> int:
    return int((np.abs(pixels - rgb(color)).max(axis=2) < 0.02).sum())


def rgb(color: str) -> list[float]:
    return [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def contrast(ink: str, paper: str) -> float:
    """The contrast ratio of WCAG 2.2."""
    darker, lighter = sorted(map(luminance, (ink, paper)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb(color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
