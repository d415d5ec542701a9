"""What each setting must be; the words of an error follow the setting's name."""

import base64
import re
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import SecretStr

KEY_BYTES = 32
WEBHOOK_PORTS = (443, 80, 88, 8443)
_TOKEN = re.compile(r"[0-9]{6,15}:[A-Za-z0-9_-]{30,50}")
_NOT_IN_TOKEN = {"[\"'`]": "a quotation mark", r"[\r\n]": "a line break", r"\s": "a space"}
_MAIL = re.compile(r"[^@\s,<>\"]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


def bot_token(given: SecretStr) -> SecretStr:
    """The token, or ValueError if it cannot be one."""
    token = given.get_secret_value()
    for sign, name in (
        ('"', "a quotation mark"),
        ("'", "a quotation mark"),
        ("\n", "a line break"),
    ):
        if sign in token:
            msg = f"contains {name}: write the token alone, just as @BotFather gave it"
            raise ValueError(msg)
    if any(sign.isspace() for sign in token):
        msg = "contains a space: write the token alone, just as @BotFather gave it"
        raise ValueError(msg)
    if not _TOKEN.fullmatch(token):
        msg = "is not a token: @BotFather gives digits, a colon and about 35 letters"
        raise ValueError(msg)
    return given


def secret_keys(given: SecretStr) -> SecretStr:
    """The keys, or ValueError if one is not a key, or is there twice."""
    keys = [_key(text.strip()) for text in given.get_secret_value().split(",")]
    if len(set(keys)) < len(keys):
        msg = "contains the same key twice"
        raise ValueError(msg)
    return given


def _key(text: str) -> bytes:
    try:
        secret = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        msg = "must be keys made by `paceful keys new`, with commas between them"
        raise ValueError(msg)
    return secret


def webhook_secret(given: SecretStr) -> SecretStr:
    """The secret, or ValueError if Telegram would not take it."""
    if not _WEBHOOK_SECRET.fullmatch(given.get_secret_value()):
        msg = "must be 1 to 256 letters, digits, _ or -"
        raise ValueError(msg)
    return given


def web_address(address: str) -> str:
    """The address without a last slash, or ValueError."""
    if not _is_web_address(address):
        msg = "must be a web address that begins with https:// or http://"
        raise ValueError(msg)
    return address.rstrip("/")


def database_url(given: SecretStr) -> SecretStr:
    """The address, or ValueError for a database that we do not speak."""
    scheme = given.get_secret_value().split(":")[0].split("+")[0]
    if scheme not in ("sqlite", "postgresql", "postgres"):
        msg = "must begin with sqlite:/// or postgresql://"
        raise ValueError(msg)
    return given


def smtp_url(given: SecretStr) -> SecretStr:
    """The address, or ValueError."""
    if urlsplit(given.get_secret_value()).scheme not in ("smtp", "smtps"):
        msg = "must begin with smtp:// or smtps://"
        raise ValueError(msg)
    return given


def mail_address(address: str) -> str:
    """The address, or ValueError."""
    if not _MAIL.fullmatch(address.strip()):
        msg = "must be an e-mail address, such as team@example.org"
        raise ValueError(msg)
    return address.strip()


def mail_addresses(addresses: str) -> str:
    """E-mail addresses with commas between them, or ValueError."""
    return ",".join(mail_address(each) for each in addresses.split(","))


def page_address(address: str) -> str:
    """The address without a last slash, or ValueError if what is shown there could be read."""
    checked = web_address(address)
    if urlsplit(checked).scheme != "https" and not is_local(checked):
        msg = "must begin with https://, because patients' records are shown there"
        raise ValueError(msg)
    return checked


def networks(given: str) -> str:
    """Addresses and networks with commas between them, or ValueError."""
    try:
        return ",".join(str(ip_network(each.strip())) for each in given.split(","))
    except ValueError:
        msg = "must be addresses or networks with commas between them, such as 10.0.0.2,10.1.0.0/16"
        raise ValueError(msg) from None


def holidays_of(place: str) -> str:
    """A country's two letters, perhaps with a region as in GB-ENG, or ValueError."""
    # 3 MiB of calendars, which a site that names none does without
    from holidays import list_supported_countries

    country_code, _, region = place.strip().upper().partition("-")
    known = list_supported_countries()
    if country_code not in known or (region and region not in known[country_code]):
        msg = "must be a country, or a country and region, such as DE or GB-ENG"
        raise ValueError(msg)
    return f"{country_code}-{region}" if region else country_code


def time_zone(name: str) -> str:
    """The IANA name, or ValueError."""
    if name not in available_timezones():
        msg = "must be a time zone's IANA name, such as Europe/Paris"
        raise ValueError(msg)
    return name


def country(code: str) -> str:
    """The two letters in capitals, or ValueError."""
    if not (len(code) == 2 and code.isascii() and code.isalpha()):
        msg = "must be a country's two letters, such as CA"
        raise ValueError(msg)
    return code.upper()


def public_address(address: str) -> str:
    """The address, or ValueError if Telegram could not deliver there."""
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme != "https" or port not in WEBHOOK_PORTS:
        msg = "must be https:// on port 443, 80, 88 or 8443"
        raise ValueError(msg)
    if ":" in (parts.hostname or ""):
        msg = "must have a name or an IPv4 address: Telegram delivers to no IPv6"
        raise ValueError(msg)
    return address


def is_local(address: str) -> bool:
    """Whether an address is on this machine."""
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
