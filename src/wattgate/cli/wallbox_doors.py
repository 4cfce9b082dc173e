"""Where others reach the software wallbox: Modbus masters, programs of the machine, cards."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from wattgate.adapters.hardware.local_api import LocalApi
from wattgate.adapters.hardware.serial_reader import SerialCardReader
from wattgate.adapters.modbus.slave import ModbusSlave, NoModbusPort
from wattgate.cli.wallbox_hardware import HardwareSetup, serial_place
from wattgate.core.errors import ConfigError, Problem
from wattgate.core.modbus.places import TcpPlace
from wattgate.core.modbus.requests import ModbusHandler
from wattgate.core.wallbox.effects import Happened
from wattgate.runtime.supervisor import Supervisor


class Doors:
    """All of them, from the beginning of the `async with` block to its end.

    `handler` answers those Modbus masters that ask for `unit`. `look` is what `GET /state` answers;
    `on_card` gets every card, and answers why it does not count, None where it does.
    """

    def __init__(
        self,
        setup: HardwareSetup,
        unit: int,
        handler: ModbusHandler,
        look: Callable[[], Mapping[str, object]],
        on_card: Callable[[str], str | None],
        tell: Callable[[Happened], None],
    ) -> None:
        self._setup = setup
        self._unit = unit
        self._handler = handler
        self._look = look
        self._on_card = on_card
        self._tell = tell
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open them.

        Raises:
            ConfigError: one of them cannot be opened.
        """
        async with AsyncExitStack() as stack:
            await self._open(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def _open(self, stack: AsyncExitStack) -> None:
        for place in self._setup.places():
            slave = ModbusSlave(place, self._unit, self._handler)
            option = "--modbus-port" if isinstance(place, TcpPlace) else "--modbus-serial"
            try:
                await stack.enter_async_context(slave)
            except NoModbusPort as error:
                raise ConfigError([Problem(option, error.reason)]) from error
            port = slave.place.port if isinstance(slave.place, TcpPlace) else None
            facts = {"place": str(slave.place), "port": port, "unit": self._unit}
            self._tell(Happened("modbus", facts))
        if self._setup.api_port is not None:
            await self._open_api(self._setup.api_port, stack)
        if self._setup.card_reader:
            place = serial_place(self._setup.card_reader)
            reader = SerialCardReader(place, self._tell_reader)
            tasks = await stack.enter_async_context(Supervisor())
            tasks.spawn(reader.run(), name="card reader")
            tasks.spawn(self._read_cards(reader), name="cards")

    async def _open_api(self, port: int, stack: AsyncExitStack) -> None:
        api = LocalApi(self._look, self._on_card, port)
        try:
            await api.start()
        except OSError as error:
            raise ConfigError([Problem("--api-port", str(error))]) from error
        stack.push_async_callback(api.close)
        self._tell(Happened("api", {"url": api.url}))

    async def _read_cards(self, reader: SerialCardReader) -> None:
        while True:
            self._on_card(await reader.next_card())

    def _tell_reader(self, words: str) -> None:
        self._tell(Happened("reader", {"what": words}))
