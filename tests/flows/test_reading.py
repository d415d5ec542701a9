"""What people type instead of tapping: understood generously, asked again when it is unclear."""

# ruff: noqa: RUF001 - digits and dashes of every kind are what is tested

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.places import City, Places
from flows.program import Country
from flows.reading import (
    Reading,
    exact_choice,
    read_choice,
    read_command,
    read_country,
    read_days,
    read_number,
    read_time,
    read_zone,
)
from flows.spoken import spoken

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)

NUMBERS = {
    "zero": 0, "none": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "sept": 7,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("7.", 7),
        ("7!!", 7),
        ("(7)", 7),
        ("07", 7),
        ("+7", 7),
        ("~7", 7),
        ("7.0", 7),
        ("7/10", 7),
        ("7 / 10", 7),
        ("10/10", 10),
        ("7 out of 10", 7),
        ("7 sur 10", 7),
        ("seven out of ten", 7),
        ("i'd say 7/10 today", 7),
        ("seven", 7),
        ("Seven today", 7),
        ("maybe a seven", 7),
        ("sept", 7),
        ("none", 0),
        ("0", 0),
        ("７", 7),
        ("٧", 7),
        ("७", 7),
        ("7️⃣", 7),
        ("7 😀", 7),
        ("about 7", 7),
        ("it's a 7", 7),
        ("it’s a 7", 7),
        ("7, yes 7", 7),
        ("8 and I want to die", 8),
        ("8, the worst it has been since the operation last year", 8),
        ("\u200b7\u200d", 7),
    ],
)
def test_a_number_is_read(text: str, value: int) -> None:
    """In digits of any script, in words, out of ten, or before whatever else is said."""
    assert read_number(text, 0, 10, NUMBERS) == Reading(value)


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        ("7-8", "several"),
        ("7 - 8", "several"),
        ("7–8", "several"),
        ("7 or 8", "several"),
        ("between 7 and 8", "several"),
        ("seven or eight", "several"),
        ("7/10, 8/10", "several"),
        ("0-10", "several"),
        ("07:60", "several"),
        ("3.5", "whole"),
        ("3,5", "whole"),
        ("7½", "whole"),
        ("7.5/10", "whole"),
        ("12.345", "whole"),
        ("11", "range"),
        ("-1", "range"),
        ("\u22121", "range"),
        ("100", "range"),
        ("about 4000", "range"),
        ("7" + "0" * 30, "range"),
        ("7" * 4096, "range"),
        ("1e9", "unreadable"),
        ("NaN", "unreadable"),
        ("inf", "unreadable"),
        ("0x7", "unreadable"),
        ("12k", "unreadable"),
        ("Ⅶ", "unreadable"),
        ("idk", "unreadable"),
        ("?", "unreadable"),
        ("same as yesterday", "unreadable"),
        ("", "unreadable"),
        ("\u200b\u200d", "unreadable"),
        ("👍", "unreadable"),
        # a number in a question or a story is about something else
        ("can I take 6 oxycodone?", "unreadable"),
        ("I took 6 tablets of it this morning", "unreadable"),
        ("one thing I wanted to ask", "unreadable"),
        ("Robert'); DROP TABLE scores", "unreadable"),
    ],
)
def test_a_number_that_is_unclear_is_asked_again(text: str, slip: str) -> None:
    """With the reason, so that the hint fits; nothing is guessed and nothing overflows."""
    assert read_number(text, 0, 10, NUMBERS) == Reading(None, slip)  # type: ignore[arg-type]


def test_the_scale_decides_what_fits() -> None:
    """On a scale to 100, "7/10" has two numbers, and 70 is one."""
    assert read_number("70", 0, 100, NUMBERS) == Reading(70)
    assert read_number("70 of 100", 0, 100, NUMBERS) == Reading(70)
    assert read_number("7/10", 0, 100, NUMBERS) == Reading(None, "several")


@given(st.text(max_size=200))
def test_any_text_gives_a_number_of_the_scale_or_a_reason(text: str) -> None:
    """Never both, never neither, never an error."""
    reading = read_number(text, 0, 10, NUMBERS)

    assert (reading.value is None) == (reading.slip != "")
    assert reading.value is None or 0 <= reading.value <= 10


