"""What a master may ask of a slave, and the slave's answer, without frames or places."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum


class ModbusCode(IntEnum):
    """Why a device does not do what it is asked (Modbus Application Protocol 1.1b3 §7)."""

    ILLEGAL_FUNCTION = 1
    ILLEGAL_DATA_ADDRESS = 2
    ILLEGAL_DATA_VALUE = 3
    SERVER_DEVICE_FAILURE = 4
    ACKNOWLEDGE = 5
    SERVER_DEVICE_BUSY = 6
    MEMORY_PARITY_ERROR = 8
    GATEWAY_PATH_UNAVAILABLE = 10
    GATEWAY_TARGET_SILENT = 11


@dataclass(frozen=True, slots=True)
class Read:
    """Function 03: `count` holding registers, 1 to 125, from `address` on."""

    address: int
    count: int


@dataclass(frozen=True, slots=True)
class WriteOne:
    """Function 06: one holding register."""

    address: int
    word: int

    @property
    def words(self) -> tuple[int, ...]:
        """What is written, as with `WriteMany`."""
        return (self.word,)


@dataclass(frozen=True, slots=True)
class WriteMany:
    """Function 16: 1 to 123 holding registers from `address` on."""

    address: int
    words: tuple[int, ...]


ModbusRequest = Read | WriteOne | WriteMany

ModbusReply = tuple[int, ...] | ModbusCode
"""The words read, none for a write that was done, or why not."""

ModbusHandler = Callable[[ModbusRequest], ModbusReply]
"""A device as its slave port sees it."""
