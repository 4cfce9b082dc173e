"""Which connector each EVSE is at a backend that it shares, and that it stays so."""

import asyncio
from dataclasses import replace

from tests.support.virtual_time import in_virtual_time

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.site.model import DeviceType, EvseSettings, GatewaySettings
from wattgate.runtime.gateway.seats import STORE_RETRY_S, Seat, Seats
from wattgate.runtime.supervisor import Supervisor

URL = "ws://billing.example/"


def evse(
    evse_id: str, *, client_id: str = "SITE", url: str = URL, ocpp: bool = False
) -> EvseSettings:
    return EvseSettings(
        id=evse_id,
        device_type=DeviceType.OCPP16 if ocpp else DeviceType.POWER_BRAIN,
        address="CP1" if ocpp else "192.0.2.7",
        gateways=(GatewaySettings(url=url, client_id=client_id),),
    )


LEFT, RIGHT, NEW = evse("left"), evse("right"), evse("new")


async def seats(store: MemoryStore, *evses: EvseSettings, tasks: Supervisor | None = None) -> Seats:
    """As after a start with these in the site file."""
    given = Seats(store, tasks or Supervisor())
    given.recover((await store.recover()).notes)
    await given.number(evses)
    return given


def seat(given: Seats, settings: EvseSettings) -> Seat:
    """That behind its only gateway."""
    return given.seat_of(settings, settings.gateways[0])


def numbers(given: Seats, *evses: EvseSettings) -> list[int]:
    return [seat(given, each).number for each in evses]


@in_virtual_time()
async def test_p16_a_seat_outlasts_whatever_becomes_of_the_site_file() -> None:
    store = MemoryStore()
    first = await seats(store, LEFT, RIGHT)
    assert numbers(first, LEFT, RIGHT) == [1, 2]
    alone = await seats(store, RIGHT)
    assert seat(alone, RIGHT) == seat(first, RIGHT)
    later = await seats(store, NEW, RIGHT, LEFT)
    assert numbers(later, LEFT, RIGHT, NEW) == [1, 2, 3]
    new = seat(later, NEW)
    assert (new.link_id, new.named_after) == ("left SITE@billing.example", "left")
    assert set(new.station_ids) == {"modbus/left", "modbus/right", "modbus/new"}


@in_virtual_time()
async def test_p20_another_identity_or_another_backend_is_another_link() -> None:
    given = await seats(
        MemoryStore(),
        LEFT,
        evse("b", client_id="OTHER"),
        evse("c", url="ws://other.example/"),
        evse("d", url="ws://billing.example/key/"),
        RIGHT,
        replace(NEW, gateways=()),
    )
    link_ids = {seat(given, each).link_id for each in (LEFT, RIGHT)}
    assert link_ids == {"left SITE@billing.example"}
    assert numbers(given, LEFT, RIGHT) == [1, 2]
    others = [evse("b", client_id="OTHER"), evse("c", url="ws://other.example/")]
    assert numbers(given, *others) == [1, 1]
    assert seat(given, evse("b", client_id="OTHER")).link_id == "b OTHER@billing.example"


@in_virtual_time()
async def test_p16_without_a_client_id_an_evse_is_known_by_its_own_id_and_alone() -> None:
    own = [evse(each, client_id="") for each in ("a", "b")]
    given = await seats(MemoryStore(), *own)
    assert [seat(given, each).link_id for each in own] == [
        "a a@billing.example",
        "b b@billing.example",
    ]


@in_virtual_time()
async def test_an_ocpp_wallbox_has_a_link_of_its_own_as_ever_and_nothing_is_noted() -> None:
    store = MemoryStore()
    given = await seats(store)
    its = seat(given, evse("stall", ocpp=True))
    assert (its.link_id, its.number, its.is_shared) == ("stall SITE@billing.example", 1, False)
    assert its.station_ids == ("CP1",)
    assert (await store.recover()).notes == ()


@in_virtual_time()
async def test_p16_an_evse_that_comes_while_we_run_gets_the_next_number_for_ever() -> None:
    store = MemoryStore()
    async with Supervisor() as tasks:
        given = await seats(store, RIGHT, tasks=tasks)
        assert numbers(given, NEW, LEFT, RIGHT) == [2, 3, 1]
        await asyncio.sleep(0.1)
    later = await seats(store, LEFT, NEW, RIGHT)
    assert numbers(later, NEW, LEFT, RIGHT) == [2, 3, 1]


@in_virtual_time()
async def test_numbers_that_could_not_be_stored_hold_and_are_stored_as_soon_as_can_be() -> None:
    store = MemoryStore()
    async with Supervisor() as tasks:
        given = Seats(store, tasks)
        store.failing = True
        await given.number((RIGHT,))
        assert numbers(given, LEFT, RIGHT) == [2, 1]
        await asyncio.sleep(STORE_RETRY_S * 3)
        store.failing = False
        await asyncio.sleep(STORE_RETRY_S * 1.5)
        assert numbers(await seats(store, LEFT, RIGHT), LEFT, RIGHT) == [2, 1]
        assert len(tasks._tasks) == 0
