"""Which connector each EVSE is at a backend that it shares, and that it stays so."""

import asyncio
from dataclasses import replace

import pytest
from tests.support.stores import draft, start
from tests.support.virtual_time import in_virtual_time

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.errors import LocalUsageError
from wattgate.core.site.model import DeviceType, EvseSettings, GatewaySettings, Site
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import Enqueue, NoteRecord, Recovered, SaveNote
from wattgate.runtime.gateway.seats import STORE_RETRY_S, Seat, Seats
from wattgate.runtime.supervisor import Supervisor

URL = "ws://billing.example/"
PLACE = "SITE@billing.example"


def evse(
    evse_id: str, *, client_id: str = "SITE", url: str = URL, address: str = ""
) -> EvseSettings:
    """One on Modbus, with an address of its own."""
    return EvseSettings(
        id=evse_id,
        device_type=DeviceType.POWER_BRAIN,
        address=address or f"{evse_id}.example",
        gateways=(GatewaySettings(url=url, client_id=client_id),),
    )


def ocpp(evse_id: str, connector: int = 1, *, address: str = "CP1") -> EvseSettings:
    """One of an OCPP wallbox."""
    settings = evse(evse_id, address=address)
    return replace(settings, device_type=DeviceType.OCPP16, connector=connector)


LEFT, RIGHT, NEW = evse("left"), evse("right"), evse("new")


async def seats(store: MemoryStore, *evses: EvseSettings, tasks: Supervisor | None = None) -> Seats:
    """As after a start with these in the site file."""
    given = Seats(store, tasks or Supervisor())
    given.recover(await store.recover())
    site = Site(evses=evses)
    given.give(site.served_evses(), site)
    await given.keep()
    return given


def seat(given: Seats, settings: EvseSettings) -> Seat:
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
    taken = seat(later, NEW)
    assert (taken.link_id, taken.named_after) == ("left SITE@billing.example", "left")


@in_virtual_time()
async def test_p20_another_identity_or_another_backend_is_another_link() -> None:
    others = [
        evse("b", client_id="OTHER"),
        evse("c", url="ws://other.example/"),
        evse("d", url="ws://billing.example/key/"),
    ]
    given = await seats(MemoryStore(), LEFT, *others, RIGHT, replace(NEW, gateways=()))
    link_ids = {seat(given, each).link_id for each in (LEFT, RIGHT)}
    assert link_ids == {"left SITE@billing.example"}
    assert numbers(given, LEFT, RIGHT) == [1, 2]
    assert numbers(given, *others) == [1, 1, 1]
    assert seat(given, others[0]).link_id == "b OTHER@billing.example"


@in_virtual_time()
async def test_r106_an_evse_has_a_seat_at_each_of_its_backends() -> None:
    report = GatewaySettings(url="ws://report.example/", client_id="R")
    both = [replace(each, gateways=(*each.gateways, report)) for each in (RIGHT, LEFT)]
    given = await seats(MemoryStore(), NEW, *both)
    assert numbers(given, NEW, RIGHT, LEFT) == [1, 2, 3]
    at_report = [given.seat_of(each, report) for each in both]
    assert [each.number for each in at_report] == [1, 2]
    assert {each.link_id for each in at_report} == {"right R@report.example"}


@in_virtual_time()
async def test_p16_without_a_client_id_an_evse_is_known_by_its_own_id_and_alone() -> None:
    own = [evse(each, client_id="") for each in ("a", "b")]
    given = await seats(MemoryStore(), *own)
    assert [seat(given, each).link_id for each in own] == [
        "a a@billing.example",
        "b b@billing.example",
    ]


@in_virtual_time()
async def test_p20_a_lone_evse_of_an_ocpp_wallbox_is_connector_1_whichever_it_is_there() -> None:
    given = await seats(MemoryStore(), ocpp("stall", 3))
    assert seat(given, ocpp("stall", 3)) == Seat(f"stall {PLACE}", "stall", 1)


@in_virtual_time()
async def test_p20_evses_of_one_ocpp_wallbox_are_numbered_as_its_connectors_are() -> None:
    store = MemoryStore()
    two, one = ocpp("left", 2), ocpp("right", 1)
    given = await seats(store, two, one)
    assert numbers(given, one, two) == [1, 2]
    assert seat(given, two).link_id == f"right {PLACE}"
    assert seat(await seats(store, two), two) == seat(given, two)


@in_virtual_time()
async def test_p20_a_renamed_evse_keeps_its_number_and_its_link() -> None:
    store = MemoryStore()
    first = await seats(store, ocpp("left", 1), ocpp("right", 2))
    renamed = ocpp("heir", 2)
    behind = replace(ocpp("right", 2), enabled=False)
    later = await seats(store, renamed, ocpp("left", 1), behind)
    assert seat(later, renamed) == seat(first, ocpp("right", 2))
    alone = await seats(store, replace(renamed, id="again"))
    assert numbers(alone, replace(renamed, id="again")) == [2]


@in_virtual_time()
async def test_p20_a_wallbox_that_takes_anothers_place_has_its_seat() -> None:
    store = MemoryStore()
    first = await seats(store, ocpp("stall"))
    given = await seats(store, ocpp("stall", address="CP2"))
    assert seat(given, ocpp("stall", address="CP2")) == seat(first, ocpp("stall"))


# From before EVSEs of OCPP wallboxes could share a login


