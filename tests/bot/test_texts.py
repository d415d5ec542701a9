"""The texts that the service says are those that the checker asks of the content."""

import re
from pathlib import Path

from flows.walk.desk_messages import DESK_TEXTS

SERVICE = Path(__file__).parents[2] / "bot" / "service"


def test_every_text_for_clinicians_is_asked_of_the_content() -> None:
    """A text that is said and nobody wrote would stop an alert on its way."""
    sources = "\n".join(path.read_text(encoding="utf-8") for path in SERVICE.glob("*.py"))
    said = set(re.findall(r'"((?:c|age)-[a-z][a-z-]*)"', sources))

    assert len(said) > 25
    assert said <= DESK_TEXTS.keys()
