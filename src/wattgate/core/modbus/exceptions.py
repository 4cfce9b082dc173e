"""How a Modbus slave refuses (Modbus Application Protocol 1.1b3 §7)."""

from enum import IntEnum


class ModbusCode(IntEnum):
    """Exception codes."""

    ILLEGAL_FUNCTION = 1
    """The device knows no such function."""
    ILLEGAL_DATA_ADDRESS = 2
    """Not all of these addresses exist, or they may not be read or written so."""
    ILLEGAL_DATA_VALUE = 3
    """A value, or a number of words, that is not allowed there."""
    SERVER_DEVICE_FAILURE = 4
    """It went wrong inside."""
    SERVER_DEVICE_BUSY = 6
    """Not now; try again."""
    GATEWAY_PATH_UNAVAILABLE = 10
    """The gateway cannot reach the line of this unit."""
    GATEWAY_TARGET_SILENT = 11
    """The gateway reached it, and nobody answered."""
