"""A Modbus device whose registers are a dictionary: what it lacks is an illegal address."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from wattgate.core.modbus.requests import (
    ModbusCode,
    ModbusReply,
    ModbusRequest,
    Read,
    WriteMany,
    WriteOne,
)


class RegisterBank:
    """A handler for a slave; `asked` is all that reached it, in order."""

    def __init__(self, registers: dict[int, int]) -> None:
        self.registers = registers
        self.asked: list[ModbusRequest] = []

    def __call__(self, request: ModbusRequest) -> ModbusReply:
        """Read and write as a device does."""
        self.asked.append(request)
        count = request.count if isinstance(request, Read) else len(request.words)
        addresses = range(request.address, request.address + count)
        if not all(address in self.registers for address in addresses):
            return ModbusCode.ILLEGAL_DATA_ADDRESS
        match request:
            case Read():
                return tuple(self.registers[address] for address in addresses)
            case WriteOne() | WriteMany():
                self.registers.update(zip(addresses, request.words, strict=True))
                return ()


@asynccontextmanager
async def serial_pair(folder: Path) -> AsyncIterator[tuple[Path, Path]]:
    """Two ends of a serial line that socat joins."""
    ends = folder / "line-a", folder / "line-b"
    words = [f"pty,rawer,link={end}" for end in ends]
    socat = await asyncio.create_subprocess_exec("socat", *words)
    try:
        while not all(end.exists() for end in ends):
            await asyncio.sleep(0.01)
            assert socat.returncode is None
        yield ends
    finally:
        if socat.returncode is None:
            socat.terminate()
        await socat.wait()
