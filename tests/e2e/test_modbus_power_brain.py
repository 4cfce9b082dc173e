"""`wattgate wallbox` on Modbus alone, `wattgate run` and `wattgate backend`: a whole site (P16)."""

import json
from pathlib import Path

import pytest
from tests.support.processes import Event, Program, Stage, free_port
from tests.support.site_processes import run_backend, run_manager, url_of
from tests.support.site_text import evse, site

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD = "04A2B3C4"


async def run_brain(stage: Stage, port: int) -> Program:
    """Start a wallbox without a backend; what it counted before, it has kept."""
    words = ("wallbox", "--id", "PB1", "--modbus-port", str(port), "--json", "--speed", "20")
    brain = await stage.start("wallbox", *words, "--data", stage.folder / "brain")
    await stage.event(brain, "modbus")
    return brain


async def plug_in(stage: Stage, brain: Program, backend: Program) -> None:
    """A car comes, a card is shown once the backend knows of the car, and the car charges."""
    mark, seen = brain.mark, backend.mark
    brain.type("plug")

    def is_preparing() -> bool:
        reports = backend.all_of("call", seen, action="StatusNotification")
        return any(json.loads(each["payload_text"])["status"] == "Preparing" for each in reports)

    await stage.until(is_preparing, "the backend knows of the car")
    brain.type(f"rfid {CARD}")
    await stage.event(brain, "status", mark, status="Charging")


async def register_wh(stage: Stage, brain: Program) -> int:
    """What its meter shows."""
    mark = brain.mark
    brain.type("status")
    state = await stage.event(brain, "state", mark)
    return int(state["energy_wh"])


async def stopped(stage: Stage, backend: Program, number: int) -> Event:
    """Wait for the end of the session with that number, from 0 on."""

    def ended() -> Event | None:
        stops = backend.all_of("transaction-stopped")
        return stops[number] if len(stops) > number else None

    return await stage.until(ended, f"session {number} is billed")


async def test_a_power_brain_on_modbus_alone_is_billed_by_its_meter(tmp_path: Path) -> None:
    """P16, P29, R77, R109: over kills of the manager and of the wallbox in mid-session."""
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage)
        port = free_port()
        brain = await run_brain(stage, port)
        gateway = {"url": url_of(backend)}
        own = evse("garage", f"127.0.0.1:{port}", gateway, device_type="power-brain")
        manager = await run_manager(stage, site(own, cycle_s=1))
        await manager.online("garage")
        await manager.event("limit set", evse="garage", current_a=0.0)

        await plug_in(stage, brain, backend)
        await manager.kill()
        await manager.restart()
        mark = manager.mark
        await manager.event("limit set", evse="garage", current_a=16.0)
        brain.type("unplug")
        first = await stopped(stage, backend, 0)
        assert first["meter_stop_wh"] == await register_wh(stage, brain)

        await manager.event("limit set", mark, evse="garage", current_a=0.0)
        await plug_in(stage, brain, backend)
        mark = manager.mark
        await brain.kill()
        await manager.event("wallbox lost", mark, evse="garage")
        brain = await run_brain(stage, port)
        await manager.event("wallbox answers", mark, evse="garage")
        brain.type("unplug")
        second = await stopped(stage, backend, 1)
        assert second["meter_stop_wh"] == await register_wh(stage, brain)

        starts = backend.all_of("transaction-started")
        assert [each["id_tag"] for each in starts] == [CARD, CARD]
        assert starts[0]["meter_start_wh"] == 0
        assert starts[1]["meter_start_wh"] == first["meter_stop_wh"]
        assert backend.all_of("anomaly") == []
