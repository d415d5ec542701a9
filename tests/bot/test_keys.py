"""What is sealed opens with the right key at the right place, and nowhere else."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.keys import HEAD_BYTES, BadKey, CannotOpen, Vault, _bound, new_code, new_key

OLD, NEW, OTHER = new_key(), new_key(), new_key()
WORDS = "My back hurts when I sit. ça va \N{SLIGHTLY SMILING FACE}"
PLACE = ("answers", "value", 7, 3, "goal")


@settings(deadline=None)
@given(text=st.text(st.characters(exclude_categories=())), row=st.integers())
def test_any_text_comes_back_as_it_was(text: str, row: int) -> None:
    """Even half of an emoji, which Telegram may deliver, is kept."""
    seal = Vault([OLD]).site("inbox")

    assert seal.open(seal.seal(text, "inbox", row), "inbox", row) == text


def test_a_seal_shows_nothing_and_never_looks_the_same_twice() -> None:
    """The words are not in it, and equal words give different seals."""
    seal = Vault([OLD]).site("inbox")
    first, second = seal.seal(WORDS, *PLACE), seal.seal(WORDS, *PLACE)

    assert first != second
    assert b"back" not in first


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("answers", "value", 8, 3, "goal"),
        ("answers", "value", 7, 4, "goal"),
        ("answers", "value", 7, 3, "goal", ""),
        ("answers", "value", 7, 3),
        ("answers", "value", 73, "goal"),
        ("answers|value", 7, 3, "goal"),
        ("answers", 'value", "7', 3, "goal"),
        (),
    ],
)
def test_a_blob_moved_elsewhere_does_not_open(elsewhere: tuple[object, ...]) -> None:
    """Nobody can put one patient's words into another's row."""
    seal = Vault([OLD]).site("answers")
    blob = seal.seal(WORDS, *PLACE)

    with pytest.raises(CannotOpen):
        seal.open(blob, *elsewhere)


def test_a_blob_changed_anywhere_does_not_open() -> None:
    """Every single byte counts, the version and the key's name among them."""
    seal = Vault([OLD]).site("answers")
    blob = seal.seal(WORDS, *PLACE)

    for place in range(len(blob)):
        changed = blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]
        with pytest.raises(CannotOpen):
            seal.open(changed, *PLACE)


@pytest.mark.parametrize("length", [0, 1, 4, 5, 16, 17, 20])
def test_a_blob_cut_short_does_not_open(length: int) -> None:
    """Half a row is refused like a changed one."""
    seal = Vault([OLD]).site("answers")

    with pytest.raises(CannotOpen):
        seal.open(seal.seal(WORDS, *PLACE)[:length], *PLACE)


def test_another_key_does_not_open() -> None:
    """A stolen database is of no use without its keys."""
    blob = Vault([OLD]).site("inbox").seal(WORDS, *PLACE)
    wrapped = Vault([OLD]).new_patient_key()

    with pytest.raises(CannotOpen):
        Vault([OTHER]).site("inbox").open(blob, *PLACE)
    with pytest.raises(CannotOpen):
        Vault([OTHER]).patient(wrapped)


def test_a_site_seal_is_for_one_purpose() -> None:
    """Inbox bodies do not open with the seal for chats."""
    vault = Vault([OLD])

    with pytest.raises(CannotOpen):
        vault.site("contacts").open(vault.site("inbox").seal(WORDS, *PLACE), *PLACE)


def test_what_was_opened_tells_a_key_its_own_name() -> None:
    """So that what is sealed after reading is found by its key, as what was sealed before is."""
    vault = Vault([OLD])
    wrapped = vault.new_patient_key()
    before = vault.patient(wrapped).seal(WORDS, *PLACE)

    reader = Vault([OLD]).patient(wrapped)
    assert reader.open(before, *PLACE) == WORDS
    with pytest.raises(CannotOpen):
        reader.open(b"\x01none" + before[HEAD_BYTES:], *PLACE)

    after = reader.seal(WORDS, *PLACE)
    assert after[:HEAD_BYTES] == before[:HEAD_BYTES]
    assert reader.heads == vault.patient(wrapped).heads == (before[:HEAD_BYTES],)
    assert vault.patient(wrapped).open(after, *PLACE) == WORDS


