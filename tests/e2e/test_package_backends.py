"""The `ocpp` package as three different backends at once, of a wallbox with two connectors.

It validates every message against the official schemas. One bills the left connector, two the
right one; three hears of both behind one login, as its connectors 1 and 2 (P20, R101, R106).
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final

import pytest
import pytest_asyncio
from ocpp.exceptions import SecurityError
from ocpp.v16 import call
from ocpp.v16.datatypes import ChargingSchedule, ChargingSchedulePeriod
from ocpp.v16.enums import (
    Action,
    AvailabilityType,
    ChargingProfileKindType,
    ChargingProfilePurposeType,
    ChargingRateUnitType,
    MessageTrigger,
    ResetType,
)
from tests.support.ocpp_package import PackageBackend, package_backend
from tests.support.processes import Program, Stage
from tests.support.site_processes import ManagerProcess, limit, plug_in, run_manager, run_wallbox
from tests.support.site_text import GatewayFields, evse, site

MODULE: Final = "module"
pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope=MODULE)]

LEFT, RIGHT = 1, 2
FIRST: Final = {"one": 100, "two": 100, "three": 300}
"""Two of them give the same numbers: to transactions of different connectors."""


@dataclass
class Site:
    """The programs, and the backends by name."""

    stage: Stage
    box: Program
    manager: ManagerProcess
    backends: dict[str, PackageBackend]

    async def ask(self, name: str, client_id: str, request: Any) -> Any:  # noqa: ANN401 - untyped
        return await self.backends[name].ask(client_id, request)

    async def cars_come(self) -> None:
        for connector in (LEFT, RIGHT):
            await plug_in(self.stage, self.box, f"CARD{connector}", connector)


def _gateway(backend: PackageBackend, client_id: str, **more: str) -> GatewayFields:
    return {"url": backend.url, "client_id": client_id, **more}


@pytest_asyncio.fixture(loop_scope=MODULE)
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(Stage(tmp_path_factory.mktemp("site")))
        backends = {
            name: await stack.enter_async_context(package_backend(first))
            for name, first in FIRST.items()
        }
        one, two, three = backends.values()
        both = _gateway(three, "BOTH", role="report")
        own = {
            LEFT: (_gateway(one, "LEFT"), both, _gateway(two, "LEFT-2", role="report")),
            RIGHT: (both, _gateway(two, "RIGHT")),
        }
        stalls = [evse(f"stall-{n}", "CP1", *own[n], connector=n) for n in own]
        manager = await run_manager(stage, site(*stalls, max_current_a=63, cycle_s=1))
        options = ("--connectors", "2", "--meter-interval", "1")
        box = await run_wallbox(stage, "CP1", manager.url, *options)
        for backend, connector in ((one, 1), (two, 1), (three, 1), (three, 2)):
            await backend.news.got(
                Action.status_notification, connector_id=connector, status="Available"
            )
        yield Site(stage, box, manager, backends)


async def test_every_backend_has_its_own_connectors_and_numbers_from_card_to_bill(
    place: Site,
) -> None:
    await place.cars_come()
    one, two, three = place.backends.values()
    for backend, connector, card, number in (
        (one, 1, "CARD1", 100),
        (two, 1, "CARD2", 100),
        (three, 1, "CARD1", 300),
        (three, 2, "CARD2", 301),
    ):
        await backend.news.got(Action.start_transaction, connector_id=connector, id_tag=card)
        await backend.news.got(Action.meter_values, connector_id=connector, transaction_id=number)
    stop = call.RemoteStopTransaction(transaction_id=100)
    with pytest.raises(SecurityError):  # it only hears of what is charged
        await place.ask("three", "BOTH", call.RemoteStopTransaction(transaction_id=300))
    with pytest.raises(SecurityError):
        await place.ask("two", "LEFT-2", stop)
    assert (await place.ask("two", "RIGHT", stop)).status == "Accepted"
    stopped = await two.news.got(Action.stop_transaction, transaction_id=100)
    assert stopped["reason"] == "Remote"
    await three.news.got(Action.stop_transaction, transaction_id=301, reason="Remote")
    assert not [each for name, each in one.news.heard if name == "StopTransaction"]
    assert (await place.ask("one", "LEFT", stop)).status == "Accepted"
    await one.news.got(Action.stop_transaction, transaction_id=100, reason="Remote")
    await three.news.got(Action.stop_transaction, transaction_id=300, reason="Remote")


def _profile(limit_a: float) -> Any:  # noqa: ANN401 - the package has no types
    """The same id and level, whoever sets it."""
    return call.SetChargingProfile(
        connector_id=1,
        cs_charging_profiles={
            "charging_profile_id": 1,
            "stack_level": 0,
            "charging_profile_purpose": ChargingProfilePurposeType.tx_default_profile,
            "charging_profile_kind": ChargingProfileKindType.relative,
            "charging_schedule": ChargingSchedule(
                charging_rate_unit=ChargingRateUnitType.amps,
                charging_schedule_period=[ChargingSchedulePeriod(start_period=0, limit=limit_a)],
            ),
        },
    )


async def test_profiles_of_two_backends_with_one_id_limit_their_own_connectors_r97_r98_r99(
    place: Site,
) -> None:
    await place.cars_come()
    mark = place.box.mark
    assert (await place.ask("one", "LEFT", _profile(7.0))).status == "Accepted"
    assert (await place.ask("two", "RIGHT", _profile(9.0))).status == "Accepted"
    await limit(place.stage, place.box, 7.0, mark, LEFT)
    await limit(place.stage, place.box, 9.0, mark, RIGHT)
    asked = call.GetCompositeSchedule(connector_id=1, duration=60, charging_rate_unit="A")
    for name, client_id, allowed_a in (
        ("one", "LEFT", 7.0),
        ("two", "RIGHT", 9.0),
        ("two", "LEFT-2", 7.0),
        ("three", "BOTH", 7.0),
    ):
        answer = await place.ask(name, client_id, asked)
        period = answer.charging_schedule["charging_schedule_period"][0]
        assert period["limit"] == allowed_a, (name, client_id)
    mark = place.box.mark
    cleared = await place.ask("one", "LEFT", call.ClearChargingProfile())
    assert cleared.status == "Accepted"
    await limit(place.stage, place.box, 16.0, mark, LEFT)
    still = await place.ask("two", "RIGHT", asked)
    assert still.charging_schedule["charging_schedule_period"][0]["limit"] == 9.0


async def test_each_backend_reads_and_commands_its_own_charge_point_r84_r86_r103(
    place: Site,
) -> None:
    count = call.GetConfiguration(key=["NumberOfConnectors"])
    for name, client_id, connectors in (
        ("one", "LEFT", "1"),
        ("two", "RIGHT", "1"),
        ("three", "BOTH", "2"),
    ):
        answer = await place.ask(name, client_id, count)
        assert answer.configuration_key[0]["value"] == connectors
    await place.cars_come()
    one, two, _ = place.backends.values()
    # Another's car charges: a reset is one of its own charge point only.
    mark = place.box.mark
    assert (await place.ask("one", "LEFT", call.Reset(type=ResetType.soft))).status == "Accepted"
    await one.news.got(Action.stop_transaction, transaction_id=100, reason="SoftReset")
    assert not place.box.all_of("reset", mark)
    assert "StopTransaction" not in two.stations["RIGHT"].heard
    off = call.ChangeAvailability(connector_id=0, type=AvailabilityType.inoperative)
    assert (await place.ask("two", "RIGHT", off)).status == "Scheduled"
    with pytest.raises(SecurityError):
        await place.ask("three", "BOTH", off)
    trigger = call.TriggerMessage(requested_message=MessageTrigger.meter_values, connector_id=2)
    assert (await place.ask("three", "BOTH", trigger)).status == "Accepted"
