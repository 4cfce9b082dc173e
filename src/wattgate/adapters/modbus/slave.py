"""A Modbus slave: one unit on a TCP port or on a serial line, answered by a pure handler."""

from types import TracebackType
from typing import Self, assert_never

from wattgate.adapters.modbus.masters import TcpSlave
from wattgate.adapters.modbus.serial_slave import SerialSlave
from wattgate.adapters.modbus.words import no_port
from wattgate.core.modbus.places import Place, SerialPlace, TcpPlace
from wattgate.core.modbus.requests import ModbusHandler


class NoModbusPort(Exception):  # noqa: N818 - says what is not there
    """The slave can be reached nowhere; `reason` is for the person who chose the place."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ModbusSlave:
    """Answers functions 03, 06 and 16 of any master; every other function is illegal.

    Over TCP also requests to unit 0 and 255 are meant for it, and those to others get no answer.
    On a serial line requests to others are not for it; writes to unit 0 are, without an answer.
    An error of the handler is logged and answered with exception 4.
    """

    def __init__(self, place: Place, unit: int, handler: ModbusHandler) -> None:
        self._place = place
        self._slave = _slave(place, unit, handler)

    @property
    def place(self) -> Place:
        """Where it can be reached; once started with the port that was free."""
        return self._place

    async def start(self) -> None:
        """Be there for masters.

        Raises:
            NoModbusPort: that is not possible at this place.
        """
        try:
            self._place = await self._slave.start()
        except OSError as error:
            raise NoModbusPort(no_port(self._place, error)) from error

    async def close(self) -> None:
        """Hang up and be gone. Safe to repeat."""
        await self._slave.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _slave(place: Place, unit: int, handler: ModbusHandler) -> TcpSlave | SerialSlave:
    match place:
        case TcpPlace():
            return TcpSlave(place, unit, handler)
        case SerialPlace():
            return SerialSlave(place, unit, handler)
        case _:
            assert_never(place)
