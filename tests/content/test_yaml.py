"""YAML without its surprises, and without its bombs."""

from __future__ import annotations

from typing import Any

import pytest

from bot.content.folder import LARGEST
from bot.content.yaml import parse

READ: list[tuple[str, Any]] = [
    # words that other YAML readers turn into something else
    ("a: no", {"a": "no"}),
    ("a: yes", {"a": "yes"}),
    ("a: on", {"a": "on"}),
    ("a: 07:00", {"a": "07:00"}),
    ("a: 12:30:45", {"a": "12:30:45"}),
    ("a: 2026-11-05", {"a": "2026-11-05"}),
    ("a: 0x1F", {"a": "0x1F"}),
    ("a: 0o17", {"a": "0o17"}),
    ("a: 017", {"a": "017"}),
    ("a: 1e3", {"a": "1e3"}),
    ("a: .inf", {"a": ".inf"}),
    ("a: .nan", {"a": ".nan"}),
    ("a: 1_000", {"a": "1_000"}),
    ("a: True", {"a": "True"}),
    # what they are meant to be
    ("a: 7", {"a": 7}),
    ("a: -3", {"a": -3}),
    ("a: 2.5", {"a": 2.5}),
    ("a: true", {"a": True}),
    ("a:", {"a": None}),
    ("a: ~", {"a": None}),
    ('a: "7"', {"a": "7"}),
    ("a: ''", {"a": ""}),
    # a name before a colon is always words
    ("7: seven", {"7": "seven"}),
    ("no: 0", {"no": 0}),
    ("{5: five, true: so}", {"5": "five", "true": "so"}),
    # texts
    ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
    ("a: |-\n  one\n\n  two\n", {"a": "one\n\ntwo"}),
    ("a: >-\n  one\n  two\n", {"a": "one two"}),
    ("a: what's this # a comment", {"a": "what's this"}),
    # files of other editors
    ("\ufeffa: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
    ("a: |\r\n  one\r\n  two\r\n", {"a": "one\ntwo\n"}),
]


@pytest.mark.parametrize(("text", "value"), READ)
def test_what_is_written_is_what_is_read(text: str, value: object) -> None:
    """A value is a number only when it looks like one to everybody; all else stays words."""
    document = parse("a.yaml", text.encode())

    assert document.mistakes == ()
    assert document.value == value


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: 2\na: 3", 3, "`a` is here twice: keep one of them"),
        ("a: &x [1]\nb: *x", 1, "put quotes around words that begin with & or *"),
        ("a: 1\nb: *x", 2, "put quotes around words that begin with & or *"),
        ("a: **bold**", 1, "put quotes around words that begin with & or *"),
        ("a: !!python/object:os.system x", 1, "put quotes around words that begin with !"),
        ("a: @home", 1, "put quotes around words that begin with a special sign"),
        ("? [a, b]\n: c", 1, "the name before a colon must be a word"),
        ("a: [1, 2\nb: 3", 2, "a comma or a closing bracket is missing here or in the line before"),
        ("a: 1\nb", 2, "a colon is missing here or in the line before"),
        ("a: 'it's'", 1, "a quotation mark ends too early, or the indentation is wrong"),
        ("a: x\x07", 1, "there is a character that YAML does not allow: type the text anew"),
        ("# nothing", 1, "the file is empty"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(text: str, line: int, said: str) -> None:
    """One sentence says where and what to do."""
    (mistake,) = parse("a.yaml", text.encode()).mistakes

    assert (mistake.line, mistake.text) == (line, said)


def test_a_file_in_another_encoding_is_refused_at_its_line() -> None:
    """A Latin-1 file would show wrong letters to patients."""
    (mistake,) = parse("a.yaml", "a: plain\nb: café".encode("latin-1")).mistakes

    assert (mistake.line, mistake.text) == (2, "save the file as UTF-8")


@pytest.mark.parametrize(
    "bomb",
    [
        "[" * 100_000,
        "{" * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "[{a: " * 50_000,
        "\n".join(" " * depth + "a:" for depth in range(500)),
        "a: &a [x]\n" + "\n".join(f"b{n}: &b{n} [*a, *a, *a]" for n in range(50)),
        "a: " + "x" * LARGEST,
    ],
    ids=["lists", "maps", "items", "names", "mixed", "stairs", "laughs", "size"],
)
def test_a_bomb_is_one_mistake(bomb: str) -> None:
    """Depth, size and aliases are refused before they can fill the memory."""
    document = parse("a.yaml", bomb.encode())

    assert document.value is None
    assert len(document.mistakes) == 1


def test_every_value_knows_its_line() -> None:
    """A place that is not there has the line of what would hold it."""
    document = parse("a.yaml", b"a: 1\nb:\n  - c: 2\n    d: 3\n  - e\n")

    assert document.line(("b",)) == 2
    assert document.line(("b", 0, "d")) == 4
    assert document.line(("b", 1)) == 5
    assert document.line(("b", 0, "missing")) == 3
    assert document.line(()) == 1