@pytest.mark.parametrize(
    ("before", "site", "link_id"),
    [
        (Recovered(), ("b", "a"), f"b {PLACE}"),
        (Recovered(outbox_depths={f"a {PLACE}": 2}), ("b", "a"), f"a {PLACE}"),
        (Recovered(outbox_depths={f"a {PLACE}": 0}), ("b", "a"), f"a {PLACE}"),
        (
            Recovered(
                open_transactions=(TransactionRecord(1, start(link_id=f"a {PLACE} relayed")),)
            ),
            ("b", "a"),
            f"a {PLACE}",
        ),
        (
            Recovered(notes=(NoteRecord(f"backend a {PLACE}", "key", "x"),)),
            ("b", "a"),
            f"a {PLACE}",
        ),
        (
            Recovered(
                outbox_depths={f"a {PLACE}": 2},
                notes=(NoteRecord(f"backend b {PLACE}", "key", "x"),),
            ),
            ("b", "a"),
            f"a {PLACE}",
        ),
        (Recovered(outbox_depths={f"gone {PLACE}": 2}), ("b", "a"), f"b {PLACE}"),
        (Recovered(outbox_depths={"a SITE@other": 2}), ("b", "a"), f"b {PLACE}"),
    ],
    ids=[
        "nothing",
        "queue",
        "queue once",
        "open",
        "key",
        "queue and key",
        "of nobody known",
        "elsewhere",
    ],
)
def test_the_link_that_was_there_before_goes_on_and_its_evse_is_connector_1(
    before: Recovered, site: tuple[str, str], link_id: str
) -> None:
    async def given() -> None:
        seats = Seats(MemoryStore(), Supervisor())
        seats.recover(before)
        evses = [ocpp(each, number) for number, each in enumerate(site, 1)]
        seats.give(tuple(evses), Site(evses=tuple(evses)))
        found = {each.id: seat(seats, each) for each in evses}
        assert {each.link_id for each in found.values()} == {link_id}
        assert found[link_id.partition(" ")[0]].number == 1

    asyncio.run(given())


@in_virtual_time()
async def test_what_waits_under_the_name_of_a_renamed_evse_is_its_heirs() -> None:
    store = MemoryStore()
    await store.commit(Enqueue(draft(link_id=f"old {PLACE}")))
    behind, heir = replace(ocpp("old"), enabled=False), ocpp("new")
    given = await seats(store, heir, behind)
    assert (seat(given, heir).link_id, seat(given, heir).number) == (f"old {PLACE}", 1)


@in_virtual_time()
async def test_who_had_a_login_before_keeps_it_though_something_waits_under_another_name() -> None:
    store = MemoryStore()
    await store.commit(
        Enqueue(draft(link_id=f"old {PLACE}")),
        SaveNote(NoteRecord(f"backend new {PLACE}", "key", "x")),
    )
    behind, heir = replace(ocpp("old"), enabled=False), ocpp("new")
    given = await seats(store, heir, behind)
    assert (seat(given, heir).link_id, seat(given, heir).number) == (f"new {PLACE}", 1)


@in_virtual_time()
async def test_numbers_stored_before_were_those_of_wallboxes_on_modbus() -> None:
    store = MemoryStore()
    text = '{"founder":"left","numbers":{"left":1,"right":2}}'
    await store.commit(SaveNote(NoteRecord("connector numbers", PLACE, text)))
    given = await seats(store, RIGHT)
    assert seat(given, RIGHT) == Seat(f"left {PLACE}", "left", 2)


# While it runs


@in_virtual_time()
async def test_p16_an_evse_that_comes_while_we_run_gets_the_next_number_for_ever() -> None:
    store = MemoryStore()
    given = await seats(store, RIGHT)
    given.give((NEW, LEFT, RIGHT), Site(evses=(NEW, LEFT, RIGHT)))
    await given.keep()
    assert numbers(given, NEW, LEFT, RIGHT) == [2, 3, 1]
    later = await seats(store, LEFT, NEW, RIGHT)
    assert numbers(later, NEW, LEFT, RIGHT) == [2, 3, 1]


@in_virtual_time()
async def test_nobody_sits_where_no_number_was_given() -> None:
    given = await seats(MemoryStore(), RIGHT)
    for stranger in (LEFT, evse("right", client_id="OTHER")):
        with pytest.raises(LocalUsageError):
            seat(given, stranger)


@in_virtual_time()
async def test_numbers_that_could_not_be_stored_hold_and_are_stored_as_soon_as_can_be() -> None:
    store = MemoryStore()
    async with Supervisor() as tasks:
        given = Seats(store, tasks)
        store.failing = True
        given.give((RIGHT,), Site(evses=(RIGHT,)))
        await given.keep()
        given.give((LEFT, RIGHT), Site(evses=(LEFT, RIGHT)))
        await given.keep()
        assert numbers(given, LEFT, RIGHT) == [2, 1]
        await asyncio.sleep(STORE_RETRY_S * 3)
        store.failing = False
        await asyncio.sleep(STORE_RETRY_S * 1.5)
        assert numbers(await seats(store, LEFT, RIGHT), LEFT, RIGHT) == [2, 1]
        assert len(tasks._tasks) == 0


@in_virtual_time()
async def test_what_has_its_number_already_is_not_written_again() -> None:
    store = MemoryStore()
    await seats(store, LEFT, RIGHT)
    again = Seats(store, Supervisor())
    again.recover(await store.recover())
    store.failing = True
    again.give((RIGHT, LEFT), Site(evses=(RIGHT, LEFT)))
    await again.keep()
    assert not again._tasks._tasks
