"""The small kinds of value that the content is written in: keys, labels, words, numbers."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)]
Words = Annotated[str, Field(min_length=1)]
Label = Annotated[str, Field(min_length=1, max_length=64)]
Number = int | float


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Chosen = Annotated[str, BeforeValidator(_as_text)]
"""What a choice is kept as; a number may be written without quotes."""

Choices = dict[Chosen, Label]
"""The choices of a question: their values and labels."""
