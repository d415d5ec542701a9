"""What content/README.md teaches is true."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from bot.content.proofreading import proofread
from flows.steps import KINDS
from flows.walk import ENGINE_VALUES

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

    proof = proofread(pack)

    assert named != text
    assert [str(mistake) for mistake in proof.errors] == []
    assert [str(w) for w in proof.warnings if "03-sleep" in w.file] == []


def test_every_kind_of_step_is_explained() -> None:
    """An author finds each kind of step in the table."""
    assert [kind for kind in KINDS if f"| `{kind}:" not in README] == []


def test_every_value_that_the_program_fills_in_is_named() -> None:
    """An author finds each placeholder that needs no question."""
    assert [name for name in sorted(ENGINE_VALUES) if f"`{{{name}}}`" not in README] == []
