import pytest

from wattgate.core.gateway.link.link_key import (
    LinkKey,
    Secret,
    after_fallback,
    after_success,
    digest_of,
    former_secret,
    is_key,
    read,
    rekeyed,
    secret,
    write,
)

ONE, TWO, THREE = "00" * 16, "ff" * 20, "0123456789abcdefABCDEF0123456789"
SITE = "of the site"


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (ONE, True),
        (TWO, True),
        (THREE, True),
        ("0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF", True),
        ("00" * 15, False),
        ("00" * 21, False),
        ("0" * 33, False),
        ("00 " * 13 + "0", False),
        ("g0" * 16, False),
        ("\uff10" * 32, False),
        ("", False),
    ],
)
def test_a_key_is_16_to_20_bytes_in_hexadecimal_digits_r24_r37(text: str, good: bool) -> None:
    assert is_key(text) is good


def test_without_a_key_the_sites_password_is_all_there_is_r37() -> None:
    assert secret(None, SITE) == Secret(SITE)
    assert former_secret(None, SITE) is None


def test_a_new_key_can_fall_back_on_the_sites_password_until_it_is_proven_r37() -> None:
    new = rekeyed(None, ONE, SITE)
    assert secret(new, SITE) == Secret(bytes(16))
    assert former_secret(new, SITE) == Secret(SITE)
    assert after_fallback(new) is None
    assert former_secret(after_success(new), SITE) is None


def test_a_second_key_can_fall_back_on_the_first_where_that_was_proven_r37() -> None:
    second = rekeyed(after_success(rekeyed(None, ONE, SITE)), TWO, SITE)
    assert secret(second, SITE) == Secret(b"\xff" * 20)
    assert former_secret(second, SITE) == Secret(bytes(16))
    back = after_fallback(second)
    assert back is not None
    assert secret(back, SITE) == Secret(bytes(16))
    assert former_secret(back, SITE) is None


def test_a_key_that_never_opened_the_door_is_nothing_to_fall_back_on_r37() -> None:
    third = rekeyed(rekeyed(after_success(rekeyed(None, ONE, SITE)), TWO, SITE), THREE, SITE)
    assert former_secret(third, SITE) == Secret(bytes(16))
    assert former_secret(rekeyed(rekeyed(None, ONE, SITE), TWO, SITE), SITE) == Secret(SITE)


def test_a_key_is_known_again_after_a_restart_r37() -> None:
    new = rekeyed(None, ONE, SITE)
    assert read(write(new), SITE) == new
    assert SITE not in write(new)


@pytest.mark.parametrize(
    ("text", "password"),
    [
        (None, SITE),
        ("{", SITE),
        (write(rekeyed(None, ONE, SITE)), "newly written"),
        (write(rekeyed(None, ONE, SITE)), ""),
        (write(LinkKey("00", digest_of(SITE))), SITE),
    ],
)
def test_a_password_newly_written_in_the_site_file_wins_r37(
    text: str | None, password: str
) -> None:
    assert read(text, password) is None


def test_the_bytes_of_a_site_files_key_are_sent_as_they_are_r24() -> None:
    assert secret(None, bytes(16)) == Secret(bytes(16))
    assert former_secret(rekeyed(None, ONE, bytes(16)), bytes(16)) == Secret(bytes(16))


def test_a_password_that_is_to_be_read_as_hexadecimal_from_now_on_is_a_new_one_r24() -> None:
    stored = write(rekeyed(None, TWO, ONE))
    assert read(stored, ONE) is not None
    assert read(stored, bytes.fromhex(ONE)) is None


def test_s4_a_key_does_not_say_itself() -> None:
    said = repr([rekeyed(rekeyed(None, ONE, SITE), TWO, SITE), Secret(SITE), Secret(bytes(16))])
    assert ONE not in said
    assert TWO not in said
    assert SITE not in said
    assert repr(bytes(16)) not in said
