"""A backend gets the periodic meter values that it asked for, and all others (R80, R113)."""

import asyncio
from datetime import timedelta

import pytest
from tests.support.frames import START, STOP, Site, a_site, literal_wallbox, result
from tests.support.virtual_time import WALL_START, in_virtual_time
from tests.support.world import Json


def values(at_s: float, transaction: int | None = 1, sample: Json = None) -> Json:
    """One reading that was taken so many seconds after the start."""
    stamp = (WALL_START + timedelta(seconds=at_s)).isoformat().replace("+00:00", "Z")
    reading = {"timestamp": stamp, "sampledValue": [{"value": str(50_000 + at_s)} | (sample or {})]}
    ids = {} if transaction is None else {"transactionId": transaction}
    return {"connectorId": 1, **ids, "meterValue": [reading]}


async def a_paced_site(interval: str | None = "60") -> Site:
    """A session of a backend that asked for a sample every so many seconds."""
    wallbox = literal_wallbox(ChangeConfiguration=lambda _: {"status": "Accepted"})
    site = await a_site(wallbox)
    if interval is not None:
        payload = {"key": "MeterValueSampleInterval", "value": interval}
        await result(site.backend, "ChangeConfiguration", payload)
    await result(site.wallbox, "StartTransaction", START)
    return site


async def taken(site: Site) -> list[float]:
    """When the readings were taken that have come to the backend."""
    await asyncio.sleep(1.0)
    return [
        float(each["meterValue"][0]["sampledValue"][0]["value"]) - 50_000
        for each in site.backend.all_of("MeterValues")
    ]


@pytest.mark.parametrize(
    ("interval", "goes"),
    [
        ("60", [0, 60, 120]),
        ("5", [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]),
        (None, [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]),
        ("0", []),
    ],
)
@in_virtual_time()
async def test_a_backend_gets_the_samples_it_asked_for_and_the_wallbox_every_answer_r80(
    interval: str | None, goes: list[float]
) -> None:
    site = await a_paced_site(interval)
    for at_s in range(0, 121, 10):
        assert await result(site.wallbox, "MeterValues", values(at_s)) == {}
    assert await taken(site) == goes
    await site.world.kill()


@in_virtual_time()
async def test_connectors_that_are_not_there_have_one_pace_between_them_r80() -> None:
    """A wallbox that goes on inventing some fills no memory."""
    site = await a_paced_site("60")
    for connector in range(1, 30):
        said = values(0 if connector == 1 else 10 * connector) | {"connectorId": connector}
        await result(site.wallbox, "MeterValues", said)
    assert await taken(site) == [0, 20, 80, 140, 200, 260]
    await site.world.kill()


@pytest.mark.parametrize(
    "sample",
    [
        {"context": "Transaction.Begin"},
        {"context": "Transaction.End"},
        {"context": "Sample.Clock"},
        {"context": "Interruption.Begin"},
        {"context": "Other"},
        {"context": "Trigger"},
        {"format": "SignedData"},
    ],
)
@in_virtual_time()
async def test_what_is_not_periodic_or_signed_always_goes_r113(sample: dict[str, str]) -> None:
    site = await a_paced_site("900")
    await result(site.backend, "TriggerMessage", {"requestedMessage": "MeterValues"})
    for at_s in range(4):
        await result(site.wallbox, "MeterValues", values(at_s * 10, sample=sample))
    assert await taken(site) == [0, 10, 20, 30]
    await site.world.kill()


@in_virtual_time()
async def test_values_that_waited_in_the_wallbox_count_by_when_they_were_taken_r80() -> None:
    site = await a_paced_site("900")
    for at_s in range(0, 3601, 300):
        await result(site.wallbox, "MeterValues", values(at_s))
    assert await taken(site) == [0, 900, 1800, 2700, 3600]
    await site.world.kill()


@in_virtual_time()
async def test_values_without_a_time_count_by_when_they_came_r80() -> None:
    site = await a_paced_site("60")
    for number in range(13):
        payload = values(number * 10)
        del payload["meterValue"][0]["timestamp"]
        await result(site.wallbox, "MeterValues", payload)
        await asyncio.sleep(10.0)
    assert await taken(site) == [0, 60, 120]
    await site.world.kill()


