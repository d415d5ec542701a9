"""The crisis screen: what it hears, what it must not mistake, and which tricks fail."""

# ruff: noqa: RUF001 - letters that look alike are what is tested

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.reading import read
from flows.crisis import normalise, screen
from flows.program import Crisis, Phrases

CONTENT = Path(__file__).parents[2] / "content"

CRISIS = Crisis(
    hard_rule="crisis-words",
    unanswered_rule="check-unanswered",
    soft_reply="safety/check-in",
    phrases={
        "en": Phrases(
            hard=(
                "want to die",
                "wants to die",
                "wanted to die",
                "wanna die",
                "kill myself",
                "killing myself",
                "end my life",
                "suicid*",
                "kms",
                "overdos*",
                "better off dead",
                "don't want to live",
            ),
            soft=("can't go on", "no point", "end it all"),
            idioms=(
                "pain is killing me",
                "back is killing me",
                "killing me",
                "dying for",
                "to die for",
                "knee wants to die",
                "overdo",
                "overdoes",
                "overdoing",
                "die laughing",
            ),
            negations=("not", "don't", "never", "no"),
            others=("he", "she", "my friend", "my brother"),
            past=("used to", "years ago", "as a teenager"),
        ),
        "fr": Phrases(
            hard=("envie de mourir", "veux mourir", "me tuer", "en finir avec la vie", "suicid*"),
            soft=("je n'en peux plus",),
            negations=("pas", "jamais"),
            others=("mon frère", "il", "elle"),
            past=("il y a des années",),
        ),
        "es": Phrases(
            hard=("quiero morir*", "suicid*", "quitarme la vida"),
            soft=("no puedo más",),
            negations=("no", "nunca"),
            others=("mi hermano", "él"),
        ),
        "de": Phrases(
            hard=("will sterben", "umbringen", "suizid*", "selbstmord*"),
            soft=("kann nicht mehr",),
            negations=("nicht", "kein*"),
            others=("mein Bruder", "er", "man"),
            past=("vor Jahren",),
        ),
    },
)


@pytest.mark.parametrize(
    "text",
    [
        "I want to die",
        "8 and I want to die",
        "I am going to kill myself.",
        "thinking about suicide again",
        "I feel suicidal",
        "took an overdose",
        "honestly everyone would be better off dead, me first",
        "I don't want to live any more",
        "I don’t want to live any more",
        "No. I want to die",
        "no, I want to die",
        "He left me and I want to die",
        "I used to cope but now I want to die",
        "this pain is killing me and I want to die",
        "I want to die for real",
        "J'ai envie de mourir",
        "je veux en finir avec la vie",
        "Quiero morirme",
        "Ich will sterben",
        "today was fine, aber ich will sterben",
    ],
)
def test_plain_words_of_a_crisis_are_heard(text: str) -> None:
    """What says it plainly is hard, in every language, whatever stands around it."""
    assert screen(CRISIS, text) == "hard"


@pytest.mark.parametrize(
    "text",
    [
        "k m s",
        "kms",
        "8, kms",
        "k.m.s.",
        "K-M-S",
        "I k m s",
        "s u i c i d e",
        "I w a n t  t o  d i e",
        "I w a n t to d i e",
        "su1cide",
        "5uicid3",
        "$uicide",
        "k!ll myself",
        "k*ll myself",
        "suicdal",
        "suicdial",
        "sucide",
        "suiicide",
        "kiiiilll myseeelf",
        "kill my self",
        "sui cide",
        "wanttodie",
        "#killmyself",
        "I want 2 die",
        "i wаnt to dіe",  # two of them Cyrillic
        "I WANT TO DIE",
        "i want to die",
        "𝐈 𝐰𝐚𝐧𝐭 𝐭𝐨 𝐝𝐢𝐞",
        "w\u200ba\u200bn\u200bt to d\u00adie",
        "w̸a̸n̸t̸ t̸o̸ d̸i̸e̸",
        "want\u00a0to\u3000die",
        "want_to_die",
        "kill mysef",
    ],
)
def test_tricks_of_spelling_hide_nothing(text: str) -> None:
    """Spaces, digits, stars, look-alikes, unseen characters and slips are seen through."""
    assert screen(CRISIS, text) == "hard"


@pytest.mark.parametrize(
    "text",
    [
        "I can't go on",
        "I cant go on like this",
        "I just want to end it all",
        "no point in anything",
        "je n’en peux plus",
        "No puedo más",
        "Ich kann nicht mehr",
    ],
)
def test_vague_words_are_soft(text: str) -> None:
    """What may mean a crisis or only a bad day leads to a question."""
    assert screen(CRISIS, text) == "soft"


