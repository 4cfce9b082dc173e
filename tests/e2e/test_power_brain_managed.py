"""The Power Brain on Modbus with the manager: beside its own backend, and in front of one."""

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.modbus_masters import pymodbus_master
from tests.support.power_brain import (
    ENABLE,
    FAIL_SAFE_DURATION,
    LIMIT,
    SIGNALLED,
    PowerBrainProcess,
    energy_wh,
    run_power_brain,
)
from tests.support.processes import LIMIT_S, Program, Stage
from tests.support.site_processes import limit, run_backend, run_manager, url_of
from tests.support.site_text import evse, site

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CARD: Final = "04A1B2C3"
OTHER: Final = "04D4E5F6"


def garage(brain: PowerBrainProcess, *gateways: dict[str, str]) -> str:
    """The EVSE in the site file."""
    place = f"127.0.0.1:{brain.port}"
    watch = {"fallback_current_a": 6, "fail_safe_s": 30}
    return evse("garage", place, *gateways, device_type="power-brain", **watch)


def asked(backend: Program, action: str) -> list[Any]:
    """The payloads of an action that a backend got."""
    return [json.loads(each["payload_text"]) for each in backend.all_of("call", action=action)]


async def _profile(stage: Stage, backend: Program, name: str, current_a: float) -> None:
    mark = backend.mark
    backend.type(f"profile {name} {current_a}")
    await stage.event(backend, "answered", mark, action="SetChargingProfile")


async def test_ocpp_to_the_backend_and_modbus_to_the_manager_without_a_gateway_p19(
    tmp_path: Path,
) -> None:
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage, "--tag", CARD)
        brain = await run_power_brain(stage, "CP1", url_of(backend))
        manager = await run_manager(stage, site(garage(brain), max_current_a=10, cycle_s=1))
        await brain.started(CARD)
        await limit(stage, brain.box, 10.0)  # the house has no more
        await _profile(stage, backend, "CP1", 8)
        await limit(stage, brain.box, 8.0)
        mark = brain.box.mark
        await _profile(stage, backend, "CP1", 32)
        await limit(stage, brain.box, 10.0, mark)
        async with asyncio.timeout(LIMIT_S):
            while await brain.mbpoll.read(FAIL_SAFE_DURATION, 3) != [0, 30, 60]:
                pass
        mark = brain.box.mark
        await manager.kill()
        await brain.mbpoll.write(FAIL_SAFE_DURATION, 0, 2)  # rather than to wait for 30 s
        await brain.event("decides", mark, by="the fail-safe", current_a=6.0)
        mark = brain.box.mark
        await manager.restart()
        await limit(stage, brain.box, 10.0, mark)
        brain.box.type("stop")
        await stage.event(backend, "transaction-stopped")
        assert await brain.mbpoll.read(SIGNALLED) == [0]


async def test_a_wallbox_on_modbus_alone_is_a_charge_point_of_its_backend_in_observe_p1_p16(
    tmp_path: Path,
) -> None:
    """Seed section A: the backend authorises, its profile is executed, nothing is added."""
    async with Stage(tmp_path) as stage:
        backend = await run_backend(stage, "--tag", CARD)
        brain = await run_power_brain(stage, "garage", None)
        text = site(
            garage(brain, {"url": url_of(backend)}),
            load_management="observe",
            max_current_a=1,
            cycle_s=1,
        )
        manager = await run_manager(stage, text)
        await manager.online("garage")
        brain.box.type("plug", f"rfid {OTHER}")
        await stage.event(backend, "call", action="Authorize")
        assert await brain.mbpoll.read(ENABLE) == [0]
        assert not backend.all_of("transaction-started")

        brain.box.type(f"rfid {CARD}")
        await stage.event(backend, "transaction-started", id="garage")
        await limit(stage, brain.box, 16.0)  # though the house would have 1 A
        await _profile(stage, backend, "garage", 9)
        await limit(stage, brain.box, 9.0)
        assert await brain.mbpoll.read(LIMIT, 2) == [90, 1]
        async with pymodbus_master(brain.port) as master:
            async with asyncio.timeout(LIMIT_S):
                while await energy_wh(master) < 10:
                    pass
            brain.box.type("unplug")
            await stage.event(backend, "transaction-stopped")
            (start,), (stop,) = (
                asked(backend, "StartTransaction"),
                asked(backend, "StopTransaction"),
            )
            assert stop["meterStop"] == await energy_wh(master)
            assert start["meterStart"] == 0
        assert stop["reason"] == "EVDisconnected"
        assert backend.all_of("anomaly") == []
