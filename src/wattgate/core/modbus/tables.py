"""The tables of 16-bit words that a Modbus device has (Modbus Application Protocol 1.1b3 §4.3)."""

from enum import StrEnum


class Table(StrEnum):
    """Which table a register is in."""

    HOLDING = "holding"
    """Function 03 reads, 06 and 16 write."""
    INPUT = "input"
    """Function 04 reads."""
