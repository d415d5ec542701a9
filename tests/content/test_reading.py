"""A folder of files becomes one release that can be stored, compared and traced to its lines."""

from __future__ import annotations

from pathlib import Path

from bot.content.library import open_library
from bot.content.proofreading import proofread_to_start
from bot.content.reading import read
from flows.program import Release
from flows.steps import Raise
from flows.walk.graph import Atlas
from tests.content.packs import TINY, Edit, copy_with

SHIPPED = Path(__file__).parents[2] / "content"


def test_the_content_that_is_shipped_has_no_mistakes() -> None:
    """What would stop a start is never shipped; `make check` and the readme's lesson play it."""
    assert [str(mistake) for mistake in proofread_to_start(SHIPPED).errors] == []


def test_a_release_that_is_stored_comes_back_the_same() -> None:
    """Patients finish a flow on the release they began it with, even after a restart."""
    release = read(SHIPPED)
    for graph in Atlas(release).graphs.values():
        assert graph.reached  # what was computed on the way is not stored

    stored = Release.model_validate_json(release.model_dump_json())

    assert stored == release
    assert stored.model_dump_json() == release.model_dump_json()
    assert stored.all_flows == release.all_flows


def test_words_that_python_keeps_for_itself_survive_storing(tmp_path: Path) -> None:
    """`raise`, `is` and `in` are stored under the names that authors write."""
    edit = Edit(
        "lessons/pacing.yaml",
        "  - do: exercise/breathing",
        "  - raise: mood-high\n"
        "  - decide:\n"
        "      - {when: {key: boom-bust, is: often}, goto: smaller}\n"
        "      - {when: {key: boom-bust, in: [sometimes, rarely]}, goto: steady}",
    )
    release = read(copy_with(edit, tmp_path))

    body = release.model_dump_json()

    assert '"raise":"mood-high"' in body
    assert '"is":"often"' in body
    assert '"in":["sometimes","rarely"]' in body
    assert isinstance(Release.model_validate_json(body).flow("lesson/pacing").steps[3], Raise)


def test_the_hash_tells_contents_apart_and_not_copies(tmp_path: Path) -> None:
    """The same bytes under the same names are the same release wherever they lie."""
    copy = copy_with(Edit("README.yaml.txt", "", "not content"), tmp_path / "a")
    changed = copy_with(Edit("lessons/pacing.yaml", "a good day", "a fine day"), tmp_path / "b")
    moved = copy_with(Edit("README.md", "", "not content"), tmp_path / "c")
    (moved / "lessons" / "pacing.yaml").rename(moved / "lessons" / "02-pacing.yaml")

    hashes = [read(folder).hash for folder in (TINY, copy, changed, moved)]

    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


def test_a_flow_is_known_by_its_first_line_wherever_its_file_lies(tmp_path: Path) -> None:
    """Authors may sort lessons into folders and number them."""
    pack = copy_with(Edit("README.md", "", "not content"), tmp_path)
    (pack / "lessons" / "cbt").mkdir()
    (pack / "lessons" / "pacing.yaml").rename(pack / "lessons" / "cbt" / "02-pacing.yaml")

    assert read(pack).flow("lesson/pacing") == read(TINY).flow("lesson/pacing")


def test_every_part_is_traced_to_its_file_and_line() -> None:
    """A finding about a step, a rule, a band or a phase leads to where it is written."""
    library = open_library(TINY)

    assert library.where("lesson/pacing", "steady") == ("lessons/pacing.yaml", 14)
    assert library.where("lesson/pacing", "do-4") == ("lessons/pacing.yaml", 13)
    assert library.where("flow/setup", "goal") == ("flows/setup.yaml", 4)
    assert library.where("measure/mood", "bands.2") == ("measures/mood.yaml", 16)
    assert library.where("escalation", "rules.mood-high") == ("escalation.yaml", 12)
    assert library.where("program", "phases.screening") == ("program.yaml", 5)
    assert library.where("program", "nothing.there") == ("program.yaml", 1)
