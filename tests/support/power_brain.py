"""The Power Brain as a process: a wallbox with a central system and a Modbus slave."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.modbus_masters import Master, Mbpoll
from tests.support.processes import Event, Program, Stage

FAIL_SAFE_DURATION: Final = 8083
FAIL_SAFE_CURRENT: Final = 8085
ENERGY: Final = 8058
PILOT: Final = 8092
LIMIT: Final = 8093
ENABLE: Final = 8094
SIGNALLED: Final = 8095
"""Addresses as on the vendor's page; currents in 0.1 A."""


@dataclass
class PowerBrainProcess:
    """A running `wattgate wallbox` that prints every frame."""

    stage: Stage
    box: Program
    port: int

    @property
    def mbpoll(self) -> Mbpoll:
        """An independent master on its TCP port."""
        return Mbpoll(self.port)

    async def event(self, kind: str, since: int = 0, **facts: object) -> Event:
        """Wait for an event."""
        return await self.stage.event(self.box, kind, since, **facts)

    async def started(self, id_tag: str) -> Event:
        """Plug a car in, show a card, and wait for the answer to StartTransaction."""
        mark = self.box.mark
        self.box.type("plug", f"rfid {id_tag}")
        return await self.event("started", mark)


async def run_power_brain(
    stage: Stage, name: str, url: str | None, *options: str | Path
) -> PowerBrainProcess:
    """Start one with a Modbus slave on a free port and let it boot.

    Without `url` it has no central system.
    """
    backend = () if url is None else ("--backend", url)
    words = ("wallbox", "--id", name, *backend, "--modbus-port", "0", "--json", "--frames")
    box = await stage.start(f"power brain {name}", *words, *options)
    modbus = await stage.event(box, "modbus")
    if url is not None:
        await stage.event(box, "boot", status="Accepted")
    return PowerBrainProcess(stage, box, int(modbus["port"]))


async def energy_wh(master: Master) -> int:
    """What its meter shows: 64 bits, high word first."""
    words = await master.read(ENERGY, 4)
    return sum(word << (16 * place) for place, word in enumerate(reversed(words)))
