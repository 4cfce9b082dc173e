from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pymodbus.pdu import DecodePDU

from wattgate.adapters.modbus.answering import FUNCTIONS, answer
from wattgate.adapters.modbus.frames import (
    ANSWERS,
    REQUESTS,
    BrokenFrames,
    Frame,
    rtu_bytes,
    take_rtu,
    take_tcp,
    tcp_bytes,
    whole_rtu,
)

FRAMES = st.builds(
    Frame,
    st.integers(0, 255),
    st.binary(min_size=1, max_size=253),
    st.integers(0, 65535),
)
NOISE = st.binary(max_size=40)


@given(st.lists(FRAMES, max_size=4), st.integers(0, 600))
def test_frames_over_tcp_are_read_as_written_however_they_are_cut(
    frames: list[Frame], cut: int
) -> None:
    sent = b"".join(tcp_bytes(frame) for frame in frames)
    heard = bytearray(sent[:cut])
    read = list(take_tcp(heard))
    heard += sent[cut:]
    assert [*read, *take_tcp(heard)] == frames
    assert not heard


@given(st.binary(max_size=600))
@example(b"\0\1\0\0\0\2\1\3")
def test_no_bytes_over_tcp_do_more_than_break_the_connection(said: bytes) -> None:
    heard = bytearray(said)
    with suppress(BrokenFrames):
        for frame in take_tcp(heard):
            assert len(frame.pdu) >= 1
            assert answer(lambda request: (), frame.pdu)
        assert len(heard) < 260, "what is kept has an end"


@given(NOISE, st.sampled_from(["03 1f9c 0001", "06 1f9d 00a0", "10 1f9d 0001 02 00a0"]), NOISE)
def test_a_request_is_found_between_any_noise(before: bytes, pdu: str, after: bytes) -> None:
    request = Frame(17, bytes.fromhex(pdu))
    heard = bytearray(before + rtu_bytes(request) + after)
    found = take_rtu(heard, REQUESTS, lambda unit, function: unit == 17 and function in FUNCTIONS)
    assert found == request
    assert bytes(heard) == after


@pytest.mark.parametrize("decoder", [REQUESTS, ANSWERS])
@given(st.binary(max_size=600))
def test_noise_on_a_serial_line_raises_nothing(decoder: DecodePDU, said: bytes) -> None:
    take_rtu(bytearray(said), decoder, lambda unit, function: True)
    frame = whole_rtu(said)
    assert frame is None or answer(lambda request: (), frame.pdu)
