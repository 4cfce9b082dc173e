"""A wallbox that speaks Modbus only, billed by a backend: real processes, real sockets (P16, R108).

The wallbox is simulated behind our own slave; on the serial line behind pymodbus's.
"""

import json
from pathlib import Path

import pytest
from tests.support.paper_brain import PaperBrain, answering
from tests.support.processes import Event, Program, Stage
from tests.support.site_processes import ManagerProcess, run_backend, run_manager, url_of
from tests.support.site_text import evse, site

from wattgate.adapters.modbus.slave import ModbusSlave
from wattgate.core.modbus.places import TcpPlace

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD = "04A2B3C4"


def told(backend: Program, action: str) -> list[Event]:
    """What a backend got of an action."""
    return [json.loads(each["payload_text"]) for each in backend.all_of("call", action=action)]


async def status(stage: Stage, backend: Program, name: str, since: int = 0) -> Event:
    """Wait until the charge point has reported a status of its connector."""

    def reported() -> Event | None:
        for event in backend.all_of("call", since, id="garage", action="StatusNotification"):
            payload: Event = json.loads(event["payload_text"])
            if (payload["connectorId"], payload["status"]) == (1, name):
                return payload
        return None

    return await stage.until(reported, f"garage reports {name}")


async def charges(stage: Stage, manager: ManagerProcess, brain: PaperBrain, since: int = 0) -> None:
    """Wait until load management lets it charge, and it does."""
    await manager.event("limit set", since, evse="garage", current_a=16.0)
    assert brain.drawn_a == 16


async def test_a_wallbox_without_ocpp_is_billed_by_its_meter_over_all_faults(
    tmp_path: Path,
) -> None:
    """P16, P29, R77, R108-R110: kills of manager, backend and wallbox in one session."""
    brain = PaperBrain()
    async with (
        Stage(tmp_path) as stage,
        ModbusSlave(TcpPlace("127.0.0.1", 0), 1, answering(brain)) as slave,
    ):
        state = tmp_path / "backend.json"
        backend = await run_backend(stage, "--state", state)
        gateway = {"url": url_of(backend)}
        place = str(slave.place)
        own = evse("garage", place, gateway, device_type="power-brain", fallback_current_a=6)
        manager = await run_manager(stage, site(own, cycle_s=1))
        await manager.online("garage")
        boot = await stage.event(backend, "call", id="garage", action="BootNotification")
        assert json.loads(boot["payload_text"])["chargePointSerialNumber"] == brain.serial
        await status(stage, backend, "Available")

        brain.plug()
        await status(stage, backend, "Preparing")
        brain.show(CARD)
        await charges(stage, manager, brain)
        await status(stage, backend, "Charging")

        mark = backend.mark
        await manager.kill()
        await manager.restart()
        await charges(stage, manager, brain)
        await status(stage, backend, "Charging", mark)

        mark = manager.mark
        await slave.close()
        await manager.event("wallbox lost", mark, evse="garage")
        mark = manager.mark
        async with ModbusSlave(slave.place, 1, answering(brain)):
            await manager.event("wallbox answers", mark, evse="garage")
            await charges(stage, manager, brain, mark)

            await backend.kill()
            brain.unplug()
            await manager.event("transaction stopped", mark)
            port = int(url_of(backend).rstrip("/").rpartition(":")[2])
            again = await run_backend(stage, "--state", state, port=port)
            await stage.event(again, "transaction-stopped", id="garage")
            bill = told(again, "StopTransaction")[0]
            start = told(backend, "StartTransaction")[0]
            assert (start["connectorId"], start["idTag"], start["meterStart"]) == (1, CARD, 5000)
            assert bill["meterStop"] == int(brain.energy_wh)
            assert bill["reason"] == "EVDisconnected"
            assert len(backend.all_of("transaction-started")) == 1
            assert again.all_of("transaction-started") == again.all_of("anomaly") == []
            await manager.event("limit set", mark, evse="garage", current_a=0.0)
            assert brain.allowed_a == 0
