"""The {placeholders} of a text: one pattern, for whoever writes, checks or fills them."""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_-]*)\}")
"""A name in braces, in small letters."""


def names_in(text: str) -> frozenset[str]:
    """The names that the text needs values for."""
    return frozenset(PLACEHOLDER.findall(text))
