"""Two wallboxes on one serial line, behind pymodbus's server, share one login (P16, R107)."""

import json
from pathlib import Path

import pytest
from tests.support.heidelberg_units import HeidelbergUnit
from tests.support.modbus_device import serial_pair
from tests.support.modbus_peers import BAUD, pymodbus_on_serial
from tests.support.processes import Event, Program, Stage
from tests.support.site_processes import run_backend, run_manager, url_of
from tests.support.site_text import evse, site

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]


def told(backend: Program, action: str, connector: int) -> list[Event]:
    """What the backend got of an action about one connector."""
    calls = backend.all_of("call", id="YARD", action=action)
    payloads = [json.loads(each["payload_text"]) for each in calls]
    return [each for each in payloads if each["connectorId"] == connector]


async def test_two_declared_wallboxes_on_one_line_are_two_connectors_of_one_charge_point(
    tmp_path: Path,
) -> None:
    """R57, R107, R109: each with its own meter, lowered before the other is raised."""
    one, other = HeidelbergUnit(1), HeidelbergUnit(2, energy_wh=7_000.0)
    async with Stage(tmp_path) as stage, serial_pair(tmp_path) as (near, far):
        devices = [one.device(), other.device()]
        async with pymodbus_on_serial(far, devices):
            backend = await run_backend(stage)
            gateway = {"url": url_of(backend), "client_id": "YARD"}
            own = [
                evse(
                    id,
                    f"{near},{BAUD},8N1",
                    gateway,
                    connector=unit.unit,
                    device_type="modbus",
                    definition="heidelberg-energy-control",
                    fixed_rfid=f"CARD{unit.unit}",
                )
                for id, unit in (("left", one), ("right", other))
            ]
            manager = await run_manager(stage, site(*own, max_current_a=20, cycle_s=1))
            for id in ("left", "right"):
                await manager.event("limit set", evse=id, current_a=0.0)
            one.plug()
            await manager.event("limit set", evse="left", current_a=16.0)
            assert (one.drawn_a, other.drawn_a) == (16, 0)
            other.plug()
            await manager.event("limit set", evse="right", current_a=10.0)
            assert (one.drawn_a, other.drawn_a) == (10, 10)
            for unit in (one, other):
                unit.unplug()
            for connector, unit in ((1, one), (2, other)):
                [start] = await stage.until(
                    lambda connector=connector: told(backend, "StartTransaction", connector),  # type: ignore[misc]  # - binds it
                    f"connector {connector} has begun",
                )
                assert start["idTag"] == f"CARD{unit.unit}"
                stop = await stage.event(
                    backend, "transaction-stopped", meter_stop_wh=int(unit.energy_wh)
                )
                assert stop["reason"] == "EVDisconnected"
            assert backend.all_of("anomaly") == []
            assert {257, 258, 259, 261, 262} >= set(one.written)
