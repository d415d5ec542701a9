"""What authors mark is bold or italic; what people wrote is never anything but text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.markup import LONGEST_VALUE, Entity, mistakes, plain, render, shown
from flows.placeholders import names_in, needed_in


def bold(offset: int, length: int) -> Entity:
    """A bold stretch."""
    return Entity("bold", offset, length)


def italic(offset: int, length: int) -> Entity:
    """An italic stretch."""
    return Entity("italic", offset, length)


RENDERED: list[tuple[str, dict[str, str], str, list[Entity]]] = [
    ("plain", {}, "plain", []),
    ("**bold** rest", {}, "bold rest", [bold(0, 4)]),
    ("a _slanted_ word", {}, "a slanted word", [italic(2, 7)]),
    ("**all _of_ it**", {}, "all of it", [bold(0, 9), italic(4, 2)]),
    ("_all **of** it_", {}, "all of it", [italic(0, 9), bold(4, 2)]),
    ("**one** **two**", {}, "one two", [bold(0, 3), bold(4, 3)]),
    # lines stay as they are written
    ("one\ntwo\n\nthree\n\n\nfour\n", {}, "one\ntwo\n\nthree\n\n\nfour", []),
    ("1. one\n2. two\n- three\n* four\n• five", {}, "1. one\n2. two\n- three\n* four\n• five", []),
    ("call **112**\n**now**", {}, "call 112\nnow", [bold(5, 3), bold(9, 3)]),
    # what looks like Markdown and is none here
    ("snake_case and 2 * 3 * 4", {}, "snake_case and 2 * 3 * 4", []),
    ("[text](address) `code` <b>", {}, "[text](address) `code` <b>", []),
    # offsets are UTF-16 units: one emoji is two
    ("😀 **joy**", {}, "😀 joy", [bold(3, 3)]),
    ("**😀😀** _é_", {}, "😀😀 é", [bold(0, 4), italic(5, 1)]),
    ("{x} **b**", {"x": "👨‍👩‍👧"}, "👨‍👩‍👧 b", [bold(9, 1)]),
    # values
    ("You said: {x}.", {"x": "more walks"}, "You said: more walks.", []),
    ("**{x}**!", {"x": "walks"}, "walks!", [bold(0, 5)]),
    ("_{a}_ and {b}{a}", {"a": "1", "b": "2"}, "1 and 21", [italic(0, 1)]),
    ("so**{x}**so", {"x": "-"}, "so-so", [bold(2, 1)]),
    ("_{who_sees}_", {"who_sees": "w"}, "w", [italic(0, 1)]),
    ("**{x}** b", {"x": ""}, " b", []),
    ("{x}", {"x": "one\n\n\ntwo"}, "one\n\n\ntwo", []),
    ("", {}, "", []),
]


@pytest.mark.parametrize(("template", "values", "text", "entities"), RENDERED)
def test_a_template_becomes_text_and_entities(
    template: str, values: dict[str, str], text: str, entities: list[Entity]
) -> None:
    """Bold and italic are entities, everything else is text as written."""
    rendered = render(template, values)

    assert rendered.text == text
    assert list(rendered.entities) == entities
    assert plain(template, values) == text


HOSTILE = [
    "**bold** _it_ `code` [a](tg://user?id=1) <b>x</b> </b> &amp; \\*",
    "{x} {y} {lines} {{7*7}} {0} %s %(x)s",
    "'; DROP TABLE patients; -- =HYPERLINK(1) <script>alert(1)</script>",
    "# not a heading\n> no quote\n    no code\n```\n---",
    "\ue000 \ue001 private use",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿 👍🏽 7️⃣",
    "نعم and ไม่",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_words_come_through_as_words(value: str) -> None:
    """Nothing that a person writes is read as Markdown, HTML or a placeholder."""
    rendered = render("You wrote: **{x}**, {x}", {"x": value, "y": "never"})

    units = len(value.encode("utf-16-le")) // 2
    assert rendered.text == f"You wrote: {value}, {value}"
    assert rendered.entities == (bold(11, units),)


@given(st.text(max_size=LONGEST_VALUE * 2), st.text(max_size=20))
def test_any_words_come_through_unread(value: str, other: str) -> None:
    """Whatever is typed, the text around it and its marks stay where they are."""
    rendered = render("_a_ {x} **b** {y}", {"x": value, "y": other})

    assert rendered.text == f"a {shown(value)} b {shown(other)}"
    before = len(f"a {shown(value)} ".encode("utf-16-le")) // 2
    assert rendered.entities == (italic(0, 1), bold(before, 1))


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=LONGEST_VALUE))
def test_visible_words_are_shown_as_they_are(value: str) -> None:
    """Letters, digits and signs of every script pass unchanged."""
    assert shown(value) == value


@given(st.text())
def test_what_is_shown_can_always_be_sent(value: str) -> None:
    """It is valid UTF-8, not too long, and showing it twice changes nothing more."""
    once = shown(value)

    assert len(once) <= LONGEST_VALUE
    assert once.encode("utf-8").decode("utf-8") == once
    assert shown(once) == once


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("a\x00b\x07c", "abc"),
        ("tab\there\r\nand\rthere", "tab here\nand\nthere"),
        ("pay \u202e001\u202c now", "pay 001 now"),
        ("\u2066hidden\u2069\u200f", "hidden"),
        ("broken \ud83d half", "broken \ufffd half"),
        ("line\u2028and\u2029paragraph", "line\nand\nparagraph"),
        ("z" + "\u0301" * 10_000, "z\u0301\u0301\u0301"),
        ("x" * LONGEST_VALUE, "x" * LONGEST_VALUE),
        ("x" * (LONGEST_VALUE + 1), "x" * (LONGEST_VALUE - 1) + "…"),
    ],
)
def test_what_would_mislead_the_eye_is_taken_away(typed: str, seen: str) -> None:
    """Hidden, reordering, piled-up and endless text is neutralised, not refused."""
    assert shown(typed) == seen


def test_a_placeholder_without_a_value_is_named() -> None:
    """An engine that forgets a value hears which one."""
    with pytest.raises(KeyError, match="goal"):
        render("You want {goal}.", {})


def test_placeholders_are_listed() -> None:
    """Names in braces are small letters, digits, - and _."""
    assert names_in("{a} {b-2} {who_sees} {Goal} {0} {a}") == {"a", "b-2", "who_sees"}


def test_a_placeholder_may_bring_its_own_words() -> None:
    """Behind a bar stands what is shown of an answer that nobody gave; two may differ."""
    text = "{goal|your _aim_} and {goal|what\nmatters}, {goal|} {a|b|c}"

    assert names_in(text) == {"goal"}
    assert needed_in("{goal|your aim} {name} {pain|it}") == {"name"}
    assert plain("**{goal|aim}** {goal|x}", {"goal|aim": "walk", "goal": "run"}) == "walk run"


MISPRINTS: list[tuple[str, list[str]]] = [
    ("**fine** _fine_ {fine} snake_case 2 * 3 - **a**, _b_!", []),
    ("- a list\n- **of** two\n1. and\n2. numbers", []),
    ("write to findahelpline.com or call 112", []),
    ("3 < 4 and 5 > 4 & more", []),
    ("# big", ["headings do not exist in a chat: make the line **bold** instead"]),
    ("big\n===", ["headings do not exist in a chat: make the line **bold** instead"]),
    ("`x`", ["`code` marks do not exist here: take the backticks away"]),
    ("[a](b)", ["links in brackets do not exist here: write the address as it is"]),
    ("![a](b)", ["pictures cannot stand in a text: take the ![...](...) away"]),
    ("<b>x</b>", ["HTML does not work here: use **bold** or _italic_"]),
    ("> quote", ["lines that begin with > do not become quotes: take the > away"]),
    ("a\n\n    b", ["lines that begin with four spaces become code: take the spaces away"]),
    ("a **b", ["a ** has no partner: bold begins and ends with **, touching the words"]),
    ("a ** b **", ["a ** has no partner: bold begins and ends with **, touching the words"]),
    ("a _b", ["a _ has no partner: italic begins and ends with _, touching the words"]),
    ("*a*", ["* is not used here: write **bold** or _italic_"]),
    ("__a__", ["__ is not used here: write **bold** or _italic_"]),
    ("{Goal}", ["{Goal} is not a placeholder: one looks like {goal}, in small letters"]),
    ("{goal", ["{goal is not a placeholder: one looks like {goal}, in small letters"]),
    ("a \\* b", ["a backslash does not hide a mark: take it away"]),
    ("a\u202eb", ["there is an invisible or control character: type the text anew"]),
]


@pytest.mark.parametrize(("template", "said"), MISPRINTS)
def test_marks_that_a_chat_does_not_know_are_refused(template: str, said: list[str]) -> None:
    """An author hears about each mark that patients would see as rubbish."""
    assert mistakes(template) == said
