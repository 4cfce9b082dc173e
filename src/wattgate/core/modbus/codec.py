"""Words of registers into values and back."""

import struct
from collections.abc import Sequence
from typing import Final

from wattgate.core.modbus.registers import BYTE_KINDS, Kind, Register, Value, WordOrder

_SIGNED: Final = frozenset({Kind.INT16, Kind.INT32})
_DECIMALS: Final = 9
"""Digits that survive scaling; without rounding, 163 tenths would be 16.300000000000001."""


class DoesNotFit(ValueError):  # noqa: N818 - names what the value does
    """The register has no words for this value."""


def decode(
    register: Register, words: Sequence[int], order: WordOrder = WordOrder.HIGH_FIRST
) -> Value:
    """What `words`, as many as the register has, say."""
    if register.kind in BYTE_KINDS:
        return _text(register.kind, b"".join(word.to_bytes(2) for word in words))
    data = b"".join(word.to_bytes(2) for word in _ordered(words, order))
    if register.kind is Kind.FLOAT32:
        number: float = struct.unpack(">f", data)[0]
        return number if register.scale == 1 else number * register.scale
    raw = int.from_bytes(data, signed=register.kind in _SIGNED)
    return raw if register.scale == 1 else round(raw * register.scale, _DECIMALS)


def encode(
    register: Register, value: Value, order: WordOrder = WordOrder.HIGH_FIRST
) -> tuple[int, ...]:
    """Return the words that say `value`; a number is rounded to the register's step.

    Raises:
        DoesNotFit: the register cannot say it.
    """
    size = 2 * register.words
    if register.kind in BYTE_KINDS:
        return _words(_bytes(register.kind, str(value), size))
    if isinstance(value, str):
        raise DoesNotFit(f"{register.name} holds a number, not a text")
    return tuple(_ordered(_words(_number_bytes(register, value, size)), order))


def _number_bytes(register: Register, value: float, size: int) -> bytes:
    scaled = value if register.scale == 1 else value / register.scale
    try:
        if register.kind is Kind.FLOAT32:
            return struct.pack(">f", scaled)
        return round(scaled).to_bytes(size, signed=register.kind in _SIGNED)
    except (OverflowError, ValueError):  # too large, endless, or no number
        raise DoesNotFit(f"{register.name} cannot be {value}") from None


def _ordered(words: Sequence[int], order: WordOrder) -> Sequence[int]:
    return words if order is WordOrder.HIGH_FIRST else words[::-1]


def _words(data: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2))


def _text(kind: Kind, data: bytes) -> str:
    match kind:
        case Kind.HEX:
            return data.hex() if any(data) else ""
        case Kind.VERSION:
            return ".".join(map(str, data))
        case _:
            plain = data.partition(b"\0")[0].decode("latin-1")
            return "".join(each for each in plain if each.isprintable()).strip()


def _bytes(kind: Kind, text: str, size: int) -> bytes:
    try:
        match kind:
            case Kind.HEX:
                data = bytes.fromhex(text)
            case Kind.VERSION:
                data = bytes(int(part) for part in text.split("."))
            case _:
                data = text.encode("latin-1")
    except ValueError:
        raise DoesNotFit(f'"{text}" is no {kind.value}') from None
    if len(data) > size:
        raise DoesNotFit(f'"{text}" is longer than {size} bytes')
    return data.ljust(size, b"\0")
