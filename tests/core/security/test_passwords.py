import pytest

from wattgate.core.security.passwords import is_hexadecimal, wallbox_password_matches

KEY = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"


@pytest.mark.parametrize(
    ("presented", "configured", "matches"),
    [
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
    ],
)
def test_a_password_matches_as_text_and_as_the_bytes_of_a_key_r24(
    presented: bytes, configured: str, matches: bool
) -> None:
    assert wallbox_password_matches(presented, configured) is matches


def test_an_empty_configured_password_matches_nothing_not_even_an_empty_one() -> None:
    assert wallbox_password_matches(b"", "") is False


@pytest.mark.parametrize(
    ("text", "yes"),
    [("", True), ("00fF", True), ("0", False), ("00 ff", False), ("zz", False), (" ", False)],
)
def test_hexadecimal_digits_come_two_per_byte(text: str, yes: bool) -> None:
    assert is_hexadecimal(text) is yes