@pytest.mark.parametrize(
    "text",
    [
        "I do not want to die",
        "I'm not suicidal",
        "I would never kill myself",
        "je ne veux pas me tuer",
        "no quiero morir",
        "Ich will mich nicht umbringen",
        "my friend died by suicide",
        "my brother wants to die",
        "he said he wants to die",
        "mon frère s'est suicidé",
        "I used to want to die",
        "As a teenager, I wanted to die",
        "I wanted to die ten years ago",
        "vor Jahren Selbstmordgedanken",
    ],
)
def test_not_so_not_me_and_long_ago_are_soft_but_never_nothing(text: str) -> None:
    """Negation, another person and the past lower a sure phrase by one tier only."""
    assert screen(CRISIS, text) == "soft"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "7/10",
        "this pain is killing me",
        "My back is killing me today!!",
        "my back is kiling me",
        "dying for a coffee",
        "that cake was to die for",
        "I nearly die laughing",
        "my knee wants to die",
        "I overdid it again, I keep overdoing things",
        "he overdoes it, I overdo it",
        "I am willing to sit with it; willing myself to walk",
        "telling myself it will pass",
        "a suite, a decide, acid",
        "the deadline is killing me",
        "k m",
        "a b c d",
        "I walked 3 kms",
        "1 2 3 4 5",
        "👍🏽🇨🇦",
        "\u202e\u0000\ud800",
    ],
)
def test_idioms_of_pain_and_plain_days_are_nothing(text: str) -> None:
    """Pain speaks in pictures, and these are not about dying."""
    assert screen(CRISIS, text) is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("I can’t—really!", "i cant realy"),
        ("K I L L", "kil"),
        ("Ｓｕｉｃｉｄｅ", "suicide"),
        ("7 of 10, 100", "7 of 10 100"),
        ("déjà VU", "deja vu"),
        ("h3ll0", "helo"),
    ],
)
def test_a_text_is_brought_to_plain_words(text: str, plain: str) -> None:
    """Letters lose case, marks, look-alikes and repetition; numbers stay numbers."""
    assert normalise(text) == plain


@pytest.fixture(scope="module")
def crisis() -> Crisis:
    """The phrases that are in use."""
    return read(CONTENT).crisis


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        # sentences of public audits and of pain clinics, in the four languages
        ("I want to die", "hard"),
        ("8 and I want to die", "hard"),
        ("I don't want to be alive any more", "hard"),
        ("everyone would be better off without me", "hard"),
        ("everyone would be better off if I killed myself", "hard"),
        ("what if I killed myself", "hard"),
        ("if I died nobody would notice", "soft"),
        ("I nearly killed myself lifting that box", "soft"),
        ("I killed myself laughing", None),
        ("I could take all my pills at once", "hard"),
        ("i wanna kill my self", "hard"),
        ("k m s", "hard"),
        ("je ne veux plus vivre", "hard"),
        ("Tengo ganas de morir", "hard"),
        ("Ich möchte nicht mehr leben", "hard"),
        ("He left me and I want to die", "hard"),
        ("su1cide", "soft"),
        ("I can't take this pain any more, what's the use", "soft"),
        ("I'm not suicidal", "soft"),
        ("my friend wanted to end her life", None),
        ("my friend died by suicide", "soft"),
        ("years ago I was suicidal", "soft"),
        ("I used to want to die", "soft"),
        ("this pain is killing me", None),
        ("my back is killing me and I am dead tired", None),
        ("dying for a coffee", None),
        ("I overdo it on good days, then pay for it", None),
        ("I am proud of myself, and I take care of myself", None),
        ("I was willing to sit with it", None),
        ("I stopped myself in time", None),
        ("die Schmerzen sind stark, die Nacht war schlimm", None),
        ("no quiero caminar hoy", None),
        ("j'ai mal partout", None),
        ("7/10", None),
    ],
)
def test_the_phrases_in_use(crisis: Crisis, text: str, tier: str | None) -> None:
    """What content/crisis.yaml hears in sentences as patients write them."""
    assert screen(crisis, text) == tier


def test_each_phrase_in_use_is_heard_as_its_list_says(crisis: Crisis) -> None:
    """No phrase is swallowed by an idiom, or lowered by its own words; sure ones stay sure."""
    wrong = [
        phrase
        for language in crisis.phrases.values()
        for tier, phrases in (("hard", language.hard), ("soft", language.soft))
        for phrase in phrases
        if RANK[screen(crisis, phrase.replace("*", ""))] < RANK[tier]
    ]

    assert wrong == []


def test_no_idiom_in_use_raises_an_alert(crisis: Crisis) -> None:
    """Each of the sayings alone is nothing sure, in whatever language it is."""
    idioms = [idiom for language in crisis.phrases.values() for idiom in language.idioms]

    assert [idiom for idiom in idioms if screen(crisis, idiom) == "hard"] == []


RANK: dict[str | None, int] = {None: 0, "soft": 1, "hard": 2}
SPOKEN = st.sampled_from(
    ["I want to die", "not going to kill myself", "I can't go on", "je veux mourir", "su1cide"]
)
NOISE = st.text("\u200b\u200d\u2060\ufeff\u00ad\u0301\u0336\u0345\u20e3\u202e\ufe0f", max_size=4)


@given(SPOKEN, st.lists(st.tuples(NOISE, st.booleans()), min_size=30, max_size=30))
def test_unseen_characters_and_capitals_never_lower_the_tier(
    text: str, noise: list[tuple[str, bool]]
) -> None:
    """Whatever is put between the letters, and however they are written, as much is heard."""
    noisy = "".join(
        (letter.upper() if is_upper else letter) + unseen
        for letter, (unseen, is_upper) in zip(text, noise, strict=False)
    )

    assert RANK[screen(CRISIS, noisy)] >= RANK[screen(CRISIS, text)]


@given(SPOKEN, st.text(string.ascii_lowercase + " ", max_size=60))
def test_a_new_sentence_after_it_takes_nothing_back(text: str, more: str) -> None:
    """ "Just kidding" in a sentence of its own leaves what was said."""
    assert RANK[screen(CRISIS, f"{text}. {more}")] >= RANK[screen(CRISIS, text)]


@given(st.text(max_size=400))
def test_any_text_can_be_screened(text: str) -> None:
    """Nothing that can be typed stops the screen, and at most it is put in plain characters."""
    assert screen(CRISIS, text) in {None, "soft", "hard"}
    assert not set(normalise(text)) & set(string.ascii_uppercase + string.punctuation) - {"*"}
