"""Meter values: what is passed on, and what load management makes of them."""

import asyncio
from typing import Any

import pytest
from tests.support.frames import START, Site, a_site, literal_wallbox, result, settled
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.core.station.measurements import Measurement
from wattgate.runtime.load.control_loop import ControlLoop
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.station.station import Station


def values(current_a: float, at: str = "2026-05-15T12:00:00Z", **sample: str) -> Json:
    """One current for all phases."""
    measured = {"value": str(current_a), "measurand": "Current.Import", **sample}
    return {"connectorId": 1, "meterValue": [{"timestamp": at, "sampledValue": [measured]}]}


def station_of(site: Site) -> Station:
    assert site.world.manager is not None
    return site.world.manager.stations.by_id["CP1"]


def presence_of(site: Site) -> Presence:
    return station_of(site).presence


def measured(site: Site) -> Measurement:
    return station_of(site).evses[0].connector.measurement


async def passed_on(site: Site, payload: Json) -> bool:
    """Whether values that come now reach the backend."""
    before = len(site.backend.all_of("MeterValues"))
    assert await result(site.wallbox, "MeterValues", payload) == {}
    await settled()
    return len(site.backend.all_of("MeterValues")) > before


@in_virtual_time()
async def test_what_only_the_manager_asked_for_is_used_and_stays_here_r88() -> None:
    site = await a_site()
    presence_of(site).expect_own_trigger(1)
    assert not await passed_on(site, values(7, context="Trigger"))
    assert measured(site).largest_current_a == 7
    assert await passed_on(site, values(8, context="Trigger"))  # the first one only
    assert measured(site).largest_current_a == 8
    await site.world.kill()


@pytest.mark.parametrize(
    "sample", [{}, {"context": "Sample.Periodic"}, {"context": "Trigger", "format": "SignedData"}]
)
@in_virtual_time()
async def test_what_is_signed_or_was_not_triggered_is_passed_on_r88(sample: dict[str, Any]) -> None:
    site = await a_site()
    presence_of(site).expect_own_trigger(1)
    assert await passed_on(site, values(7, **sample))
    assert not await passed_on(site, values(7, context="Trigger"))  # that was it
    await site.world.kill()


@pytest.mark.parametrize("answers_after_s", [0, 8])
@in_virtual_time()
async def test_what_a_backend_triggered_too_is_passed_on_r88(answers_after_s: float) -> None:
    site = await a_site(literal_wallbox(TriggerMessage=lambda _: None))
    trigger = site.backend.ask("TriggerMessage", {"requestedMessage": "MeterValues"})
    triggered = asyncio.create_task(trigger)  # noqa: TID251 - a backend at work
    await site.wallbox.got("TriggerMessage")
    await asyncio.sleep(answers_after_s)
    (unique_id,) = site.wallbox.held["TriggerMessage"]
    site.wallbox.send(f'[3,"{unique_id}",{{"status":"Accepted"}}]')
    assert (await triggered)[2] == {"status": "Accepted"}
    presence_of(site).expect_own_trigger(1)
    assert await passed_on(site, values(7, context="Trigger"))
    await site.world.kill()


@in_virtual_time()
async def test_values_are_as_old_as_the_wallbox_says_by_its_own_clock_r48() -> None:
    site = await a_site()
    await result(site.wallbox, "MeterValues", values(7))
    await result(site.wallbox, "MeterValues", values(9, "2026-05-15T11:58:00Z"))  # it waited
    assert measured(site).largest_current_a == 7
    assert presence_of(site).clock_offset_s == pytest.approx(0, abs=0.1)
    await site.world.kill()


@in_virtual_time()
async def test_load_management_looks_again_when_the_draw_has_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[float] = []
    monkeypatch.setattr(ControlLoop, "look_again", lambda _: looks.append(0))
    site = await a_site()
    await result(site.wallbox, "StartTransaction", START)
    noticed = []
    for current_a in (0.4, 7, 7.4, 7.8, 7.2, 0):
        looks.clear()
        await result(site.wallbox, "MeterValues", values(current_a))
        noticed.append(bool(looks))
    assert noticed == [False, True, False, False, True, True]
    await site.world.kill()


@pytest.mark.parametrize(
    ("sample", "expendable"),
    [
        ({}, True),
        ({"context": "Sample.Periodic"}, True),
        ({"context": "Transaction.End"}, False),
        ({"format": "SignedData"}, False),
    ],
)
@in_virtual_time()
async def test_only_periodic_values_without_a_signature_are_queued_as_expendable_r72_r117(
    sample: dict[str, Any], expendable: bool
) -> None:
    site = await a_site()
    (link,) = [evse.link for evse in station_of(site).evses]
    assert link is not None
    site.backend.hang_up()
    await settled()
    await result(site.wallbox, "MeterValues", values(7, **sample))
    (queued,) = await site.world.store.outbox(link.identity.link_id)
    assert queued.draft.expendable is expendable
    await site.world.kill()
