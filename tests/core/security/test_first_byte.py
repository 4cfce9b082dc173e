import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.security.first_byte import Opening, classify


@pytest.mark.parametrize(
    ("prefix", "opening"),
    [
        (b"", Opening.NEED_MORE),
        (b"\x16", Opening.NEED_MORE),
        (b"\x16\x03", Opening.TLS),
        (b"\x16\x03\x01\x02\x00\x01", Opening.TLS),
        (b"\x16\x02", Opening.PLAIN),
        (b"G", Opening.PLAIN),
        (b"GET / HTTP/1.1\r\n", Opening.PLAIN),
        (b"\x15\x03", Opening.PLAIN),
        (b"\x80\x2e\x01", Opening.PLAIN),
        (b"\x00", Opening.PLAIN),
    ],
)
def test_the_first_bytes_tell_tls_from_plain(prefix: bytes, opening: Opening) -> None:
    """R31."""
    assert classify(prefix) is opening


@given(st.binary(min_size=2), st.binary())
def test_two_bytes_settle_it_and_later_ones_change_nothing(prefix: bytes, rest: bytes) -> None:
    assert classify(prefix) is not Opening.NEED_MORE
    assert classify(prefix + rest) is classify(prefix)
