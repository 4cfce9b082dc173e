"""Which of several backends hears of what, and under which number (R101, R102, R106)."""

import asyncio
from dataclasses import replace

import pytest
from tests.support.frames import (
    START,
    STOP,
    TWO_CONNECTORS,
    literal_backend,
    literal_wallbox,
    meter_values,
    result,
    settled,
)
from tests.support.several_backends import (
    NAMES,
    ONE_BILLS_TWO_HEAR,
    Several,
    link_of,
    several,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World, status_of

from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.site.model import GatewayRole

READING = meter_values("2026-05-15T14:30:00Z")
WAIT_S = 4 * 3600.0


def triggered(at: str, transaction: int | None = 1) -> Json:
    """Meter values that somebody has asked for."""
    values = meter_values(at, transaction)
    values["meterValue"][0]["sampledValue"][0]["context"] = "Trigger"
    return values


def becomes(site: Several, name: str, role: GatewayRole) -> None:
    """The site gives a backend another role."""
    backend = site.of(name)
    backend.gateway = replace(backend.gateway, role=role)


@in_virtual_time()
async def test_r101_each_backend_has_its_own_number_of_the_connector() -> None:
    site = await several()
    for name, number in zip(NAMES, (1, 3, 7), strict=True):
        site.of(name).connectors = ConnectorMap(1, at_backend=number)
    await result(site.wallbox, "StartTransaction", START)
    await result(site.wallbox, "MeterValues", READING)
    await settled()
    for name, number in zip(NAMES, (1, 3, 7), strict=True):
        told = site.heard(name)
        assert [payload["connectorId"] for _, payload in told] == [number, number]
    await site.world.kill()


@in_virtual_time()
async def test_r101_another_connector_is_the_affair_of_its_own_backends_r102() -> None:
    extra = '[[evse.gateway]]\nurl = "ws://three/"\nrole = "report"\n'
    world, wallbox = World(TWO_CONNECTORS + extra), literal_wallbox()
    backends = {name: literal_backend() for name in ("one", "two", "three")}
    world.dialer.backends |= {f"ws://{name}/CP1": each for name, each in backends.items()}
    await world.start()
    await world.boot("CP1", wallbox)
    await result(wallbox, "StatusNotification", status_of(2, "Preparing"))
    await settled()
    await result(wallbox, "StartTransaction", START | {"connectorId": 2})
    await result(wallbox, "MeterValues", meter_values("2026-05-15T14:30:00Z", 1, 2))
    await result(wallbox, "MeterValues", meter_values("2026-05-15T14:31:00Z", None, 0))
    await result(wallbox, "StopTransaction", STOP)
    await settled()
    whole = meter_values("2026-05-15T14:31:00Z", None, 0)
    assert backends["one"].all_of("MeterValues") == [whole]
    assert backends["one"].all_of("StartTransaction") == []
    for name in ("two", "three"):
        backend = backends[name]
        assert backend.all_of("StartTransaction") == [START]
        (values,) = backend.all_of("MeterValues")
        assert (values["connectorId"], values["transactionId"]) == (1, 9001)
        assert backend.all_of("StopTransaction") == [STOP | {"transactionId": 9001}]
    await world.kill()


@in_virtual_time()
async def test_r102_reports_of_the_main_evse_hear_of_the_wallboxs_own_meter() -> None:
    site = await several()
    whole = meter_values("2026-05-15T14:31:00Z", None, 0)
    await result(site.wallbox, "MeterValues", whole)
    await settled()
    for name in NAMES:
        assert site.heard(name) == [("MeterValues", whole)]
    await site.world.kill()


@pytest.mark.parametrize("asked", [("one",), ("backend", "two"), ()])
@in_virtual_time()
async def test_r88_triggered_values_go_to_those_who_asked_for_them(asked: tuple[str, ...]) -> None:
    site = await several()
    assert site.world.manager is not None
    await result(site.wallbox, "StartTransaction", START)
    presence = site.evse._presence
    presence.expect_own_trigger(1)
    for name in asked:
        presence.backend_triggered(link_of(name), 1)
    await result(site.wallbox, "MeterValues", triggered("2026-05-15T14:30:00Z"))
    await settled()
    for name in NAMES:
        heard = site.backends[name].all_of("MeterValues")
        assert len(heard) == (name in asked)
    await site.world.kill()


@pytest.mark.parametrize("signed", ["OCMF|{}|{}", "1234567890"])
@in_virtual_time()
async def test_r117_signed_values_are_missing_nowhere_whoever_asked_for_them_r113(
    signed: str,
) -> None:
    site = await several()
    site.evse._presence.expect_own_trigger(1)
    values = triggered("2026-05-15T14:30:00Z", None)
    values["meterValue"][0]["sampledValue"][0] |= {"value": signed, "format": "SignedData"}
    await result(site.wallbox, "MeterValues", values)
    await settled()
    for name in NAMES:
        assert site.heard(name) == [("MeterValues", values)]
    await site.world.kill()


@in_virtual_time()
async def test_r88_who_asked_and_has_not_heard_the_start_gets_them_without_its_id() -> None:
    site = await several()
    becoming, site.evse.backends = site.evse.backends, site.evse.backends[:2]
    await result(site.wallbox, "StartTransaction", START)
    site.evse.backends = becoming
    site.evse._presence.backend_triggered(link_of("two"), 1)
    await result(site.wallbox, "MeterValues", triggered("2026-05-15T14:30:00Z"))
    await result(site.wallbox, "MeterValues", READING)
    await settled()
    assert site.backends["two"].all_of("MeterValues") == [triggered("2026-05-15T14:30:00Z", None)]
    assert [each["transactionId"] for each in site.backends["one"].all_of("MeterValues")] == [501]
    await site.world.kill()


@in_virtual_time()
async def test_r106_roles_are_those_of_the_start_to_the_end_of_a_transaction_r65() -> None:
    late = literal_backend(9001, StartTransaction=lambda _: None)
    lenient = ONE_BILLS_TWO_HEAR.replace("[site]", '[site]\nunknown_offline = "accept"', 1)
    site = await several(lenient, backend=late)
    loop = asyncio.get_running_loop()
    loop.call_later(1.0, becomes, site, "backend", GatewayRole.REPORT)
    loop.call_later(1.0, becomes, site, "one", GatewayRole.PRIMARY)
    await result(site.wallbox, "StartTransaction", START)
    await result(site.wallbox, "MeterValues", READING)
    (held,) = late.held["StartTransaction"]
    late.send(f'[3,"{held}",{{"idTagInfo":{{"status":"Blocked"}},"transactionId":9001}}]')
    await site.wallbox.got("RemoteStopTransaction")
    await result(site.wallbox, "StopTransaction", STOP | {"reason": "Remote"})
    await result(site.wallbox, "StartTransaction", START | {"meterStart": 60000})
    await settled()
    record, next_one = await site.record(), await site.record(2)
    assert (record.start.link_id, record.late_verdict) == (link_of("backend"), "Blocked")
    for name, theirs in zip(NAMES, (9001, 501, 9001), strict=True):
        assert site.ids(name)[:2] == [theirs, theirs]
        (end,) = site.backends[name].all_of("StopTransaction")
        assert (end["transactionId"], end["reason"]) == (theirs, "DeAuthorized")
    assert next_one.start.link_ids == tuple(map(link_of, ("one", "backend", "two")))
    await site.world.kill()


TELLING = ONE_BILLS_TWO_HEAR.replace("[site]", "[site]\nlost_stop_h = 4\ncycle_s = 60", 1)
ONE_REPORT_IS_TOLD = TELLING.replace(
    'url = "ws://one/"\n', 'url = "ws://one/"\ndeliver_inferred = true\n'
)


async def lost_session() -> Several:
    """A car has left without an end, and that was long ago."""
    site = await several(ONE_REPORT_IS_TOLD)
    await result(site.wallbox, "StartTransaction", START)
    await asyncio.sleep(1)
    for status in ("Charging", "Available"):
        await result(site.wallbox, "StatusNotification", status_of(1, status))
    await asyncio.sleep(WAIT_S + 3600)
    return site


def told_ends(site: Several) -> list[int]:
    return [len(each.all_of("StopTransaction")) for each in site.backends.values()]


@pytest.mark.parametrize("restarts", [False, True])
@in_virtual_time(within_s=8 * WAIT_S)
async def test_r77_each_backend_hears_one_end_the_wallboxs_own_where_it_was_told_none(
    *, restarts: bool
) -> None:
    site = await lost_session()
    assert told_ends(site) == [0, 1, 0]
    (made_up,) = site.backends["one"].all_of("StopTransaction")
    assert (made_up["transactionId"], made_up["reason"]) == (501, "Other")
    if restarts:
        await site.world.kill()
        await site.world.start()
        site.wallbox = literal_wallbox()
        await site.world.boot("CP1", site.wallbox)
        await settled()
    for _ in range(2):
        await result(site.wallbox, "StopTransaction", STOP)
    await asyncio.sleep(30)
    assert told_ends(site) == [1, 1, 1]
    for name in ("backend", "two"):
        assert site.backends[name].all_of("StopTransaction") == [STOP | {"transactionId": 9001}]
    (letter,) = await site.world.store.dead_letters()
    assert "had been told without it" in letter.reason
    await site.world.kill()


@in_virtual_time()
async def test_r59_an_end_that_cannot_be_read_is_every_backends_to_judge() -> None:
    site = await several()
    await result(site.wallbox, "StopTransaction", '{"meterStop":"much"}')
    await settled()
    for name in NAMES:
        assert site.heard(name) == [("StopTransaction", {"meterStop": "much"})]
    await site.world.kill()