OFTEN = {"often": "Often", "sometimes": "Sometimes", "rarely": "Not really", "later": "Later"}
SAFE = {"safe": "I'm safe for now", "unsure": "I am not sure I'm safe", "no": "No"}
SURE = {"yes": "Yes", "no": "No", "unsure": "Not sure"}
EVER = {"ever": "Ever", "never": "Never"}
MINUTES = {"two": "2 minutes", "ten": "10 minutes", "more": "20 minutes"}
DAYS_WITH_IT = {
    "0": "Not at all", "1": "Several days", "2": "More than half the days", "3": "Nearly every day"
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "choices", "value"),
    [
        ("Often", OFTEN, "often"),
        ("  OFTEN!! 😀", OFTEN, "often"),
        ("rarely", OFTEN, "rarely"),
        ("not really", OFTEN, "rarely"),
        ("some", OFTEN, "sometimes"),
        ("sometmes", OFTEN, "sometimes"),
        ("Somtims", OFTEN, "sometimes"),
        ("2", OFTEN, "sometimes"),
        ("2.", OFTEN, "sometimes"),
        ("3️⃣", OFTEN, "rarely"),
        ("5", OFTEN, None),
        ("0", OFTEN, None),
        ("9" * 4096, OFTEN, None),
        ("?", OFTEN, None),
        ("", OFTEN, None),
        ("never", OFTEN, None),
        ("no idea", OFTEN, None),
        # yes and no
        ("y", SURE, "yes"),
        ("N", SURE, "no"),
        ("no", SURE, "no"),
        ("not", SURE, "unsure"),
        ("no one cares", SURE, None),
        # the opposite is never taken for it
        ("im safe for now", SAFE, "safe"),
        ("I’m safe for now", SAFE, "safe"),
        ("I'm sfe for now", SAFE, "safe"),
        ("I'm not safe for now", SAFE, None),
        ("I'm unsafe for now", SAFE, None),
        ("I am", SAFE, None),
        ("im", SAFE, None),
        ("ever", EVER, "ever"),
        ("nevr", EVER, "never"),
        # labels with numbers are not counted
        ("2", MINUTES, "two"),
        ("10", MINUTES, "ten"),
        ("1", MINUTES, None),
        # a measure's own numbers
        ("1", DAYS_WITH_IT, "1"),
        ("0", DAYS_WITH_IT, "0"),
        ("4", DAYS_WITH_IT, None),
        ("several", DAYS_WITH_IT, "1"),
        ("more than half", DAYS_WITH_IT, "2"),
        ("nearly evry day", DAYS_WITH_IT, "3"),
        ("days", DAYS_WITH_IT, None),
        ("Sí", {"si": "Sí", "no": "No"}, "si"),
    ],
)
def test_a_typed_choice(text: str, choices: dict[str, str], value: str | None) -> None:
    """By its name, its number, its beginning or with a slip; unclear is None, so it is asked."""
    assert read_choice(text, choices) == value


def test_examples_of_free_words_must_be_written_out() -> None:
    """ "Walk" is the patient's own word, and not the example that begins so."""
    examples = {"walk": "Walk to the shop", "call": "Call a friend"}

    assert exact_choice("walk to the shop!", examples) == "walk"
    assert exact_choice("Walk to the sea", examples) is None
    assert exact_choice("", examples) is None


TYPED = {
    "now": ("help me", "sos"),
    "back": ("go back", "previous"),
    "stop": ("stop", "unsubscribe"),
    "menu": ("menu",),
    "mydata": ("my data",),
}


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/menu", "menu"),
        ("/MENU@paceful_bot", "menu"),
        ("/menu now please", "menu"),
        ("/", None),
        ("/ menu", "menu"),
        ("/foo", None),
        ("STOP!!", "stop"),
        ("stop", "stop"),
        ("Unsubscribe.", "stop"),
        ("help me", "now"),
        ("Help  me!", "now"),
        ("go back", "back"),
        ("My data", "mydata"),
        ("mydata", "mydata"),
        # words inside a sentence are no command
        ("I had to stop", None),
        ("please help me with the shopping", None),
        ("", None),
        ("🛑", None),
    ],
)
def test_a_typed_command(text: str, command: str | None) -> None:
    """Only the whole message is a command, with a slash or in the words listed."""
    assert read_command(text, spoken(TYPED)) == command


