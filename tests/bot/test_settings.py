"""Settings are read, checked and explained, and a secret never shows."""

import traceback
from datetime import datetime
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot import settings
from bot.keys import new_key
from bot.settings import BadSetting, Settings
from bot.settings.hours import read_hours

EXAMPLE = Path(__file__).parents[2] / ".env.example"
TOKEN = "7000000001:" + "Canary" + "x" * 29
KEY, OTHER_KEY = new_key(), new_key()
LOCAL_API = "http://127.0.0.1:8081"
ALL_SECRETS = {
    "BOT_TOKEN": TOKEN,
    "SECRET_KEYS": KEY,
    "WEBHOOK_SECRET": "canary-secret",
    "DATABASE_URL": "postgresql://paceful:canary-password@host/paceful",
    "SMTP_URL": "smtp://paceful:canary-password@host:587",
}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in settings.setting_names():
        monkeypatch.delenv(name, raising=False)


def load(folder: Path, **given: str) -> Settings:
    """The settings of an installation whose `.env` says this."""
    file = folder / ".env"
    file.write_text("".join(f"{name}={value}\n" for name, value in given.items()))
    return settings.load(file)


def test_with_nothing_set_everything_has_a_value(tmp_path: Path) -> None:
    """The sandbox starts without any settings at all."""
    loaded = settings.load(tmp_path / "missing")

    assert loaded.bot_token is None
    assert loaded.keys == ()
    assert loaded.database == "sqlite:///data/paceful.sqlite3"
    assert (loaded.enrolment, loaded.http_port) == ("open", 8080)


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is set for one run need not be edited in the file."""
    monkeypatch.setenv("HTTP_PORT", "9001")

    loaded = load(tmp_path, HTTP_PORT="9000", HTTP_HOST="0.0.0.0")  # noqa: S104 - only read

    assert (loaded.http_port, loaded.http_host) == (9001, "0.0.0.0")  # noqa: S104


def test_an_empty_setting_counts_as_not_given(tmp_path: Path) -> None:
    """The example file can be copied and filled in line by line."""
    empty = dict.fromkeys(settings.setting_names(), "")

    assert load(tmp_path, **empty) == settings.load(tmp_path / "missing")


def test_keys_are_given_in_order(tmp_path: Path) -> None:
    """The first one seals, so their order is kept."""
    assert load(tmp_path, SECRET_KEYS=f"{KEY}, {OTHER_KEY}").keys == (KEY, OTHER_KEY)


@pytest.mark.parametrize(
    ("mode", "words", "says"),
    [
        (0o400, f"# newest first\n{KEY}\n\n{OTHER_KEY}\n", ""),
        (0o600, f"{KEY}\n{OTHER_KEY}", ""),
        (0o440, KEY, "SECRET_KEYS_FILE may be read or changed by others"),
        (0o404, KEY, "SECRET_KEYS_FILE may be read or changed by others"),
        (0o620, KEY, "SECRET_KEYS_FILE may be read or changed by others"),
        (0o400, "canary", "SECRET_KEYS_FILE must hold keys made by `paceful keys new`"),
        (0o400, f"{KEY}\n{KEY}\n", "SECRET_KEYS_FILE must hold keys"),
        (0o400, "\n# nothing\n", "SECRET_KEYS_FILE must hold keys"),
        (0o400, "ä", "SECRET_KEYS_FILE must hold keys"),
        (None, "", "SECRET_KEYS_FILE cannot be read"),
    ],
    ids=count(),
)
def test_keys_in_a_file_are_read_if_nobody_else_can(
    tmp_path: Path, mode: int | None, words: str, says: str
) -> None:
    """One on a line; a file that its group or others may read is refused by its name."""
    file = tmp_path / "canary-keys"
    if mode is not None:
        file.write_text(words, encoding="utf-8")
        file.chmod(mode)

    if not says:
        assert load(tmp_path, SECRET_KEYS_FILE=str(file)).keys == (KEY, OTHER_KEY)
        return
    with pytest.raises(BadSetting) as caught:
        load(tmp_path, SECRET_KEYS_FILE=str(file))
    assert caught.value.sentence.startswith(says)
    assert str(file) in caught.value.sentence
    assert KEY not in str(caught.value)


def test_keys_stand_in_one_place(tmp_path: Path) -> None:
    """Which of two would count?"""
    with pytest.raises(BadSetting, match="SECRET_KEYS_FILE and SECRET_KEYS are both set"):
        load(tmp_path, SECRET_KEYS_FILE="keys", SECRET_KEYS=KEY)


def test_a_webhook_of_a_local_bot_api_server_may_be_plain_http(tmp_path: Path) -> None:
    """The sandbox delivers on this machine."""
    loaded = load(
        tmp_path, WEBHOOK_URL="http://127.0.0.1:8080/telegram", WEBHOOK_SECRET="s",
        BOT_API_URL=LOCAL_API + "/",
    )  # fmt: skip

    assert loaded.bot_api_url == LOCAL_API


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"BOT_TOKEN": TOKEN}, "SECRET_KEYS is missing: make one with `paceful keys new`"),
        ({"BOT_TOKEN": "canary"}, "BOT_TOKEN is not a token: @BotFather gives digits"),
        ({"BOT_TOKEN": f'"{TOKEN} "'}, "BOT_TOKEN contains a space"),
        ({"BOT_TOKEN": f'"{TOKEN}\n"'}, "BOT_TOKEN contains a line break"),
        ({"BOT_TOKEN": f"“{TOKEN}”"}, "BOT_TOKEN is not a token"),
        ({"BOT_TOKEN": f"\"'{TOKEN}'\""}, "BOT_TOKEN contains a quotation mark"),
        ({"SECRET_KEYS": "canary"}, "SECRET_KEYS must be keys made by `paceful keys new`"),
        ({"SECRET_KEYS": f"{KEY},"}, "SECRET_KEYS must be keys made by `paceful keys new`"),
        ({"SECRET_KEYS": f"{KEY},{OTHER_KEY},{KEY}"}, "SECRET_KEYS contains the same key twice"),
        ({"WEBHOOK_URL": "https://canary.org"}, "WEBHOOK_SECRET is missing"),
        ({"WEBHOOK_SECRET": "canary secret"}, "WEBHOOK_SECRET must be 1 to 256 letters"),
        ({"WEBHOOK_SECRET": "x" * 257}, "WEBHOOK_SECRET must be 1 to 256 letters"),
        ({"WEBHOOK_URL": "canary.org"}, "WEBHOOK_URL must be a web address"),
        (
            {"WEBHOOK_URL": "http://canary.org", "WEBHOOK_SECRET": "s"},
            "WEBHOOK_URL must be https:// on port 443, 80, 88 or 8443",
        ),
        (
            {"WEBHOOK_URL": "https://canary.org:9000/telegram", "WEBHOOK_SECRET": "s"},
            "WEBHOOK_URL must be https:// on port 443, 80, 88 or 8443",
        ),
        (
            {"WEBHOOK_URL": "https://[2001:db8::1]/telegram", "WEBHOOK_SECRET": "s"},
            "WEBHOOK_URL must have a name or an IPv4 address",
        ),
        ({"WEBHOOK_URL": "https://canary.org:99999"}, "WEBHOOK_URL must be a web address"),
        ({"BOT_API_URL": "api.telegram.org"}, "BOT_API_URL must be a web address"),
        ({"DATABASE_URL": "mysql://canary"}, "DATABASE_URL must begin with sqlite:///"),
        ({"SMTP_URL": "https://canary"}, "SMTP_URL must begin with smtp:// or smtps://"),
        ({"SMTP_URL": "smtp://host"}, "MAIL_FROM is missing"),
        ({"OPERATOR_MAIL": "ops@example.org"}, "SMTP_URL is missing"),
        ({"ALERT_MAIL": "team@example.org, nobody"}, "ALERT_MAIL must be an e-mail address"),
        ({"PUBLIC_URL": "http://example.org"}, "PUBLIC_URL must begin with https://"),
        ({"TRUSTED_PROXIES": "127.0.0.1,proxy"}, "TRUSTED_PROXIES must be addresses or networks"),
        ({"TRUSTED_PROXIES": "*"}, "TRUSTED_PROXIES must be addresses or networks"),
        ({"HOLIDAYS": "XX"}, "HOLIDAYS must be a country, or a country and region"),
        ({"TIME_ZONE": "Mars/Olympus"}, "TIME_ZONE must be a time zone's IANA name"),
        ({"COUNTRY": "Canada"}, "COUNTRY must be a country's two letters"),
        ({"HTTP_PORT": "eighty"}, "HTTP_PORT must be a valid integer"),
        ({"HTTP_PORT": "70000"}, "HTTP_PORT must be less than or equal to 65535"),
        ({"ENROLMENT": "closed"}, "ENROLMENT must be 'open' or 'invite'"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ({"CARE_TEAM_HOURS": "always"}, "CARE_TEAM_HOURS must look like Mon-Fri 09:00-17:00"),
        ({"CARE_TEAM_HOURS": "Mon-Fre 09:00-17:00"}, "CARE_TEAM_HOURS must name days as Mon"),
        ({"CARE_TEAM_HOURS": "Mon 17:00-09:00"}, "CARE_TEAM_HOURS must end later"),
        ({"CARE_TEAM_HOURS": "Mon 09:00-25:00"}, "CARE_TEAM_HOURS must give times"),
    ],
)
def test_a_bad_setting_is_named_in_one_sentence(
    tmp_path: Path, given: dict[str, str], sentence: str
) -> None:
    """The sentence names the setting and what to do, and shows nothing of what was given."""
    with pytest.raises(BadSetting) as caught:
        load(tmp_path, **given)

    assert caught.value.sentence.startswith(sentence)
    assert caught.value.sentence.startswith(caught.value.name)
    shown = "".join(traceback.format_exception(caught.value)).lower()
    assert "\n" not in caught.value.sentence
    assert "canary" not in shown.replace(str(tmp_path).lower(), "")
    assert KEY.lower() not in shown


def test_secrets_do_not_show_when_settings_are_printed(tmp_path: Path) -> None:
    """A setting that ends up in a log by mistake shows stars."""
    loaded = load(tmp_path, **ALL_SECRETS, MAIL_FROM="paceful@example.org")

    shown = f"{loaded!r} {loaded} {loaded.model_dump()} {loaded.model_dump_json()}"

    assert loaded.bot_token is not None
    assert loaded.bot_token.get_secret_value() == TOKEN
    assert not [secret for secret in ("Canary", "canary", KEY) if secret in shown]


def test_settings_do_not_change(tmp_path: Path) -> None:
    """What was checked at the start holds until the end."""
    loaded = settings.load(tmp_path / "missing")

    with pytest.raises(ValueError, match="frozen"):
        loaded.http_port = 1  # type: ignore[misc]


def test_a_name_that_is_no_setting_is_reported_with_the_nearest_one(tmp_path: Path) -> None:
    """A typo does not silently leave a setting at its default; a stray token is not repeated."""
    file = tmp_path / ".env"
    file.write_text(f"BOT_TOKN=1\nhttp_port=80\nEDITOR=vi\n{TOKEN}\n")

    assert settings.strangers(file) == [
        "BOT_TOKN in .env is not a setting; did you mean BOT_TOKEN?",
        "EDITOR in .env is not a setting",
        "A line of .env is not of the form NAME=value",
    ]
    assert settings.strangers(tmp_path / "missing") == []


def test_the_example_names_every_setting_with_a_comment() -> None:
    """Nobody has to read the code to know what can be set."""
    lines = EXAMPLE.read_text().splitlines()
    names = [line.split("=")[0] for line in lines if line and not line.startswith("#")]

    assert sorted(names) == sorted(settings.setting_names())
    for name in names:
        above = lines[: next(n for n, line in enumerate(lines) if line.startswith(f"{name}="))]
        block = "\n".join(above).rsplit("\n\n", 1)[-1]
        assert "#" in block, f"{name} is not explained"


def test_the_example_is_valid_as_it_stands() -> None:
    """Copied unchanged, it gives the defaults."""
    given, default = settings.load(EXAMPLE), settings.load(EXAMPLE.with_name("missing"))

    assert given == default
    assert settings.strangers(EXAMPLE) == []


@pytest.mark.parametrize(
    ("words", "moment", "is_open"),
    [
        ("Mon-Fri 09:00-17:00", "2026-11-20T09:00", True),  # a Friday
        ("Mon-Fri 09:00-17:00", "2026-11-20T08:59", False),
        ("Mon-Fri 09:00-17:00", "2026-11-20T16:59", True),
        ("Mon-Fri 09:00-17:00", "2026-11-20T17:00", False),
        ("Mon-Fri 09:00-17:00", "2026-11-21T12:00", False),
        ("mon-fri 09:00-17:00, Sat 10:00-12:00", "2026-11-21T11:00", True),
        ("Sat-Mon 09:00-17:00", "2026-11-22T12:00", True),
        ("Sat-Mon 09:00-17:00", "2026-11-24T12:00", False),
        ("Mon-Sun 00:00-24:00", "2026-11-22T23:59", True),
    ],
)
def test_the_care_team_reads_at_its_hours(words: str, moment: str, is_open: bool) -> None:
    """Days and times are read by the clocks of the care team."""
    zone = ZoneInfo("America/Toronto")
    local = datetime.fromisoformat(moment).replace(tzinfo=zone)

    assert read_hours(words).open_at(local.astimezone(ZoneInfo("UTC")), zone) is is_open
    assert read_hours(words).words == words
