"""Nothing that a clinician should sign is missing from the checklist."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bot.content.library import Library, open_library
from bot.content.review import checklist
from tests.content.packs import TINY

SHIPPED = Path(__file__).parents[2] / "content"
POINT = re.compile(r"- \[ \] `(content/[\w./-]+):(\d+)` (.+); who: _+ when: _+")


@pytest.fixture(scope="module")
def library() -> Library:
    """The content that patients meet."""
    return open_library(SHIPPED)


@pytest.fixture(scope="module")
def points(library: Library) -> list[tuple[str, int, str]]:
    """The file, line and text of every point on the checklist."""
    lines = [line for line in checklist(library, "content").splitlines() if line[:1] == "-"]
    found = [POINT.fullmatch(line) for line in lines]
    return [(match[1], int(match[2]), match[3]) for match in found if match]


def test_every_point_has_a_place_and_room_for_a_name_and_a_date(
    library: Library, points: list[tuple[str, int, str]]
) -> None:
    """Whoever signs can open the line, and the line is there."""
    lines = [line for line in checklist(library, "content").splitlines() if line[:1] == "-"]

    assert len(points) == len(lines)
    for file, line, _ in points:
        text = (SHIPPED.parent / file).read_text(encoding="utf-8")
        assert line <= len(text.splitlines())


def test_everything_of_weight_is_on_the_list(
    library: Library, points: list[tuple[str, int, str]]
) -> None:
    """Each flow, rule, questionnaire, set of bands, help line and phrase list, by its name."""
    release = library.release
    lines = [line for country in release.countries.values() for line in country.lines]
    wanted = {
        *(f"{name}: {flow.title}" for name, flow in release.flows.items()),
        *(f"{rule.rule} ({rule.tier}): " for rule in release.escalation.rules),
        *(f"{name}: {measure.title}" for name, measure in release.measures.items()),
        *(f"{n}: {m.bands[0].name} up to" for n, m in release.measures.items() if m.bands),
        *(f": {line.name}, " for line in lines),
        *(f"{language}: {len(p.hard)} hard" for language, p in release.crisis.phrases.items()),
    }
    said = "\n".join(text for _, _, text in points)

    assert [name for name in sorted(wanted) if name not in said] == []


def test_what_nobody_verified_is_marked(library: Library) -> None:
    """As many marks as there are facts without a person behind them."""
    release = library.release
    measures = release.measures.values()
    facts = [
        *(line.verified for country in release.countries.values() for line in country.lines),
        *(measure.verified for measure in measures),
        *(measure.change.verified for measure in measures if measure.change),
        *(measure.missing.verified for measure in measures if measure.missing.source),
        *(rule.verified for rule in release.escalation.rules),
        *(release.crisis.verified for _ in release.crisis.phrases),
    ]

    text = checklist(library, "content")

    assert text.count("**not verified**") == facts.count(False)


def test_a_threshold_is_said_in_full(points: list[tuple[str, int, str]]) -> None:
    """The number that is signed stands on the list."""
    (rule,) = [text for _, _, text in points if text.startswith("item9-high ")]

    assert "measure phq-9, item 9, gte 3; source: Nielssen 2022" in rule


def test_the_same_content_gives_the_same_list_and_other_content_another(tmp_path: Path) -> None:
    """A signature belongs to one release: its hash stands on top."""
    twin, other = (Path(shutil.copytree(TINY, tmp_path / name)) for name in ("one", "two"))
    (other / "crisis.yaml").write_bytes((TINY / "crisis.yaml").read_bytes() + b"# looked at\n")
    lists = [checklist(open_library(pack), "content") for pack in (TINY, twin, other)]

    assert lists[0] == lists[1]
    assert lists[0].splitlines()[2] == f"Release: `{open_library(TINY).release.hash}`"
    assert lists[2].splitlines()[2] != lists[0].splitlines()[2]
