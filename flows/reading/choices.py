"""Typed words in place of a button, a command or a country."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from flows.folding import bare, written
from flows.program import Country
from flows.reading.alike import is_alike
from flows.spoken import SLASH

_FLAG_A = 0x1F1E6  # flags are written with 26 letters of their own
_FLAG_LETTERS = {_FLAG_A + n: chr(ord("a") + n) for n in range(26)}


def read_choice(text: str, choices: Mapping[str, str]) -> str | None:
    """The value of the choice that is meant: named, numbered, begun or mistyped."""
    if (exact := exact_choice(text, choices)) is not None:
        return exact
    said = bare(text)
    if not said:
        return None
    if said.isdigit() and not _has_numbers(choices):
        return _nth(int(said[:4]), tuple(choices))
    labels = {value: written(label) for value, label in choices.items()}
    begun = [value for value, label in labels.items() if _begins(said, label)]
    alike = [value for value, label in labels.items() if is_alike(said, label)]
    return _only(begun) or _only(alike)


def exact_choice(text: str, choices: Mapping[str, str]) -> str | None:
    """The value of the one choice that was written out, as its value or its label."""
    said = bare(text)
    same = [v for v, label in choices.items() if said in (written(v), written(label))]
    return _only(same) if said else None


def read_command(text: str, spoken: Mapping[str, str]) -> str | None:
    """The command that the whole message is, typed with a slash or in words of `flows.spoken`."""
    if text.startswith(SLASH):
        words = text.removeprefix(SLASH).split(maxsplit=1) or [""]
        return spoken.get(SLASH + words[0].partition("@")[0].casefold())
    return spoken.get(bare(text))


def read_country(text: str, countries: Mapping[str, Country]) -> str | None:
    """The code of the country that is named: by code, flag, name, or a name nearly right."""
    said = bare(text.translate(_FLAG_LETTERS)).removeprefix("the ")
    if said in countries:
        return said
    names = {code: tuple(_names(country)) for code, country in countries.items()}
    same = [code for code, known in names.items() if said in known]
    within = [code for code, known in names.items() if any(_mentions(said, name) for name in known)]
    alike = [code for code, known in names.items() if any(is_alike(said, name) for name in known)]
    return _only(same) or _only(within) or _only(alike)


def _names(country: Country) -> Iterator[str]:
    return (written(name).removeprefix("the ") for name in (country.name, *country.names))


def _mentions(said: str, name: str) -> bool:
    # "tell us" is not about the US
    return len(name) > 3 and f" {name} " in f" {said} "


def _has_numbers(choices: Mapping[str, str]) -> bool:
    labels = "".join(choices.values())
    return any(map(str.isdigit, labels)) or any(written(value).isdigit() for value in choices)


def _nth(number: int, values: Sequence[str]) -> str | None:
    return values[number - 1] if 1 <= number <= len(values) else None


def _begins(said: str, label: str) -> bool:
    """Whether the label begins so, and more was said than "I am", which may end in any way."""
    if said.isdigit():
        return label.split()[:1] == [said]
    is_telling = " " not in label or max(map(len, said.split())) > 2
    return label.startswith(said) and is_telling


def _only(values: Sequence[str]) -> str | None:
    return values[0] if len(values) == 1 else None
