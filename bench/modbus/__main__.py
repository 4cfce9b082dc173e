"""How long one cycle over many Modbus wallboxes takes, beside pymodbus's own client.

Run `python -m bench.modbus`. It ends with 1 where 50 wallboxes do not fit into one cycle.
"""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from subprocess import PIPE
from time import perf_counter, process_time

from pymodbus.client import AsyncModbusTcpClient

from wattgate.adapters.clock import SystemClock
from wattgate.adapters.modbus.client import PymodbusLines
from wattgate.adapters.modbus.opening import character_s, gap_s
from wattgate.adapters.ocpp_socket.loop import new_event_loop
from wattgate.core.modbus.places import SerialPlace, TcpPlace
from wattgate.core.modbus.polling import ReadBlock, poll_plan, values_of
from wattgate.core.modbus.power_brain_definition import POWER_BRAIN_DEFINITION
from wattgate.core.modbus.tables import Table
from wattgate.core.modbus.wallbox_values import WallboxValues
from wattgate.runtime.modbus.device import ModbusDevice
from wattgate.runtime.modbus.shared_line import SharedLines, Urgency

WALLBOXES = 50
CYCLE_S = 3.0
ROUNDS = 40
UNIT = POWER_BRAIN_DEFINITION.unit
PLAN = poll_plan(POWER_BRAIN_DEFINITION)
THINKING_S = 0.005
"""What a device on a serial line may need for an answer, beside the time of its characters."""

Poll = Callable[[], Awaitable[WallboxValues]]


@dataclass(slots=True)
class Side:
    """One way to poll, and what its cycles took."""

    name: str
    polls: Sequence[Poll]
    cycles_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    async def cycle(self) -> None:
        """Poll every wallbox once, and understand what each says."""
        began_s, began_cpu_s = perf_counter(), process_time()
        await asyncio.gather(*(poll() for poll in self.polls))
        self.cycles_s.append(perf_counter() - began_s)
        self.cpu_s.append(process_time() - began_cpu_s)

    def row(self) -> str:
        """Its figures: ms for a cycle, the longest of them, µs of CPU for a wallbox."""
        cpu_us = 1e6 * median(self.cpu_s) / len(self.polls)
        longest_ms = 1000 * max(self.cycles_s)
        return (
            f"{self.name:12} {1000 * median(self.cycles_s):9.1f} {longest_ms:12.1f} {cpu_us:20.0f}"
        )


def of_wattgate(lines: SharedLines, port: int) -> Poll:
    """A poll as the manager does it."""
    line = lines.line(TcpPlace("127.0.0.1", port))
    device = ModbusDevice(POWER_BRAIN_DEFINITION, line, UNIT, SystemClock())
    return partial(device.poll, Urgency.POLL)


def of_pymodbus(client: AsyncModbusTcpClient) -> Poll:
    """The same poll by pymodbus's client."""
    reads = {
        Table.HOLDING: client.read_holding_registers,
        Table.INPUT: client.read_input_registers,
    }

    async def poll() -> WallboxValues:
        words: dict[tuple[Table, int], int] = {}
        for block in PLAN:
            read = reads[block.table]
            answer = await read(block.address, count=block.count, device_id=UNIT)
            words.update(block.words(answer.registers))
        return values_of(POWER_BRAIN_DEFINITION, words)

    return poll


@contextmanager
def wallboxes(count: int) -> Iterator[list[int]]:
    """Wallboxes in a process of their own, and their ports."""
    command = [sys.executable, "-m", "bench.modbus.devices", str(count)]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) as child:
        if child.stdin is None or child.stdout is None:
            raise OSError("the wallboxes have no pipes")
        with child.stdin:
            yield [int(port) for port in child.stdout.readline().split()]


async def measure(ports: Sequence[int]) -> list[Side]:
    """Let both take turns, cycle by cycle."""
    lines = PymodbusLines()
    clients = [AsyncModbusTcpClient("127.0.0.1", port=port, retries=0) for port in ports]
    for client in clients:
        await client.connect()
    shared = SharedLines(lines)
    ours = [of_wattgate(shared, port) for port in ports]
    sides = [Side("Wattgate", ours), Side("pymodbus", [of_pymodbus(each) for each in clients])]
    for _ in range(ROUNDS):
        for side in sides:
            await side.cycle()
    await lines.close()
    for client in clients:
        client.close()
    return sides


def serial_poll_s(place: SerialPlace, plan: Sequence[ReadBlock]) -> float:
    """What one wallbox takes of a serial line: its frames, the silences, the device's thinking."""
    characters = sum(8 + 5 + 2 * block.count for block in plan)
    return characters * character_s(place) + len(plan) * (2 * gap_s(place) + THINKING_S)


def main() -> int:
    """Print one line per side, and how many wallboxes fit on a serial line."""
    with wallboxes(WALLBOXES) as ports, asyncio.Runner(loop_factory=new_event_loop) as runner:
        ours, reference = runner.run(measure(ports))
    requests = f"{len(PLAN)} requests each"
    print(f"{WALLBOXES} wallboxes, {requests:18}  cycle ms   longest ms   CPU per wallbox, µs")
    print(f"{'':16}{ours.row()}\n{'':16}{reference.row()}")
    print(
        f"Wattgate / pymodbus: cycle {median(ours.cycles_s) / median(reference.cycles_s):.2f},"
        f" CPU {median(ours.cpu_s) / median(reference.cpu_s):.2f}"
    )
    for rate in (9600, 19200, 115200):
        one_s = serial_poll_s(SerialPlace("", rate), PLAN)
        print(
            f"serial line, {rate:6} baud, computed: {1000 * one_s:4.0f} ms for a wallbox,"
            f" {int(CYCLE_S / one_s)} in a cycle of {CYCLE_S:g} s"
        )
    has_fitted = max(ours.cycles_s) < CYCLE_S
    if not has_fitted:
        print(f"{WALLBOXES} wallboxes do not fit into {CYCLE_S:g} s")
    return 0 if has_fitted else 1


if __name__ == "__main__":
    sys.exit(main())
