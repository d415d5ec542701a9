"""Keys, seals and lookups: how what patients write and who they are is kept unreadable.

The first of SECRET_KEYS seals; every one of them opens. Each patient has a data key of their own,
wrapped by the first secret key, so that destroying it erases what they wrote.

Lookups are derived from the *last* secret key. A new key is put before the old ones, so the last
one stays the last and the same value is found again after a rotation. It must stay in SECRET_KEYS
for as long as the database lives.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
SEALS_KEPT = 4096
_VERSION = b"\x01"
_ID_BYTES = 4
_NONCE_BYTES = 12
_HEAD_BYTES = len(_VERSION) + _ID_BYTES


class CannotOpen(Exception):
    """A seal does not open: it was made with another key, for another place, or was changed."""


class BadKey(ValueError):
    """A secret key is not 32 bytes in base64url; make one with `paceful keys new`."""


def new_key() -> str:
    """A new secret key, as SECRET_KEYS wants it."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode().rstrip("=")


def new_code() -> str:
    """A new one-time code of 96 bits that fits into a Telegram link."""
    return secrets.token_urlsafe(12)


def new_token() -> str:
    """A new secret of 192 bits for a link or a cookie."""
    return secrets.token_urlsafe(24)


def same_secret(given: str, wanted: str) -> bool:
    """Whether the two are the same, told without giving away where they differ."""
    return hmac.compare_digest(given.encode(errors="surrogatepass"), wanted.encode())


def draw(below: int) -> int:
    """A number from 0 up to but not including `below` that nobody can foresee."""
    return secrets.randbelow(below)


@dataclass(frozen=True, slots=True)
class _Key:
    """A key with the short name by which a blob remembers it."""

    name: bytes
    cipher: AESGCM

    @classmethod
    def of(cls, secret: bytes) -> "_Key":
        return cls(_derive(secret, "name", _ID_BYTES), AESGCM(secret))


class Seal:
    """Seals text for one place and opens it there; the first key seals, every key opens."""

    def __init__(self, secret_keys: Iterable[bytes]) -> None:
        keys = [_Key.of(secret) for secret in secret_keys]
        self._first = keys[0]
        self._by_name = {key.name: key for key in keys}

    def seal(self, text: str, *place: object) -> bytes:
        """The text, unreadable, and bound to its place (table, column, owner, row…)."""
        return self.seal_bytes(text.encode(errors="surrogatepass"), *place)

    def open(self, blob: bytes, *place: object) -> str:
        """The text that was sealed for this place, or CannotOpen."""
        return self.open_bytes(blob, *place).decode(errors="surrogatepass")

    def seal_bytes(self, content: bytes, *place: object) -> bytes:
        """Bytes, sealed like text."""
        head, nonce = _VERSION + self._first.name, secrets.token_bytes(_NONCE_BYTES)
        return head + nonce + self._first.cipher.encrypt(nonce, content, _bound(head, place))

    def open_bytes(self, blob: bytes, *place: object) -> bytes:
        """The bytes that were sealed for this place, or CannotOpen."""
        head, nonce = blob[:_HEAD_BYTES], blob[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES]
        key = self._by_name.get(head[len(_VERSION) :])
        if key is None or not head.startswith(_VERSION) or len(nonce) < _NONCE_BYTES:
            raise CannotOpen
        try:
            return key.cipher.decrypt(
                nonce, blob[_HEAD_BYTES + _NONCE_BYTES :], _bound(head, place)
            )
        except InvalidTag:
            raise CannotOpen from None


class Vault:
    """Holds the secret keys, and gives out the seals and lookups that are made from them."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        secrets_ = [decode_key(text) for text in secret_keys]
        if not secrets_:
            raise BadKey
        self._secrets = secrets_
        self._wrap = Seal(_derive(secret, "wrap") for secret in secrets_)
        # bounded: a key stays in memory only while its patient is about
        self._patients = lru_cache(SEALS_KEPT)(self._open_patient)
        self._sites = lru_cache(SEALS_KEPT)(self._derive_site)
        self._lookup_keys = lru_cache(SEALS_KEPT)(self._derive_lookup)

    def new_patient_key(self) -> bytes:
        """A new patient's data key, wrapped."""
        return self._wrap.seal_bytes(secrets.token_bytes(KEY_BYTES), "patients", "wrapped_key")

    def patient(self, wrapped: bytes) -> Seal:
        """The seal of the patient whose wrapped data key this is, or CannotOpen."""
        return self._patients(wrapped)

    def site(self, purpose: str) -> Seal:
        """The seal for what belongs to no patient yet, one for each purpose."""
        return self._sites(purpose)

    def lookup(self, purpose: str, value: str) -> str:
        """The same 64 hex digits for the same value, telling nothing to whom lacks the key."""
        written = value.encode(errors="surrogatepass")
        return hmac.new(self._lookup_keys(purpose), written, hashlib.sha256).hexdigest()

    def _open_patient(self, wrapped: bytes) -> Seal:
        return Seal([self._wrap.open_bytes(wrapped, "patients", "wrapped_key")])

    def _derive_site(self, purpose: str) -> Seal:
        return Seal(_derive(secret, f"site {purpose}") for secret in self._secrets)

    def _derive_lookup(self, purpose: str) -> bytes:
        return _derive(self._secrets[-1], f"lookup {purpose}")


def decode_key(text: str) -> bytes:
    """The 32 bytes that a secret key stands for, or BadKey."""
    try:
        secret = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise BadKey from None
    if len(secret) != KEY_BYTES:
        raise BadKey
    return secret


def _derive(secret: bytes, purpose: str, length: int = KEY_BYTES) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=f"paceful {purpose}".encode()).derive(secret)


def _bound(head: bytes, place: tuple[object, ...]) -> bytes:
    # JSON, so that no two different places are written the same
    return head + json.dumps([str(part) for part in place]).encode()
