"""Numbers and addresses in a clinician's words that may say who somebody is."""

from __future__ import annotations

import re

# a phone number, a health number, a file number: nine digits or more, however they are parted
_LONG_NUMBER = re.compile(r"(?<![\w+])\+?\d(?:[ ./()-]{0,2}\d){8,}(?!\w)")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def tells_who(text: str) -> bool:
    """Whether the words hold an e-mail address or a number as long as a person's."""
    return bool(_LONG_NUMBER.search(text) or _ADDRESS.search(text))
