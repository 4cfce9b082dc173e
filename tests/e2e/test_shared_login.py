"""Two Power Brains on Modbus that share one client id at a backend of the `ocpp` package (P16)."""

from pathlib import Path
from typing import Final

import pytest
from ocpp.v16 import call
from ocpp.v16.enums import Action, AvailabilityType, MessageTrigger, ResetType
from tests.support.ocpp_package import TRANSACTION, PackageBackend, package_backend
from tests.support.power_brain import PowerBrainProcess, energy_wh, run_power_brain
from tests.support.processes import Stage
from tests.support.site_processes import ManagerProcess, run_manager
from tests.support.site_text import evse, site

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CLIENT_ID: Final = "GARAGE"
NAMES: Final = ("left", "right")


async def _connectors(manager: ManagerProcess) -> dict[str, int]:
    """As the API tells them."""
    answer = await manager.ask("GET", "/api/v1/evses")
    return {each["id"]: each["backend"]["connector"] for each in answer}


async def _car_comes(brain: PowerBrainProcess, card: str) -> None:
    mark = brain.box.mark
    brain.box.type("plug")
    await brain.event("decides", mark)
    brain.box.type(f"rfid {card}")


async def _status(backend: PackageBackend, connector: int, status: str) -> None:
    await backend.news.got(Action.status_notification, connector_id=connector, status=status)


async def test_two_wallboxes_are_two_connectors_of_one_charge_point_to_an_independent_backend(
    tmp_path: Path,
) -> None:
    """R101, R107: over a kill of the manager in the middle of both sessions."""
    async with Stage(tmp_path) as stage, package_backend() as backend:
        brains = [await run_power_brain(stage, name, None) for name in NAMES]
        gateway = {"url": backend.url, "client_id": CLIENT_ID}
        own = [
            evse(name, f"127.0.0.1:{brain.port}", gateway, device_type="power-brain")
            for name, brain in zip(NAMES, brains, strict=True)
        ]
        manager = await run_manager(stage, site(*own, cycle_s=1))
        await manager.online("left")
        assert await _connectors(manager) == {"left": 1, "right": 2}
        for connector in (1, 2):
            await _status(backend, connector, "Available")

        for connector, brain in ((2, brains[1]), (1, brains[0])):
            await _car_comes(brain, f"CARD{connector}")
            await _status(backend, connector, "Preparing")
            start = await backend.news.got(Action.start_transaction, connector_id=connector)
            assert start["id_tag"] == f"CARD{connector}"
            await _status(backend, connector, "Charging")

        await manager.kill()
        await manager.restart()
        await manager.online("left")
        assert await _connectors(manager) == {"left": 1, "right": 2}
        answer = await backend.ask(CLIENT_ID, call.GetConfiguration(key=["NumberOfConnectors"]))
        assert answer.configuration_key[0]["value"] == "2"

        stop = call.RemoteStopTransaction(transaction_id=TRANSACTION + 1)
        assert (await backend.ask(CLIENT_ID, stop)).status == "Accepted"
        stopped = await backend.news.got(
            Action.stop_transaction, transaction_id=TRANSACTION + 1, reason="Remote"
        )
        assert stopped["meter_stop"] == await energy_wh(brains[1].mbpoll)
        assert not any(
            name == Action.stop_transaction and each["transaction_id"] == TRANSACTION
            for name, each in backend.news.heard
        )

        off = call.ChangeAvailability(connector_id=0, type=AvailabilityType.inoperative)
        assert (await backend.ask(CLIENT_ID, off)).status == "Scheduled"  # connector 1 is charging
        trigger = call.TriggerMessage(requested_message=MessageTrigger.status_notification)
        assert (await backend.ask(CLIENT_ID, trigger)).status == "Accepted"
        reset = call.Reset(type=ResetType.soft)
        assert (await backend.ask(CLIENT_ID, reset)).status == "Accepted"
        await backend.news.got(
            Action.stop_transaction, transaction_id=TRANSACTION, reason="SoftReset"
        )
        for connector in (1, 2):
            await _status(backend, connector, "Unavailable")