@in_virtual_time()
async def test_each_transaction_begins_with_a_sample_of_its_own_r80() -> None:
    site = await a_paced_site("900")
    await result(site.wallbox, "MeterValues", values(0))
    await result(site.wallbox, "MeterValues", values(10))
    await result(site.wallbox, "StopTransaction", STOP)
    await result(site.wallbox, "MeterValues", values(20, None))
    await result(site.wallbox, "StartTransaction", START | {"meterStart": 52_000})
    await result(site.wallbox, "MeterValues", values(30, 2))
    await result(site.wallbox, "MeterValues", values(40, 2))
    assert await taken(site) == [0, 20, 30]
    await site.world.kill()


@in_virtual_time()
async def test_load_management_looks_at_every_sample_r80() -> None:
    site = await a_paced_site("900")
    assert site.world.manager is not None
    for at_s, current in ((0, "6.0"), (10, "9.5")):
        sample = {"measurand": "Current.Import", "unit": "A"}
        reading = values(at_s, sample=sample)
        reading["meterValue"][0]["sampledValue"][0]["value"] = current
        await result(site.wallbox, "MeterValues", reading)
    (evse,) = site.world.manager.evses()
    assert evse.evse.connector.measurement.largest_current_a == 9.5
    assert len(site.backend.all_of("MeterValues")) == 1
    await site.world.kill()


@in_virtual_time()
async def test_a_repetition_neither_counts_twice_nor_is_lost_r68_r80() -> None:
    site = await a_paced_site("60")
    for at_s in (0, 0, 10, 10, 60, 60):
        await result(site.wallbox, "MeterValues", values(at_s))
    assert await taken(site) == [0, 60]
    await site.world.kill()


@in_virtual_time()
async def test_a_sample_that_could_not_be_stored_is_still_due_r58_r80() -> None:
    site = await a_paced_site("60")
    site.world.store.failing = True
    frame = await site.wallbox.ask("MeterValues", values(0))
    assert frame[:3:2] == [4, "InternalError"]
    site.world.store.failing = False
    await result(site.wallbox, "MeterValues", values(0))
    assert await taken(site) == [0]
    await site.world.kill()


@in_virtual_time()
async def test_the_pace_outlasts_a_restart_r80() -> None:
    site = await a_paced_site("60")
    await site.world.kill()
    await site.world.start()
    wallbox = literal_wallbox()
    await site.world.boot("CP1", wallbox)
    await site.backend.got("BootNotification", times=2)
    for at_s in range(0, 61, 10):
        await result(wallbox, "MeterValues", values(at_s))
    assert await taken(site) == [0, 60]
    await site.world.kill()


@in_virtual_time()
async def test_who_asked_for_nothing_gets_what_the_wallbox_sent_by_itself_r80() -> None:
    own = [{"key": "MeterValueSampleInterval", "readonly": False, "value": "60"}]
    site = await a_site(
        literal_wallbox(
            GetConfiguration=lambda _: {"configurationKey": own},
            ChangeConfiguration=lambda _: {"status": "Accepted"},
        )
    )
    assert (await site.wallbox.got("ChangeConfiguration"))["value"] == "10"  # for load management
    await result(site.wallbox, "StartTransaction", START)
    for at_s in range(0, 121, 10):
        await result(site.wallbox, "MeterValues", values(at_s))
    assert await taken(site) == [0, 60, 120]
    await site.world.kill()


@in_virtual_time()
async def test_of_a_reading_only_the_measurands_go_that_were_asked_for_r80() -> None:
    site = await a_paced_site("60")
    payload = {"key": "MeterValuesSampledData", "value": "SoC"}
    await result(site.backend, "ChangeConfiguration", payload)
    reading = values(0)
    reading["meterValue"][0]["sampledValue"].append({"value": "80", "measurand": "SoC"})
    await result(site.wallbox, "MeterValues", reading)
    await asyncio.sleep(1.0)
    (sent,) = site.backend.all_of("MeterValues")
    assert sent["meterValue"][0]["sampledValue"] == [{"value": "80", "measurand": "SoC"}]
    await site.world.kill()
