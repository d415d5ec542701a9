"""The settings: read from the environment or `.env`, checked, and never shown."""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic import model_validator as after_all
from pydantic import model_validator as before_all
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.settings import checks
from bot.settings.hours import Hours, read_hours
from bot.settings.key_file import read_keys
from bot.settings.retention import (
    LawfulBasis,
    Retention,
    read_lawful_basis,
    read_retention,
)

__all__ = ["BadSetting", "Hours", "Settings", "load", "setting_names", "strangers"]

ENV_FILE = Path(".env")
TELEGRAM = "https://api.telegram.org"
PACKAGE = Path(__file__).parent.parent
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class BadSetting(Exception):
    """A setting is missing or wrong; the sentence names it and never shows a secret."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name
        self.sentence = sentence


def _upper(word: object) -> object:
    return word.upper() if isinstance(word, str) else word


def _lower(word: object) -> object:
    return word.lower() if isinstance(word, str) else word


class Settings(BaseSettings):
    """Every setting, checked. An empty one counts as not given."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    bot_token: Annotated[SecretStr, AfterValidator(checks.bot_token)] | None = None
    bot_api_url: Annotated[str, AfterValidator(checks.web_address)] = TELEGRAM
    database_url: Annotated[SecretStr, AfterValidator(checks.database_url)] | None = None
    data_dir: Path = Path("data")
    secret_keys: Annotated[SecretStr, AfterValidator(checks.secret_keys)] | None = None
    secret_keys_file: Path | None = None
    webhook_url: Annotated[str, AfterValidator(checks.web_address)] | None = None
    webhook_secret: Annotated[SecretStr, AfterValidator(checks.webhook_secret)] | None = None
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65535)
    trusted_proxies: Annotated[str, AfterValidator(checks.networks)] = "127.0.0.1,::1"
    public_url: Annotated[str, AfterValidator(checks.page_address)] | None = None
    content_dir: Path = PACKAGE.parent / "content"
    enrolment: Annotated[Literal["open", "invite"], BeforeValidator(_lower)] = "open"
    country: Annotated[str, AfterValidator(checks.country)] | None = None
    time_zone: Annotated[str, AfterValidator(checks.time_zone)] = "UTC"
    language: str = "en"
    care_team_hours: Annotated[Hours, NoDecode, BeforeValidator(read_hours)] | None = None
    holidays: Annotated[str, AfterValidator(checks.holidays_of)] | None = None
    smtp_url: Annotated[SecretStr, AfterValidator(checks.smtp_url)] | None = None
    mail_from: Annotated[str, AfterValidator(checks.mail_address)] | None = None
    alert_mail: Annotated[str, AfterValidator(checks.mail_addresses)] | None = None
    operator_mail: Annotated[str, AfterValidator(checks.mail_addresses)] | None = None
    retention: Annotated[Retention, NoDecode, BeforeValidator(read_retention)] = Retention({})
    lawful_basis: Annotated[LawfulBasis, NoDecode, BeforeValidator(read_lawful_basis)] = (
        LawfulBasis({})
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = (
        "INFO"
    )
    clock_offset_file: Path | None = None

    @property
    def database(self) -> str:
        """The database's address: the one given, or a file in the data folder."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'paceful.sqlite3'}"

    @property
    def page_root(self) -> str:
        """Where browsers find the clinic page: the address given, or this machine's own."""
        given = self.public_url or f"http://127.0.0.1:{self.http_port}"
        return given.rstrip("/")

    @property
    def keys(self) -> tuple[str, ...]:
        """The secret keys, the one that seals first; none if none were given."""
        given = self.secret_keys.get_secret_value() if self.secret_keys else ""
        return tuple(key.strip() for key in given.split(",") if key)

    @before_all(mode="before")
    @classmethod
    def _keys_from_file(cls, given: dict[str, object]) -> dict[str, object]:
        file = given.get("secret_keys_file")
        if not file:
            return given
        if given.get("secret_keys"):
            raise _wrong("SECRET_KEYS_FILE", "and SECRET_KEYS are both set: keep one of them")
        try:
            return {**given, "secret_keys": read_keys(Path(str(file)))}
        except ValueError as error:
            raise _wrong("SECRET_KEYS_FILE", str(error)) from None

    @after_all(mode="after")
    def _together(self) -> Self:
        if self.bot_token and not self.secret_keys:
            raise _wrong("SECRET_KEYS", "is missing: make one with `paceful keys new`")
        if self.webhook_url and not self.webhook_secret:
            raise _wrong("WEBHOOK_SECRET", "is missing: WEBHOOK_URL needs one")
        if (self.alert_mail or self.operator_mail) and not self.smtp_url:
            raise _wrong("SMTP_URL", "is missing: without it no e-mail can be sent")
        if self.smtp_url and not self.mail_from:
            raise _wrong("MAIL_FROM", "is missing: e-mail needs an address it comes from")
        if self.webhook_url and not checks.is_local(self.bot_api_url):
            _check_webhook(self.webhook_url)
        return self


def load(env_file: Path = ENV_FILE) -> Settings:
    """The settings, or BadSetting for the first one that is missing or wrong."""
    try:
        return Settings(_env_file=env_file, _env_file_encoding="utf-8-sig")
    except ValidationError as error:
        # the original error holds what was given, and that may be a secret
        raise _bad_setting(error) from None


def strangers(env_file: Path = ENV_FILE) -> list[str]:
    """A warning for each name in `.env` that is no setting, with the nearest one that is."""
    if not env_file.is_file():
        return []
    names = dotenv_values(env_file, encoding="utf-8-sig")
    return [_warning(name) for name in names if name.lower() not in Settings.model_fields]


def setting_names() -> Sequence[str]:
    """The name of every setting, as it stands in the environment."""
    return [name.upper() for name in Settings.model_fields]


def _warning(name: str) -> str:
    if not _NAME.fullmatch(name):
        # it may be a secret that lost its name
        return "A line of .env is not of the form NAME=value"
    near = difflib.get_close_matches(name.upper(), setting_names(), n=1)
    question = f"; did you mean {near[0]}?" if near else ""
    return f"{name} in .env is not a setting{question}"


def _bad_setting(error: ValidationError) -> BadSetting:
    first = error.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][0] if first["loc"] else first["type"]).upper()
    words = first["msg"].removeprefix("Value error, ").replace("Input should", "must")
    return BadSetting(name, f"{name} {words[0].lower()}{words[1:]}")


def _wrong(name: str, words: str) -> PydanticCustomError:
    # the type of an error that belongs to two settings says which one to mend
    return PydanticCustomError(name, words)


def _check_webhook(address: str) -> None:
    try:
        checks.public_address(address)
    except ValueError as error:
        raise _wrong("WEBHOOK_URL", str(error)) from None
