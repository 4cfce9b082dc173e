import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.security.passwords import (
    PasswordKey,
    is_hexadecimal,
    is_kept,
    wallbox_password_matches,
)

KEY = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"
OURS = PasswordKey(bytes(range(32)))
ANOTHER = PasswordKey(bytes(32))

ROWS = [
    (b"secret", "secret", True),
    (b"Secret", "secret", False),
    (b"", "secret", False),
    (b"secret ", "secret", False),
    ("grün".encode(), "grün", True),
    ("grün".encode("latin-1"), "grün", False),
    (KEY.encode(), KEY, True),
    (bytes.fromhex(KEY), KEY, True),
    (bytes.fromhex(KEY), KEY.lower(), True),
    (bytes.fromhex(KEY)[:-1], KEY, False),
    (bytes(16), "00" * 16, True),
    (bytes(15), "00" * 15, False),
    (bytes(20), "00" * 20, True),
    (bytes(21), "00" * 21, False),
    (("00" * 21).encode(), "00" * 21, True),
    (bytes(16), " ".join(["00"] * 16), False),
    (b"not hexadecimal!", "not hexadecimal!", True),
    (b"\xff\xfe", "secret", False),
    (b"", "", False),
]


@pytest.mark.parametrize(("presented", "configured", "matches"), ROWS)
def test_a_password_matches_as_text_and_as_the_bytes_of_a_key_r24(
    presented: bytes, configured: str, matches: bool
) -> None:
    assert wallbox_password_matches(presented, configured) is matches
    assert OURS.matches(presented, OURS.kept(configured)) is matches


@pytest.mark.parametrize("password", ["secret", KEY, "grün", "$wg1$", "$wg1$00000000$00$"])
def test_s4_what_is_kept_does_not_contain_the_password(password: str) -> None:
    kept = OURS.kept(password)
    assert kept.startswith("$wg1$")
    assert password.lower() not in kept.removeprefix("$wg1$")
    assert is_kept(kept)
    assert not is_kept(password)


@given(st.text())
def test_a_password_is_kept_the_same_every_time_and_what_is_kept_stays(password: str) -> None:
    kept = OURS.kept(password.encode(errors="ignore").decode())
    assert OURS.kept(kept) == kept == OURS.kept(password.encode(errors="ignore").decode())


def test_no_password_is_kept_as_none() -> None:
    assert OURS.kept("") == ""


def test_what_is_kept_is_no_password_itself() -> None:
    kept = OURS.kept("secret")
    assert not OURS.matches(kept.encode(), kept)


@pytest.mark.parametrize("garbage", ["", "secret", "$wg1$", "$wg1$00000000$" + "0" * 64])
def test_what_is_no_kept_password_opens_nothing(garbage: str) -> None:
    assert not OURS.matches(garbage.encode(), garbage)
    assert not OURS.made(garbage)


def test_without_its_key_what_is_kept_opens_nothing_and_is_told_apart() -> None:
    kept = OURS.kept("secret")
    assert OURS.made(kept)
    assert not ANOTHER.made(kept)
    assert not ANOTHER.matches(b"secret", kept)


def test_s4_the_key_does_not_say_itself() -> None:
    assert repr(OURS) == "PasswordKey()"


def test_an_empty_configured_password_matches_nothing_not_even_an_empty_one() -> None:
    assert wallbox_password_matches(b"", "") is False


@pytest.mark.parametrize(
    ("text", "yes"),
    [("", True), ("00fF", True), ("0", False), ("00 ff", False), ("zz", False), (" ", False)],
)
def test_hexadecimal_digits_come_two_per_byte(text: str, yes: bool) -> None:
    assert is_hexadecimal(text) is yes


def test_a_mark_tells_texts_apart_and_nothing_without_the_key() -> None:
    assert OURS.mark_of(b"a secret") == OURS.mark_of(b"a secret")
    assert OURS.mark_of(b"a secret") != OURS.mark_of(b"another")
    assert OURS.mark_of(b"a secret") != ANOTHER.mark_of(b"a secret")
    assert OURS.mark_of(b"secret") not in OURS.kept("secret")
