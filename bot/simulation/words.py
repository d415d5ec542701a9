"""What simulated people write in their own words, by the kind of thing that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

WORDS: Mapping[str, tuple[str, ...]] = {
    "goal": (
        "walk to the market and back without a lie-down",
        "sit through a whole film with my daughter",
        "get back to two half days at the garage",
        "dig one bed in the garden this spring",
        "cook on Sundays again",
        "play on the floor with my grandson",
    ),
    "small": (
        "five minutes round the block after breakfast",
        "stretch my shoulders while the kettle boils",
        "sit in the garden with a coffee, ten minutes",
        "ring my brother on Thursday evening",
        "put the laundry away in two goes",
        "breathe slowly before I get up",
        "one song on the guitar",
    ),
    "when": (
        "after lunch",
        "when the kids have left for school",
        "before the evening news",
        "right after I brush my teeth",
        "Saturday morning",
    ),
    "amount": ("6 minutes", "ten minutes", "half of what I did before", "two stairs, then rest"),
    "thought": (
        "if I bend I will break something",
        "everyone thinks I am lazy",
        "this week is ruined now",
        "I should manage this by now",
        "it will only get worse from here",
    ),
    "other": (
        "it hurts, and bending has been fine twice this week",
        "most of them do not even notice",
        "one bad day is one bad day",
        "I did manage the shop on Tuesday",
    ),
    "feeling": ("tense", "sad and a bit angry", "worried, 6 out of 10", "flat", "guilty"),
    "person": (
        "my sister",
        "Maya from work",
        "my husband",
        "the neighbour downstairs",
        "my physio",
    ),
    "moment": (
        "in the queue at the bank",
        "on the stairs at my mother's",
        "half way through the ironing",
        "when I woke at four",
        "at the desk after the second meeting",
    ),
    "sign": (
        "my shoulders creep up to my ears",
        "I snap at the children",
        "I stop opening the curtains",
        "a hot line down my leg",
        "I say no to everything",
    ),
    "step": (
        "halve what I planned and keep the walk",
        "warm bag, then slow breathing",
        "tell them at home that it is a bad day",
        "lie down for twenty minutes with a timer",
        "put the shopping off till Friday",
    ),
    "problem": (
        "the bus stop is too far to stand and wait",
        "I never get a break at work before two",
        "the boiler man comes on the day I see the nurse",
    ),
    "value": (
        "being there for my family",
        "making things with my hands",
        "being a friend people can count on",
        "learning something new",
    ),
    "kind": (
        "you are doing what you can with a hard thing",
        "rest is not the same as giving up",
        "I would still like you on a slow day",
    ),
    "wish": (
        "could you do the heavy bags on Mondays",
        "please ask me before you book something for us",
        "I would like a chair at the till",
        "can we talk about the tablets at night",
    ),
    "learned": (
        "stopping early gets me further by the evening",
        "the day after was not as bad as I thought",
        "a bit every day beats a lot on Saturday",
        "talking about it made it smaller",
    ),
    "evening": ("a warm shower", "the radio, low", "a book with no plot", "phone in the kitchen"),
    "message": (
        "Could someone tell me if I may do the stretches on the days I see the physio?",
        "I have a question about the tablets and the morning walk.",
        "It was a heavy week. I would like to talk it over with somebody.",
        "My shifts have changed, so mornings do not work any more.",
    ),
    "answer": (
        "Thank you, that helps. I will try it tomorrow.",
        "Thursday is fine for me.",
        "Yes, it was the stairs again. Better today.",
        "I did half of it and stopped, like you said.",
    ),
    "aside": (
        "what do you mean",
        "simpler",
        "my dog wants out, back in a moment",
        "good question",
        "hello again",
    ),
    "crisis": ("I want to die", "I don't want to be alive any more", "I want to kill myself"),
}
"""All but the last are plain words: a test holds that none of them is taken for a crisis."""

_PARTS = (
    ("message", "message"), ("reply", "answer"), ("goal", "goal"), ("plan-how", "amount"),
    ("plan-if", "step"), ("plan-when", "when"), ("plan", "small"), ("amount", "amount"),
    ("size", "amount"), ("when", "when"), ("day", "when"), ("who", "person"), ("sign", "sign"),
    ("signal", "sign"), ("thought-other", "other"), ("thought-feeling", "feeling"),
    ("thought-where", "moment"), ("thought-help", "other"), ("thought", "thought"),
    ("fair", "other"), ("friend", "kind"), ("prediction", "thought"), ("feel", "feeling"),
    ("feeling", "feeling"), ("weather", "feeling"), ("pull", "feeling"), ("moment", "moment"),
    ("where", "moment"), ("drop", "moment"), ("request-see", "moment"), ("problem-what", "problem"),
    ("worry-what", "problem"), ("trouble", "problem"), ("value", "value"), ("values", "value"),
    ("matters", "value"), ("kind", "kind"), ("sentence", "kind"), ("request", "wish"),
    ("wish", "wish"), ("meds", "wish"), ("learned", "learned"), ("helped", "learned"),
    ("wind", "evening"), ("calm", "evening"), ("flare", "step"), ("slip", "step"),
    ("ladder", "small"), ("activity", "small"), ("quota", "amount"), ("cost", "step"),
)  # fmt: skip
"""Which kind is meant, by a word in the name of the question; the first that fits."""


def own_words(key: str, chance: Random) -> str:
    """Something that a person might well write when this is asked."""
    named = key.split("-")
    kind = next((kind for part, kind in _PARTS if key.startswith(part) or part in named), "small")
    return chance.choice(WORDS[kind])
