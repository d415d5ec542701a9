"""Keys, seals and lookups: how what patients write and who they are is kept unreadable.

The first of SECRET_KEYS seals and makes lookups; every one of them opens and finds again. Each
patient has a data key of their own, wrapped by the first secret key, so that destroying it erases
what they wrote. A new key is put before the old ones, which may go when nothing is left under them.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from json.encoder import encode_basestring_ascii as _quoted

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
SEALS_KEPT = 4096
_VERSION = b"\x01"
_ID_BYTES = 4
_NONCE_BYTES = 12
HEAD_BYTES = len(_VERSION) + _ID_BYTES
_WRAPPED = ("patients", "wrapped_key")


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


def same_secret(given: str, *wanted: str) -> bool:
    """Whether it is the same as one of these, told without giving away where or which."""
    told = given.encode(errors="surrogatepass")
    # all are looked at: the list is full before `any` sees it
    return any([hmac.compare_digest(told, each.encode()) for each in wanted])


def digest_of_pin(digits: str) -> str:
    """A digest of a PIN, slow to make and with a salt of its own, so that it is slow to guess."""
    return _digest_of_pin(digits, secrets.token_hex(16))


def fits_pin(digits: str, digest: str) -> bool:
    """Whether the digest is that of these digits."""
    return same_secret(_digest_of_pin(digits, digest.partition("$")[0]), digest)


def _digest_of_pin(digits: str, salt: str) -> str:
    slow = hashlib.scrypt(digits.encode(), salt=salt.encode(), n=2**14, r=8, p=1)
    return f"{salt}${slow.hex()}"


def draw(below: int) -> int:
    """A number from 0 up to but not including `below` that nobody can foresee."""
    return secrets.randbelow(below)


class _Key:
    """A key, and the bytes that its blobs begin with: the version, and the key's short name."""

    def __init__(self, secret: bytes) -> None:
        self.cipher, self._secret = AESGCM(secret), secret

    @cached_property
    def head(self) -> bytes:
        return _VERSION + _derive(self._secret, "name", _ID_BYTES)


class Seal:
    """Seals text for one place and opens it there; the first key seals, every key opens."""

    def __init__(self, secret_keys: Iterable[bytes]) -> None:
        self._keys = [_Key(secret) for secret in secret_keys]

    @property
    def heads(self) -> tuple[bytes, ...]:
        """With which bytes a blob of each key begins, in the order of the keys."""
        return tuple(key.head for key in self._keys)

    def seal(self, text: str, *place: object) -> bytes:
        """The text, unreadable, and bound to its place (table, column, owner, row…)."""
        return self.seal_bytes(text.encode(errors="surrogatepass"), *place)

    def open(self, blob: bytes, *place: object) -> str:
        """The text that was sealed for this place, or CannotOpen."""
        return self.open_bytes(blob, *place).decode(errors="surrogatepass")

    def seal_bytes(self, content: bytes, *place: object) -> bytes:
        """Bytes, sealed like text."""
        key, nonce = self._keys[0], secrets.token_bytes(_NONCE_BYTES)
        return key.head + nonce + key.cipher.encrypt(nonce, content, _bound(key.head, place))

    def open_bytes(self, blob: bytes, *place: object) -> bytes:
        """The bytes that were sealed for this place, or CannotOpen."""
        head, nonce = blob[:HEAD_BYTES], blob[HEAD_BYTES : HEAD_BYTES + _NONCE_BYTES]
        key = self._key_of(head)
        if key is None or len(nonce) < _NONCE_BYTES:
            raise CannotOpen
        sealed, bound = blob[HEAD_BYTES + _NONCE_BYTES :], _bound(head, place)
        try:
            content = key.cipher.decrypt(nonce, sealed, bound)
        except InvalidTag:
            raise CannotOpen from None
        # it is bound to its head, so that what opens says what the key would work out
        key.head = head
        return content

    def _key_of(self, head: bytes) -> _Key | None:
        # a patient's one key opens nothing that another sealed, and its name takes long to work out
        if len(self._keys) == 1:
            return self._keys[0]
        return next((key for key in self._keys if key.head == head), None)


class Vault:
    """Holds the secret keys, and gives out the seals and lookups that are made from them."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        secrets_ = [decode_key(text) for text in secret_keys]
        if not secrets_:
            raise BadKey
        self._secrets = secrets_
        self.names = tuple(_derive(secret, "name", _ID_BYTES).hex() for secret in secrets_)
        """By what each key is called where people can see it, in the order of the keys."""
        self.wrapping = Seal(_derive(secret, "wrap") for secret in secrets_)
        """The seal of the patients' data keys."""
        # bounded: a key stays in memory only while its patient is about
        self._patients = lru_cache(SEALS_KEPT)(self._open_patient)
        self._sites = lru_cache(SEALS_KEPT)(self._derive_site)
        self._lookup_keys = lru_cache(SEALS_KEPT)(self._derive_lookup)

    def new_patient_key(self) -> bytes:
        """A new patient's data key, wrapped."""
        return self.wrapping.seal_bytes(secrets.token_bytes(KEY_BYTES), *_WRAPPED)

    def rewrapped(self, wrapped: bytes) -> bytes:
        """The same data key, wrapped by the first key; or CannotOpen."""
        return self.wrapping.seal_bytes(self.wrapping.open_bytes(wrapped, *_WRAPPED), *_WRAPPED)

    def patient(self, wrapped: bytes) -> Seal:
        """The seal of the patient whose wrapped data key this is, or CannotOpen."""
        return self._patients(wrapped)

    def site(self, purpose: str) -> Seal:
        """The seal for what belongs to no patient yet, one for each purpose."""
        return self._sites(purpose)

    def lookup(self, purpose: str, value: str) -> str:
        """The same 64 hex digits for the same value, telling nothing to whom lacks the key."""
        return self.lookups(purpose, value)[0]

    def lookups(self, purpose: str, value: str) -> tuple[str, ...]:
        """The value's lookups under each key, the first one's first: it may be kept as any."""
        written = value.encode(errors="surrogatepass")
        keys = self._lookup_keys(purpose)
        return tuple([hmac.digest(key, written, "sha256").hex() for key in keys])

    def _open_patient(self, wrapped: bytes) -> Seal:
        return Seal([self.wrapping.open_bytes(wrapped, *_WRAPPED)])

    def _derive_site(self, purpose: str) -> Seal:
        return Seal(_derive(secret, f"site {purpose}") for secret in self._secrets)

    def _derive_lookup(self, purpose: str) -> tuple[bytes, ...]:
        return tuple(_derive(secret, f"lookup {purpose}") for secret in self._secrets)


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
    parts = ", ".join([_quoted(str(part)) for part in place])
    return head + f"[{parts}]".encode()
