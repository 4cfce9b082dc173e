"""Keys that steer signed values, once it is known that an EVSE delivers them (R81)."""

import asyncio

from tests.support.configured_box import CLOCK_DATA, ENERGY, SOC, TWO, Box, a_site, change, read
from tests.support.frames import result, settled
from tests.support.roles import PRIMARY, Several
from tests.support.virtual_time import in_virtual_time

SIGNED = {"value": "OCMF|{}|{}", "format": "SignedData"}


async def delivers_signed(site: Several, connector: int = 1) -> None:
    """A car charges, and the meter signs."""
    number = await site.start(connector)
    reading = {"timestamp": "2026-05-15T12:05:00Z", "sampledValue": [SIGNED]}
    values = {"connectorId": connector, "transactionId": number, "meterValue": [reading]}
    await result(site.wallbox, "MeterValues", values)
    await settled()


async def comes_again(site: Several, box: Box) -> None:
    box.end.hang_up()
    await settled()
    await site.world.boot("CP1", box.end)
    await asyncio.sleep(60.0)


@in_virtual_time()
async def test_a_wish_from_before_the_meter_was_known_to_sign_undoes_no_later_change_r81() -> None:
    box = Box()
    site = await a_site(box, {"left": {"one": PRIMARY}})
    assert await change(site["one"], CLOCK_DATA, SOC) == "Accepted"
    await delivers_signed(site)
    assert await change(site["one"], CLOCK_DATA, f"{ENERGY},Voltage") == "Accepted"
    assert await read(site["one"], CLOCK_DATA) == {CLOCK_DATA: f"{ENERGY},Voltage"}
    await comes_again(site, box)
    assert box.values[CLOCK_DATA] == f"{ENERGY},Voltage"
    assert await read(site["one"], CLOCK_DATA) == {CLOCK_DATA: f"{ENERGY},Voltage"}
    await site.world.kill()


@in_virtual_time()
async def test_what_another_backend_needs_is_told_again_after_it_r80_r81() -> None:
    box = Box()
    site = await a_site(box, TWO)
    assert await change(site["two"], CLOCK_DATA, SOC) == "Accepted"
    await delivers_signed(site)
    assert await change(site["one"], CLOCK_DATA, "Voltage") == "Accepted"
    assert await read(site["one"], CLOCK_DATA) == {CLOCK_DATA: "Voltage"}
    await asyncio.sleep(60.0)
    assert set(box.values[CLOCK_DATA].split(",")) == {SOC, "Voltage"}
    assert await read(site["one"], CLOCK_DATA) == {CLOCK_DATA: "Voltage"}
    assert await read(site["two"], CLOCK_DATA) == {CLOCK_DATA: SOC}
    await site.world.kill()


@in_virtual_time()
async def test_what_the_wallbox_refuses_changes_no_wish_r83() -> None:
    box = Box()
    site = await a_site(box, {"left": {"one": PRIMARY}})
    assert await change(site["one"], CLOCK_DATA, SOC) == "Accepted"
    await delivers_signed(site)
    box.refuses.add((CLOCK_DATA, "Voltage"))
    assert await change(site["one"], CLOCK_DATA, "Voltage") == "Rejected"
    assert await read(site["one"], CLOCK_DATA) == {CLOCK_DATA: SOC}
    await site.world.kill()
