"""What clinicians set for themselves is checked, kept sealed, and shown."""

from __future__ import annotations

import pytest

from bot.store import people
from tests.bot.service.conftest import OpenPractice
from tests.bot.service.desk_people import Team, gather
from tests.bot.service.practice import Practice, told_just


@pytest.fixture
async def team(practice: Practice) -> Team:
    """Two clinicians, and a patient who wrote to them."""
    return await gather(practice)


def own(team: Team, name: str) -> object:
    """What is kept of the first clinician under that name."""
    lee = next(each for each in team.practice.store.read_now(people.clinicians) if each.id == 1)
    return getattr(lee, name)


@pytest.mark.parametrize(
    ("said", "name", "kept"),
    [
        ("/name Dr  Ada Lee", "name", "Dr Ada Lee"),
        ("/name Zoë O’Neill-Müller", "name", "Zoë O’Neill-Müller"),
        ("/zone Europe/Paris", "zone", "Europe/Paris"),
        ("/zone europe/paris", "zone", "Europe/Paris"),
        ("/zone america/new york", "zone", "America/New_York"),
        ("/zone utc", "zone", "UTC"),
        ("/digest 8", "digest_hour", 8),
        ("/digest 0", "digest_hour", 0),
        ("/digest 23:00", "digest_hour", 23),
        ("/digest 7 h", "digest_hour", 7),
        ("/mail lee@clinic.example.org", "email", "lee@clinic.example.org"),
        ("/mail off", "email", None),
        ('/replies "usually within a day, Mon-Fri"', "replies", "usually within a day, Mon-Fri"),
        ("/replies off", "replies", None),
        ("/replies@paceful_bot on Mondays", "replies", "on Mondays"),
    ],
)
async def test_what_is_right_is_kept(team: Team, said: str, name: str, kept: object) -> None:
    """And answered with one sentence."""
    await team.lee.says(said)

    assert own(team, name) == kept
    assert len(team.lee.news()) == 1


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("/name", "Please write the name behind it"),
        ("/name   ", "Please write the name behind it"),
        (f"/name {'x' * 61}", "Please write the name behind it"),
        ("/name Dr\u202eeeL", "Please write the name behind it"),
        ("/name KIM", "Somebody else here is called"),
        ("/zone", "I do not know that time zone"),
        ("/zone Mars/Olympus", "I do not know that time zone"),
        ("/zone ../etc/passwd", "I do not know that time zone"),
        ("/digest", "an hour from 0 to 23"),
        ("/digest 24", "an hour from 0 to 23"),
        ("/digest -1", "an hour from 0 to 23"),
        ("/digest 8:30", "an hour from 0 to 23"),
        ("/digest ٨", "an hour from 0 to 23"),
        ("/digest morning", "an hour from 0 to 23"),
        ("/mail", "no address I can write to"),
        ("/mail lee@clinic", "no address I can write to"),
        ("/mail a@b.org, c@d.org", "no address I can write to"),
        ("/mail lee@clinic.org\nBcc: all@clinic.org", "no address I can write to"),
        (f"/mail {'x' * 250}@clinic.org", "no address I can write to"),
        ("/replies", "when you usually reply"),
        (f"/replies {'x' * 121}", "when you usually reply"),
    ],
)
async def test_what_is_wrong_is_refused_with_an_example(team: Team, said: str, answer: str) -> None:
    """Nothing changes."""
    before = [own(team, name) for name in ("name", "zone", "digest_hour", "email", "replies")]

    await team.lee.says(said)

    assert told_just(team.lee.news(), answer)
    after = [own(team, name) for name in ("name", "zone", "digest_hour", "email", "replies")]
    assert after == before


async def test_me_shows_everything_that_can_be_set(team: Team) -> None:
    """Before and after."""
    await team.lee.says("/me")
    assert "E-mail for alerts that nobody takes: not set" in team.lee.news()[0]

    for said in ("/name Ada", "/zone Europe/Paris", "/digest 7", "/mail a@b.org", "/replies soon"):
        await team.lee.says(said)
    team.lee.news()
    await team.lee.says("/me")

    shown = team.lee.news()[0]
    for words in ("Ada", "Europe/Paris", "07:00", "a@b.org", "soon"):
        assert words in shown


async def test_names_addresses_and_own_words_lie_sealed(team: Team) -> None:
    """Whoever reads the file reads none of them."""
    for said in ("/name Ada Canarybird", "/mail canary@b.org", "/replies canary days"):
        await team.lee.says(said)

    rows = team.practice.rows("SELECT name, email, replies FROM clinicians WHERE id = 1")

    assert not [cell for cell in rows[0] if b"anary" in bytes(cell)]


async def test_patients_read_the_chosen_name_and_when_replies_usually_come(team: Team) -> None:
    """In the clinician's own words."""
    await team.lee.says("/name Ada Lee")
    await team.lee.says("/replies usually within a day, Mon-Fri")

    await team.lee.says("How are you?", to=team.ann.pseudonym)
    await team.lee.taps("Send")

    told = team.ann.news()[0]
    assert "Ada Lee from your care team writes:" in told
    assert "usually within a day, Mon-Fri" in told


@pytest.mark.parametrize(("hours", "said"), [("Mon-Fri 09:00-17:00", "Mon-Fri"), (None, "")])
async def test_without_own_words_the_teams_hours_are_said_or_nothing(
    open_practice: OpenPractice, hours: str | None, said: str
) -> None:
    """Nothing is promised that nobody set."""
    team = await gather(open_practice(care_team_hours=hours))

    await team.lee.says("How are you?", to=team.ann.pseudonym)
    await team.lee.taps("Send")

    told = team.ann.news()[0]
    assert ("(Replies: " in told) is bool(said)
    assert said in told


async def test_someone_who_joins_again_keeps_what_they_set(team: Team) -> None:
    """A new phone or a new code loses no settings."""
    await team.lee.says("/zone Europe/Paris")
    await team.practice.clinician(9, "Dr Lee")

    assert own(team, "zone") == "Europe/Paris"