def test_each_patient_has_a_key_of_their_own() -> None:
    """Destroying one patient's key leaves every other patient readable."""
    vault = Vault([OLD])
    hers, his = (vault.patient(vault.new_patient_key()) for _ in range(2))
    blob = hers.seal(WORDS, *PLACE)

    assert hers.open(blob, *PLACE) == WORDS
    with pytest.raises(CannotOpen):
        his.open(blob, *PLACE)


def test_after_a_rotation_old_seals_open_and_new_ones_need_the_new_key() -> None:
    """The first key seals and makes lookups; every key opens, and finds people again."""
    before, after = Vault([OLD]), Vault([NEW, OLD])
    wrapped, blob = before.new_patient_key(), before.site("inbox").seal(WORDS, *PLACE)
    kept = before.patient(wrapped).seal(WORDS, *PLACE)

    assert after.patient(wrapped).open(kept, *PLACE) == WORDS
    assert after.site("inbox").open(blob, *PLACE) == WORDS
    assert after.lookups("chat", "12345") == (
        Vault([NEW]).lookup("chat", "12345"),
        before.lookup("chat", "12345"),
    )
    assert Vault([NEW]).patient(after.rewrapped(wrapped)).open(kept, *PLACE) == WORDS
    with pytest.raises(CannotOpen):
        before.site("inbox").open(after.site("inbox").seal(WORDS, *PLACE), *PLACE)
    with pytest.raises(CannotOpen):
        before.patient(after.new_patient_key())


def test_a_lookup_depends_on_value_purpose_and_key() -> None:
    """The same person is found again, and two tables cannot be joined by it."""
    vault = Vault([OLD])
    lookups = [
        vault.lookup("chat", "12345"),
        vault.lookup("chat", "12346"),
        vault.lookup("invite", "12345"),
        Vault([OTHER]).lookup("chat", "12345"),
    ]

    assert len(set(lookups)) == len(lookups)
    assert vault.lookup("chat", "12345") == lookups[0]
    assert all(len(lookup) == 64 and "12345" not in lookup for lookup in lookups)


@pytest.mark.parametrize(
    "bad",
    ["", "short", new_key()[:-2], new_key() + "AA", "ä" * 43, "*" * 43],
    ids=["nothing", "a-word", "two-letters-short", "two-letters-long", "not-ascii", "no-base64"],
)
def test_what_is_not_a_key_is_refused(bad: str) -> None:
    """A key is 32 bytes in base64url, nothing shorter and nothing else."""
    with pytest.raises(BadKey):
        Vault([NEW, bad])


def test_a_vault_needs_a_key() -> None:
    """Without any key nothing could be kept."""
    with pytest.raises(BadKey):
        Vault([])


def test_a_code_fits_into_a_telegram_link_and_cannot_be_guessed() -> None:
    """Up to 64 letters, digits, _ or -, and at least 64 bits."""
    codes = {new_code() for _ in range(100)}

    assert len(codes) == 100
    assert all(11 <= len(code) <= 64 for code in codes)
    assert all(code.replace("_", "").replace("-", "").isalnum() for code in codes)


@settings(deadline=None)
@given(place=st.lists(st.one_of(st.integers(), st.none(), st.text()), max_size=7).map(tuple))
def test_a_place_is_written_as_it_ever_was(place: tuple[object, ...]) -> None:
    """What was sealed by an earlier version opens: plain places go a short way to the same JSON."""
    assert _bound(b"head", place) == b"head" + json.dumps([str(part) for part in place]).encode()
