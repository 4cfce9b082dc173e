"""A wallbox announces its meters' keys once after its boot; every backend login hears them."""

import pytest
from tests.support.frames import (
    HOUSE,
    STALL,
    START,
    STOP,
    Literal,
    Refusal,
    Site,
    a_site,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import BOOT, Json, World

from wattgate.runtime.station.meter_configuration import SCOPE

ANNOUNCED = (
    r'{ "vendorId":"generalConfiguration" ,"messageId":"setMeterConfiguration","data":"{\"meters\":'
    r"[{\"connectorId\":1,\"meterSerial\":\"1234567\",\"type\":\"SIGNATURE\",\"publicKey\":"
    r'\"3059301306072A86\u0034\/\"}]}" }'
)
OTHER = '{"vendorId":"com.example.giro","data":"x"}'
URL = "ws://backend/CP1"


def announced_to(backend: Literal) -> list[str]:
    """What that backend heard, to the letter."""
    return backend.payload_texts("DataTransfer")


async def lose_backend(site: Site) -> None:
    site.world.dialer.backends.clear()
    site.backend.hang_up()
    await settled()


async def regain_backend(site: Site, backend: Literal | None = None) -> Literal:
    """The backend is back; wait until it was told all."""
    site.backend = backend = backend or literal_backend()
    site.world.dialer.backends[URL] = backend
    await backend.got("StatusNotification")
    await settled()
    return backend


@in_virtual_time()
async def test_an_announcement_goes_through_and_its_answer_comes_back_r114() -> None:
    site = await a_site(backend=literal_backend(DataTransfer=lambda _: '{"status":"Rejected" }'))
    await result(site.wallbox, "BootNotification", BOOT)
    assert await result(site.wallbox, "DataTransfer", ANNOUNCED) == {"status": "Rejected"}
    await settled()
    assert announced_to(site.backend) == [ANNOUNCED]
    await site.world.kill()


@in_virtual_time()
async def test_a_backend_refuses_it_in_its_own_words() -> None:
    refuse = Refusal("NotSupported", "no keys here", '{"a":1}')
    site = await a_site(backend=literal_backend(DataTransfer=lambda _: refuse))
    answer = await site.wallbox.ask("DataTransfer", ANNOUNCED)
    assert answer[2:] == ["NotSupported", "no keys here", {"a": 1}]
    await site.world.kill()


@in_virtual_time()
async def test_it_is_kept_and_accepted_while_the_backend_is_away_other_data_is_not_r114() -> None:
    site = await a_site()
    await lose_backend(site)
    assert await result(site.wallbox, "DataTransfer", OTHER) == {"status": "Rejected"}
    assert await result(site.wallbox, "DataTransfer", ANNOUNCED) == {"status": "Accepted"}
    assert announced_to(await regain_backend(site)) == [ANNOUNCED]
    await site.world.kill()


@in_virtual_time()
async def test_it_follows_boot_and_status_and_comes_before_the_queue_r114_r73() -> None:
    site = await a_site()
    await result(site.wallbox, "DataTransfer", ANNOUNCED)
    await lose_backend(site)
    await result(site.wallbox, "StartTransaction", START)
    await result(site.wallbox, "StopTransaction", STOP)
    backend = await regain_backend(site)
    assert [action for action, _ in backend.calls] == [
        "BootNotification",
        "StatusNotification",
        "DataTransfer",
        "StartTransaction",
        "StopTransaction",
    ]
    assert announced_to(backend) == [ANNOUNCED]
    await site.world.kill()


@in_virtual_time()
async def test_every_login_of_the_gateways_own_tells_it_also_after_a_restart_r114() -> None:
    site = await a_site()
    await result(site.wallbox, "DataTransfer", ANNOUNCED)
    for _ in range(2):
        await lose_backend(site)
        assert announced_to(await regain_backend(site)) == [ANNOUNCED]

    await site.world.kill()
    await site.world.start()
    site.world.plug_in("CP1", literal_wallbox())
    await site.backend.got("BootNotification", 2)
    await settled()
    assert announced_to(site.backend) == [ANNOUNCED] * 2
    await site.world.kill()


@in_virtual_time()
async def test_after_the_wallboxs_own_boot_only_the_wallbox_tells_it_r114() -> None:
    site = await a_site()
    await result(site.wallbox, "DataTransfer", ANNOUNCED)
    await result(site.wallbox, "BootNotification", BOOT)
    await settled()
    assert len(announced_to(site.backend)) == 1
    newer = ANNOUNCED.replace("1234567", "7654321")
    await result(site.wallbox, "DataTransfer", newer)
    assert announced_to(site.backend) == [ANNOUNCED, newer]
    await result(site.wallbox, "DataTransfer", newer)  # stored already
    await lose_backend(site)
    assert announced_to(await regain_backend(site)) == [newer]
    await site.world.kill()


@in_virtual_time()
async def test_a_boot_during_an_outage_is_the_wallboxs_own_as_well_r114() -> None:
    """What was kept may be of a meter that has been exchanged since."""
    site = await a_site()
    await result(site.wallbox, "DataTransfer", ANNOUNCED)
    await lose_backend(site)
    await result(site.wallbox, "BootNotification", BOOT)
    backend = await regain_backend(site)
    assert announced_to(backend) == []
    await result(site.wallbox, "DataTransfer", ANNOUNCED)
    assert announced_to(backend) == [ANNOUNCED]
    await site.world.kill()


@in_virtual_time()
async def test_told_during_the_login_of_its_boot_it_follows_the_login_r114() -> None:
    """The wallbox's boot brings the link up; its announcement is faster than the backend."""
    world = World(HOUSE + STALL)
    await world.start()
    wallbox, backend = literal_wallbox(), literal_backend()
    world.dialer.backends[URL] = backend
    backend.answers["BootNotification"] = lambda _: None
    await world.boot("CP1", wallbox)
    await backend.got("BootNotification")
    assert await result(wallbox, "DataTransfer", ANNOUNCED) == {"status": "Accepted"}
    assert announced_to(backend) == []
    (unique_id,) = backend.held["BootNotification"]
    backend.send(f'[3,"{unique_id}",{{"status":"Accepted","currentTime":"x","interval":300}}]')
    assert await backend.got("DataTransfer")
    await settled()
    assert announced_to(backend) == [ANNOUNCED]
    await world.kill()


@in_virtual_time()
async def test_a_backend_that_does_not_answer_hears_it_with_its_next_login_r114() -> None:
    site = await a_site(backend=literal_backend(DataTransfer=lambda _: None))
    assert await result(site.wallbox, "DataTransfer", ANNOUNCED) == {"status": "Accepted"}
    await lose_backend(site)
    assert announced_to(await regain_backend(site)) == [ANNOUNCED]
    await site.world.kill()


@in_virtual_time()
async def test_without_a_backend_it_is_kept_too_r114() -> None:
    world = World(HOUSE + STALL.split("[[evse.gateway]]")[0])
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    assert await result(wallbox, "DataTransfer", ANNOUNCED) == {"status": "Accepted"}
    assert await result(wallbox, "DataTransfer", OTHER) == {"status": "UnknownVendorId"}
    notes = (await world.store.recover()).notes
    assert [note.text for note in notes if note.scope == SCOPE] == [ANNOUNCED]
    await world.kill()


@pytest.mark.parametrize("answer", ['{"status":"UnknownVendorId"}', '{"status":"Rejected"}'])
@in_virtual_time()
async def test_a_backend_that_does_not_want_it_keeps_its_login(answer: Json) -> None:
    site = await a_site()
    await result(site.wallbox, "DataTransfer", ANNOUNCED)
    await lose_backend(site)
    backend = await regain_backend(site, literal_backend(DataTransfer=lambda _: answer))
    await result(site.wallbox, "StartTransaction", START)
    assert len(backend.all_of("StartTransaction")) == 1
    await site.world.kill()
