"""The slave's side of a register map: what is read from it, and what a write says.

A read is answered if every word of it belongs to a register that can be read; it may begin or end
within one. Addresses between registers do not exist. A write has to cover its registers wholly, so
that no master can change half of a number. Nothing is written if anything of it is wrong.
"""

from collections.abc import Mapping, Sequence

from wattgate.core.modbus.codec import DoesNotFit, decode, encode
from wattgate.core.modbus.registers import MOST_READ, MOST_WRITTEN, Register, Value
from wattgate.core.modbus.requests import ModbusCode


class Image:
    """A map of holding registers as masters see it."""

    def __init__(self, registers: Sequence[Register]) -> None:
        self._at = {
            address: each for each in registers for address in range(each.address, each.end)
        }

    def read(
        self, values: Mapping[str, Value], address: int, count: int
    ) -> tuple[int, ...] | ModbusCode:
        """Return `count` words from `address` on, at one moment.

        `values` has one for each readable register that is not fixed, by name.
        """
        if not 1 <= count <= MOST_READ:
            return ModbusCode.ILLEGAL_DATA_VALUE
        words: list[int] = []
        for each in range(address, address + count):
            register = self._at.get(each)
            if register is None or not register.is_readable:
                return ModbusCode.ILLEGAL_DATA_ADDRESS
            if each != address and each != register.address:
                continue
            try:
                words += _said(register, values)[each - register.address :]
            except DoesNotFit:
                return ModbusCode.SERVER_DEVICE_FAILURE
        return tuple(words[:count])

    def decode_write(self, address: int, words: Sequence[int]) -> Mapping[str, Value] | ModbusCode:
        """Return what `words`, written from `address` on, say of which registers."""
        if not 1 <= len(words) <= MOST_WRITTEN:
            return ModbusCode.ILLEGAL_DATA_VALUE
        said: dict[str, Value] = {}
        is_allowed = True
        at = 0
        while at < len(words):
            register = self._at.get(address + at)
            if register is None or not _can_be_written(register, address + at, len(words) - at):
                return ModbusCode.ILLEGAL_DATA_ADDRESS
            value = decode(register, words[at : at + register.words])
            is_allowed = is_allowed and is_allowed_value(register, value)
            said[register.name] = value
            at += register.words
        return said if is_allowed else ModbusCode.ILLEGAL_DATA_VALUE


def is_allowed_value(register: Register, value: Value) -> bool:
    """Whether a master may write `value`."""
    if not register.allowed or isinstance(value, str):
        return True
    return any(low <= value <= high for low, high in register.allowed)


def _said(register: Register, values: Mapping[str, Value]) -> tuple[int, ...]:
    value = values[register.name] if register.fixed is None else register.fixed
    return encode(register, value)


def _can_be_written(register: Register, address: int, left: int) -> bool:
    return register.is_writable and register.address == address and register.words <= left
