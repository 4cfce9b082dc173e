from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.modbus.codec import DoesNotFit, decode, encode
from wattgate.core.modbus.registers import Kind, Register, Value, WordOrder


def register(kind: str, scale: float = 1, length: int = 1) -> Register:
    return Register(name="one", address=0, kind=Kind(kind), scale=scale, length=length)


@pytest.mark.parametrize(
    ("of", "words", "value"),
    [
        (register("uint16"), (0xFFFF,), 65535),
        (register("int16"), (0xFFFF,), -1),
        (register("uint16", 0.1), (163,), 16.3),
        (register("uint16", 10), (7,), 70),
        (register("uint32"), (0x0001, 0x0002), 65538),
        (register("int32"), (0xFFFF, 0xFFFE), -2),
        (register("uint32", 0.001), (0, 6000), 6.0),
        (register("uint64"), (0, 1, 0, 2), 4294967298),
        (register("float32"), (0x41CC, 0x0000), 25.5),
        (register("float32", 1000), (0x41CC, 0x0000), 25500.0),
        (register("text", length=3), (0x4142, 0x4300, 0x5A5A), "ABC"),
        (register("text", length=2), (0x4142, 0x2020), "AB"),
        (register("text", length=2), (0x4107, 0x4200), "AB"),
        (register("hex", length=2), (0x04A1, 0xB2C3), "04a1b2c3"),
        (register("hex", length=2), (0, 0), ""),
        (register("version", length=2), (0x030A, 0x0D00), "3.10.13.0"),
    ],
)
def test_words_say_a_value(of: Register, words: tuple[int, ...], value: Value) -> None:
    assert decode(of, words) == value


@pytest.mark.parametrize(
    ("of", "value", "words"),
    [
        (register("uint16", 0.1), 16.3, (163,)),
        (register("uint16", 0.1), 16.27, (163,)),
        (register("int16"), -1, (0xFFFF,)),
        (register("uint64"), 4294967298, (0, 1, 0, 2)),
        (register("uint64"), 2**64 - 1, (0xFFFF,) * 4),
        (register("float32", 1000), 25500.0, (0x41CC, 0)),
        (register("text", length=3), "ABC", (0x4142, 0x4300, 0)),
        (register("hex", length=2), "04a1b2c3", (0x04A1, 0xB2C3)),
        (register("hex", length=2), "", (0, 0)),
        (register("version", length=1), "3.10", (0x030A,)),
    ],
)
def test_a_value_has_its_words(of: Register, value: Value, words: tuple[int, ...]) -> None:
    assert encode(of, value) == words


@pytest.mark.parametrize("kind", ["uint32", "int32", "uint64", "float32"])
def test_a_device_may_send_the_low_word_first(kind: str) -> None:
    high_first = encode(register(kind), 70000)
    low_first = encode(register(kind), 70000, WordOrder.LOW_FIRST)
    assert low_first == high_first[::-1] != high_first
    assert decode(register(kind), low_first, WordOrder.LOW_FIRST) == 70000


@pytest.mark.parametrize("order", WordOrder)
def test_the_order_of_words_does_not_concern_texts(order: WordOrder) -> None:
    assert decode(register("text", length=2), (0x4142, 0x4344), order) == "ABCD"
    assert encode(register("text", length=2), "ABCD", order) == (0x4142, 0x4344)


@pytest.mark.parametrize(
    ("of", "value"),
    [
        (register("uint16"), 65536),
        (register("uint16"), -1),
        (register("int16"), 32768),
        (register("uint16", 0.1), 6553.6),
        (register("uint16"), nan),
        (register("uint16"), inf),
        (register("float32"), 1e39),
        (register("uint16"), "7"),
        (register("text", length=1), "ABC"),
        (register("text", length=1), "\u20ac"),
        (register("hex", length=1), "0"),
        (register("version", length=1), "256"),
        (register("version", length=1), "beta"),
    ],
)
def test_what_does_not_fit_is_not_written(of: Register, value: Value) -> None:
    with pytest.raises(DoesNotFit):
        encode(of, value)


def test_a_float_can_be_not_available() -> None:
    said = decode(register("float32"), (0x7FC0, 0))
    assert isinstance(said, float)
    assert isnan(said)


NUMBERS = st.sampled_from(["uint16", "int16", "uint32", "int32", "uint64"])
WORD = st.integers(0, 0xFFFF)


@given(NUMBERS, st.sampled_from([1, 0.1, 0.001, 10]), st.sampled_from(WordOrder), st.data())
def test_words_survive_being_read_and_written(
    kind: str, scale: float, order: WordOrder, data: st.DataObject
) -> None:
    of = register(kind, 1 if kind == "uint64" else scale)  # a float has 53 bits
    few = st.lists(WORD, min_size=of.words, max_size=of.words)
    words = tuple(data.draw(few))
    assert encode(of, decode(of, words, order), order) == words
