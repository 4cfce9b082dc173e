"""Our words of numbers against those that pymodbus makes, so that both halves cannot be wrong."""

from typing import Literal

import pytest
from pymodbus.client.mixin import ModbusClientMixin

from wattgate.core.modbus.codec import decode, encode
from wattgate.core.modbus.registers import Kind, Register, WordOrder

PEER = ModbusClientMixin
TYPES = PEER.DATATYPE

NUMBERS: list[tuple[Kind, TYPES, list[float]]] = [
    (Kind.UINT16, TYPES.UINT16, [0, 1, 163, 65_535]),
    (Kind.INT16, TYPES.INT16, [-32_768, -1, 0, 32_767]),
    (Kind.UINT32, TYPES.UINT32, [0, 65_536, 4_294_967_295]),
    (Kind.INT32, TYPES.INT32, [-2_147_483_648, -2, 70_000]),
    (Kind.UINT64, TYPES.UINT64, [0, 5_000_123, 2**63 + 7]),
    (Kind.FLOAT32, TYPES.FLOAT32, [-0.5, 0.0, 16.25, 1e20]),
]


@pytest.mark.parametrize(
    ("kind", "peer", "number"),
    [(kind, peer, number) for kind, peer, numbers in NUMBERS for number in numbers],
)
@pytest.mark.parametrize(
    ("order", "spelled"), [(WordOrder.HIGH_FIRST, "big"), (WordOrder.LOW_FIRST, "little")]
)
def test_a_number_has_the_words_that_pymodbus_gives_it(
    kind: Kind, peer: TYPES, number: float, order: WordOrder, spelled: Literal["big", "little"]
) -> None:
    register = Register(name="one", address=0, kind=kind)
    words = PEER.convert_to_registers(number, peer, word_order=spelled)
    assert list(encode(register, number, order)) == words
    assert decode(register, words, order) == pytest.approx(number, rel=1e-6)


@pytest.mark.parametrize("text", ["", "A", "AB-12", "04A1B2C3D4E5F6"])
def test_a_text_has_the_words_that_pymodbus_gives_it(text: str) -> None:
    register = Register(name="one", address=0, kind=Kind.TEXT, length=8)
    words = PEER.convert_to_registers(text, TYPES.STRING)
    assert list(encode(register, text))[: len(words)] == words
    assert decode(register, [*words, *[0] * (8 - len(words))]) == text