@pytest.mark.parametrize(
    ("text", "hhmm"),
    [
        ("9", "09:00"),
        ("3", "03:00"),
        ("9am", "09:00"),
        ("9 a.m.", "09:00"),
        ("9 pm", "21:00"),
        ("9:30pm", "21:30"),
        ("12am", "00:00"),
        ("12 pm", "12:00"),
        ("21:30", "21:30"),
        ("9.30", "09:30"),
        ("9h30", "09:30"),
        ("18h", "18:00"),
        ("18 Uhr", "18:00"),
        ("0930", "09:30"),
        ("930", "09:30"),
        ("half past 8", "08:30"),
        ("half past 8 in the evening", "20:30"),
        ("quarter to 9", "08:45"),
        ("quarter past 12 am", "00:15"),
        ("8 o'clock", "08:00"),
        ("8 o’clock in the morning", "08:00"),
        ("around 9", "09:00"),
        ("at noon", "12:00"),
        ("Midnight", "00:00"),
        ("٩:٣٠", "09:30"),
        ("25h", None),
        ("07:60", None),
        ("24:00", None),
        ("11pm-6", None),
        ("9 or 10", None),
        ("31/02", None),
        ("whenever", None),
        ("", None),
        ("9" * 4096, None),
        ("9" + " " * 4000 + "x", None),
    ],
)
def test_a_typed_time(text: str, hhmm: str | None) -> None:
    """A time of day as people write it; a bare hour is not moved to the afternoon."""
    assert read_time(text) == hhmm


WEEK = {
    "1": ("Monday", "Mon"),
    "2": ("Tuesday", "Tue", "Tues"),
    "3": ("Wednesday", "Wed"),
    "4": ("Thursday", "Thu", "Thurs"),
    "5": ("Friday", "Fri", "vendredi"),
    "6": ("Saturday", "Sat"),
    "7": ("Sunday", "Sun"),
    "all": ("tous les jours", "chaque jour"),
}


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Monday", "1"),
        ("Mondays and Fridays", "1,5"),
        ("fri, mon", "1,5"),
        ("mon/wed/fri", "1,3,5"),
        ("Mon & Thurs", "1,4"),
        ("mon-fri", "1,2,3,4,5"),
        ("Monday – Friday", "1,2,3,4,5"),
        ("monday to friday", "1,2,3,4,5"),
        ("fri-mon", "1,5,6,7"),
        ("mon to wed and sat", "1,2,3,6"),
        ("1,3,5", "1,3,5"),
        ("1-5", "1,2,3,4,5"),
        ("every day", "1,2,3,4,5,6,7"),
        ("Everyday!", "1,2,3,4,5,6,7"),
        ("daily", "1,2,3,4,5,6,7"),
        ("chaque jour", "1,2,3,4,5,6,7"),
        ("weekdays", "1,2,3,4,5"),
        ("weekends", "6,7"),
        ("the weekend and wednesday", "3,6,7"),
        ("every monday", "1"),
        ("wedn", "3"),
        ("wensday", "3"),
        ("tusday and satuday", "2,6"),
        ("vendredi", "5"),
        ("not sunday", None),
        ("mon to", None),
        ("8", None),
        ("t", None),
        ("whenever", None),
        ("", None),
        ("to", None),
    ],
)
def test_typed_days(text: str, days: str | None) -> None:
    """Names, ranges and groups of days in any order; a word that is not understood is asked."""
    assert read_days(text, WEEK) == days


COUNTRIES = {
    "ca": Country(name="Canada", names=("Kanada",), emergency="911"),
    "us": Country(name="United States", names=("USA", "US", "the States"), emergency="911"),
    "gb": Country(name="United Kingdom", names=("UK", "England", "Wales"), emergency="999"),
    "fr": Country(name="France", emergency="112"),
    "other": Country(name="Another country", emergency="112"),
}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Canada", "ca"),
        ("CA", "ca"),
        ("🇨🇦", "ca"),
        ("canda", "ca"),
        ("I live in Canada", "ca"),
        ("the UK", "gb"),
        ("U.K.", None),
        ("England", "gb"),
        ("the united states", "us"),
        ("usa!", "us"),
        ("Frnce", "fr"),
        ("tell us", None),
        ("England or France", None),
        ("United", None),
        ("Atlantis", None),
        ("", None),
    ],
)
def test_a_typed_country(text: str, code: str | None) -> None:
    """By code, flag, any of its names, in a sentence, or with a slip."""
    assert read_country(text, COUNTRIES) == code


