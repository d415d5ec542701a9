"""The picture that a patient gets for /progress, drawn from the real content."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from bot.service.draw import LINE
from bot.service.picture import Painter
from flows.effects import Chart
from flows.events import Said
from flows.state import Score, State
from flows.turn import turn
from tests.flows.starts import real_release

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "progress.png"
FIRST = datetime(2026, 9, 7, 9, 30, tzinfo=UTC)
# three answers a week, slowly getting better
WEEKS = [(7, 6, 7), (6, 7, 6), (6, 6, 6), (6, 5, 5), (5, 4, 5)]


async def test_five_weeks_of_less_pain_are_a_line_that_falls() -> None:
    """Lower scores stand lower, and the picture is as wide as a phone can show."""
    png = await Painter(idle=0).png(_chart())
    if os.environ.get("PACEFUL_PICTURES") == "1":
        PICTURE.write_bytes(png)

    pixels = imread(io.BytesIO(png))[:, :, :3]
    height, width = pixels.shape[:2]
    drawn = np.abs(pixels - to_rgb(LINE)).max(axis=2) < 0.02
    drawn[: height // 3] = False  # the heading has the same colour
    rows, columns = np.nonzero(drawn)
    left, right = rows[columns < width // 3].mean(), rows[columns > 2 * width // 3].mean()

    assert right - left > height / 20
    assert 800 <= width <= 1280


def _chart() -> Chart:
    """What the engine has drawn when this patient asks for their progress."""
    release = real_release()
    state = State(release=release.hash, phase="learning", scores=tuple(_scores()))
    said = Said(at=FIRST + timedelta(days=29), text="/progress")
    [chart] = [e for e in turn(release, state, said).effects if isinstance(e, Chart)]
    return chart


def _scores() -> list[Score]:
    return [
        Score(
            measure="peg",
            at=FIRST + timedelta(weeks=week),
            turn=week,
            total=sum(items) / len(items),
            items=dict(enumerate(items, 1)),
        )
        for week, items in enumerate(WEEKS)
    ]
