"""What content/README.md teaches is true."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

from bot.content.proofreading import proofread_for_release
from bot.content.reading import read
from bot.content.schema import kind_of, schemas
from bot.content.yaml import parse
from flows.steps import KINDS, Condition
from flows.walk import ENGINE_VALUES
from flows.walk.graph import Atlas
from flows.walk.names import conditions

CONTENT = Path(__file__).parents[2] / "content"
PACING = "      - lesson/cbt-pacing\n"
README = (CONTENT / "README.md").read_text(encoding="utf-8")


def test_the_lesson_in_the_readme_can_be_used_as_it_stands(tmp_path: Path) -> None:
    """An author who copies it and names it in the program has a lesson without a mistake."""
    pack = Path(shutil.copytree(CONTENT, tmp_path / "content"))
    (example,) = re.findall(r"```yaml\n(lesson: .*?)```", README, re.DOTALL)
    (pack / "lessons" / "cbt" / "03-sleep.yaml").write_text(example, encoding="utf-8")
    program = pack / "program.yaml"
    text = program.read_text(encoding="utf-8")
    named = text.replace(PACING, f"{PACING}      - lesson/cbt-sleep\n")
    program.write_text(named, encoding="utf-8")

    # the other lessons are played by `make check`
    proof = proofread_for_release(pack, datetime.now(UTC).date(), only=["lesson/cbt-sleep"])

    assert named != text
    assert [str(mistake) for mistake in proof.errors] == []
    assert [str(w) for w in proof.warnings if "03-sleep" in w.file] == []


def test_every_kind_of_step_is_explained() -> None:
    """An author finds each kind of step in the table."""
    assert [kind for kind in KINDS if f"| `{kind}:" not in README] == []


def test_every_value_that_the_program_fills_in_is_named() -> None:
    """An author finds each placeholder that needs no question."""
    assert [name for name in sorted(ENGINE_VALUES) if f"`{{{name}}}`" not in README] == []


def test_every_condition_that_is_shown_could_be_used() -> None:
    """What an author copies from the table is read, and names what is there."""
    atlas = Atlas(read(CONTENT))
    (section,) = re.findall(r"\n## Conditions\n(.*?)\n## ", README, re.DOTALL)
    shown = re.findall(r"`(\{[^`]+\})`", section)

    assert len(shown) >= 10
    for example in shown:
        condition = Condition.model_validate(parse("README.md", example.encode()).value)
        assert list(conditions(atlas, condition)) == [], example


def test_editors_are_told_the_schema_of_every_file() -> None:
    """Each content file is matched by the settings, to the schema of its kind."""
    (block,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    settings = json.loads(block)["yaml.schemas"]
    told = {
        file.relative_to(CONTENT).as_posix(): Path(schema).stem
        for schema, globs in settings.items()
        for glob in ([globs] if isinstance(globs, str) else globs)
        for file in CONTENT.parent.glob(f"{glob}/*" if glob.endswith("**") else glob)
        if file.suffix == ".yaml"
    }
    files = [path.relative_to(CONTENT).as_posix() for path in CONTENT.rglob("*.yaml")]

    assert told == {file: kind_of(file) for file in files}
    assert {Path(schema).stem for schema in settings} == set(schemas())