def city(name: str, country: str, people: int, zone: str) -> dict[str, tuple[City, ...]]:
    return {name.casefold(): (City(name, country, people, zone),)}


PLACES = Places(
    cities={
        **city("Toronto", "CA", 2_700_000, "America/Toronto"),
        **city("Vancouver", "CA", 660_000, "America/Vancouver"),
        **city("New York", "US", 8_400_000, "America/New_York"),
        **city("Zurich", "CH", 400_000, "Europe/Zurich"),
        **city("Paris", "FR", 2_100_000, "Europe/Paris"),
        **city("Lyon", "FR", 520_000, "Europe/Paris"),
        **city("Saint-Denis", "FR", 110_000, "Europe/Paris"),
        **city("Kathmandu", "NP", 1_400_000, "Asia/Kathmandu"),
        **city("Same", "TZ", 20_000, "Africa/Dar_es_Salaam"),
        "london": (
            City("London", "CA", 380_000, "America/Toronto"),
            City("London", "GB", 8_900_000, "Europe/London"),
        ),
    },
    zones=tuple(sorted(available_timezones())),
)


@pytest.mark.parametrize(
    ("text", "country", "zone"),
    [
        ("UTC+5:45", None, "UTC+05:45"),
        ("utc +2", None, "UTC+02:00"),
        ("+2", None, "UTC+02:00"),
        ("GMT-5", None, "UTC-05:00"),
        ("\u22123:30", None, "UTC-03:30"),
        ("+530", None, "UTC+05:30"),
        ("+5.5", None, "UTC+05:30"),
        ("UTC", None, "UTC+00:00"),
        ("UTC+15", None, None),
        ("-13", None, None),
        ("europe/zurich", None, "Europe/Zurich"),
        ("America/New York", None, "America/New_York"),
        ("Mars/Olympus", None, None),
        ("Toronto", "ca", "America/Toronto"),
        ("toronto!", None, "America/Toronto"),
        ("Torronto", "ca", "America/Toronto"),
        ("Vancuver", None, "America/Vancouver"),
        ("Zürich", "ch", "Europe/Zurich"),
        ("saint denis", "fr", "Europe/Paris"),
        ("I live in New York", "us", "America/New_York"),
        ("near Lyon", "fr", "Europe/Paris"),
        ("Paris, France", None, "Europe/Paris"),
        # the patient's country first, then most people
        ("London", "ca", "America/Toronto"),
        ("London", "gb", "Europe/London"),
        ("London", None, "Europe/London"),
        # letters of the clock, in winter and in summer
        ("EST", "us", "America/New_York"),
        ("EDT", "us", "America/New_York"),
        ("pst", "ca", "America/Vancouver"),
        # a country where all clocks agree
        ("France", None, "Europe/Paris"),
        ("Canada", None, None),
        # a town's name inside a sentence is only meant if it is near or large
        ("Same", None, "Africa/Dar_es_Salaam"),
        ("same as before", "ca", None),
        ("I don't know", "ca", None),
        ("9", "ca", None),
        ("", "ca", None),
        ("x" * 4096, "ca", None),
    ],
)
def test_a_typed_time_zone(text: str, country: str | None, zone: str | None) -> None:
    """An offset, a zone, a city or a country, with slips; what is not known is asked again."""
    assert read_zone(text, PLACES, country=country, at=AT, countries=COUNTRIES) == zone


@given(st.text(max_size=120))
def test_nothing_that_can_be_typed_stops_the_reading(text: str) -> None:
    """Each reader gives an answer or None, whatever it is given."""
    assert read_choice(text, OFTEN) in {*OFTEN, None}
    assert read_command(text, spoken(TYPED)) in {*TYPED, None}
    assert read_country(text, COUNTRIES) in {*COUNTRIES, None}
    zone = read_zone(text, PLACES, country="ca", at=AT)
    assert zone is None or zone.startswith("UTC") or zone in PLACES.zones
    if (time := read_time(text)) is not None:
        assert datetime.strptime(time, "%H:%M")  # noqa: DTZ007
    if (days := read_days(text, WEEK)) is not None:
        assert set(days.split(",")) <= set("1234567")
