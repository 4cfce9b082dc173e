"""Wallboxes to be polled: so many TCP ports, each a Power Brain's registers. Ends with its stdin.

Run as `python -m bench.modbus.devices COUNT`; the first line it prints are the ports.
"""

import asyncio
import sys

from wattgate.adapters.modbus.slave import ModbusSlave
from wattgate.core.modbus.places import TcpPlace
from wattgate.core.modbus.power_brain_definition import POWER_BRAIN_DEFINITION
from wattgate.core.modbus.power_brain_map import POWER_BRAIN
from wattgate.core.modbus.requests import ModbusCode, ModbusReply, ModbusRequest, Read

HELD = {address: address % 7 for each in POWER_BRAIN for address in range(each.address, each.end)}


def reply(request: ModbusRequest) -> ModbusReply:
    """Read what is held; nobody writes."""
    match request:
        case Read(address, count):
            return tuple(HELD[each] for each in range(address, address + count))
        case _:
            return ModbusCode.ILLEGAL_FUNCTION


async def serve(count: int) -> None:
    """Be `count` wallboxes until nobody needs them any more."""
    slaves = [
        ModbusSlave(TcpPlace("127.0.0.1", 0), POWER_BRAIN_DEFINITION.unit, reply)
        for _ in range(count)
    ]
    for slave in slaves:
        await slave.start()
    ports = [slave.place.port for slave in slaves if isinstance(slave.place, TcpPlace)]
    sys.stdout.write(f"{' '.join(map(str, ports))}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for slave in slaves:
        await slave.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
