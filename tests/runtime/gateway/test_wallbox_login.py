"""Connectors of one OCPP wallbox behind one login: states, boots, and who comes and goes."""

import asyncio
from dataclasses import dataclass

from tests.support.frames import Literal, literal_backend, literal_wallbox, result, settled
from tests.support.live_site import GONE_S, Gateway, gateway
from tests.support.site_text import evse, site
from tests.support.stores import draft
from tests.support.virtual_time import in_virtual_time
from tests.support.world import BOOT, ScriptedDialer, World, status_of

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import OutboxMessage
from wattgate.core.site.gateways import ReplaceGateways
from wattgate.ports.store import AnswerTransaction, Change, Enqueue, RememberStation
from wattgate.runtime.gateway.link.backend_link import ABSENCE_S

A = gateway("a")


@dataclass
class Wallbox:
    """A wallbox with two connectors, `left` (1) and `right` (2), and the backend of both."""

    world: World
    backend: Literal
    wallbox: Literal
    meter_wh: int = 0

    async def boot(self) -> None:
        await self.wallbox.ask("BootNotification", BOOT)
        for connector in (0, 1, 2):
            await self.wallbox.ask("StatusNotification", status_of(connector, "Available"))
        await settled()

    async def start(self, connector: int) -> int:
        self.meter_wh += 1
        request = {
            "connectorId": connector,
            "idTag": f"0{connector}",
            "meterStart": self.meter_wh,
            "timestamp": "2026-05-15T14:25:12Z",
        }
        answer = await result(self.wallbox, "StartTransaction", request)
        await settled()
        return int(answer["transactionId"])

    async def stop(self, transaction_id: int) -> None:
        request = {
            "transactionId": transaction_id,
            "meterStop": 1000,
            "timestamp": "2026-05-15T15:00:00Z",
        }
        await result(self.wallbox, "StopTransaction", request)
        await settled()

    async def change(self, evse_id: str, *gateways: Gateway) -> None:
        assert self.world.manager is not None
        wanted = ReplaceGateways([dict(each) for each in gateways])
        await self.world.manager.gateways.change(evse_id, wanted, seen=None)
        await settled()

    @property
    def numbers(self) -> dict[str, int]:
        """The connector numbers at the backend, of those that it serves."""
        assert self.world.manager is not None
        return {
            state.evse.evse_id: backend.number
            for state in self.world.manager.evses()
            for backend in state.evse.present_backends
        }


async def a_wallbox_at(
    left: tuple[Gateway, ...], right: tuple[Gateway, ...], world: World | None = None
) -> Wallbox:
    text = site(evse("left", "CP1", *left), evse("right", "CP1", *right, connector=2))
    world = world or World(text)
    backend = literal_backend()
    world.dialer = ScriptedDialer({"ws://a/CP1": backend})
    world.site_toml = text
    await world.start()
    box = Wallbox(world, backend, literal_wallbox())
    world.plug_in("CP1", box.wallbox)
    await box.boot()
    await asyncio.sleep(1)
    return box


def told(box: Wallbox) -> list[tuple[str, object]]:
    """What the backend heard: the action, and of which connector."""
    return [(action, payload.get("connectorId")) for action, payload in box.backend.calls]


def is_linked(box: Wallbox) -> bool:
    return box.backend.is_linked


STATES = [("StatusNotification", number) for number in (0, 1, 2)]


@in_virtual_time()
async def test_r49_one_boot_of_the_wallbox_is_one_boot_and_the_state_of_all_connectors() -> None:
    box = await a_wallbox_at((A,), (A,))
    assert told(box) == [("BootNotification", None), *STATES]
    box.backend.calls.clear()
    await box.boot()
    await asyncio.sleep(1)
    assert told(box) == [("BootNotification", None), *STATES]
    box.backend.calls.clear()
    box.backend.hang_up()
    await asyncio.sleep(15)
    assert told(box) == [("BootNotification", None), *STATES]
    await box.world.kill()


@in_virtual_time()
async def test_r50_when_the_wallbox_goes_its_one_login_ends_once() -> None:
    box = await a_wallbox_at((A,), (A,))
    box.wallbox.hang_up()
    await asyncio.sleep(ABSENCE_S * 0.9)
    assert is_linked(box)
    await asyncio.sleep(ABSENCE_S * 0.2)
    assert not is_linked(box)
    box.world.plug_in("CP1", box.wallbox)
    await asyncio.sleep(1)
    assert is_linked(box)
    assert len(box.world.dialer.dialled) == 2
    await box.world.kill()


@in_virtual_time()
async def test_p20_what_is_billed_names_the_connector_that_the_backend_knows() -> None:
    box = await a_wallbox_at((A,), (A,))
    box.backend.calls.clear()
    right, left = await box.start(2), await box.start(1)
    for number in (right, left):
        await box.stop(number)
    stops = [payload["transactionId"] for payload in box.backend.all_of("StopTransaction")]
    assert told(box)[:2] == [("StartTransaction", 2), ("StartTransaction", 1)]
    assert stops == [9001, 9002]
    await box.world.kill()


@in_virtual_time()
async def test_r60_starts_at_once_get_each_its_own_id() -> None:
    box = await a_wallbox_at((A,), (A,))
    ours = await asyncio.gather(box.start(1), box.start(2))
    assert box.world.manager is not None
    theirs = {payload["idTag"]: 9001 + n for n, payload in enumerate(started(box))}
    for number, (name, tag) in zip(ours, (("left", "01"), ("right", "02")), strict=True):
        state = box.world.manager.evse(name)
        assert state is not None
        assert state.evse.transaction is not None
        assert state.evse.transaction.record.transaction_id == number
        (backend_id,) = state.evse.transaction.backend_ids.values()
        assert backend_id == theirs[tag]
    await box.world.kill()


class SlowToAnswer(MemoryStore):
    """It takes a while to keep what a wallbox is to be answered."""

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        if any(isinstance(each, AnswerTransaction) for each in changes):
            await asyncio.sleep(1)
        return await super().commit(*changes)


@in_virtual_time()
async def test_r60_an_id_is_not_lost_over_the_start_of_the_neighbour() -> None:
    box = await a_wallbox_at((A,), (A,), World("", store=SlowToAnswer()))
    await asyncio.gather(box.start(1), box.start(2))
    assert box.world.manager is not None
    ids = [
        list(state.evse.transaction.backend_ids.values())
        for state in box.world.manager.evses()
        if state.evse.transaction is not None
    ]
    assert sorted(ids) == [[9001], [9002]]
    await box.world.kill()


def started(box: Wallbox) -> list[dict[str, str]]:
    return box.backend.all_of("StartTransaction")


@in_virtual_time()
async def test_r65_a_card_refused_too_late_ends_its_own_transaction_once() -> None:
    box = await a_wallbox_at((A,), (A,))
    await result(box.wallbox, "Authorize", {"idTag": "01"})
    await result(box.wallbox, "Authorize", {"idTag": "02"})
    box.world.dialer.backends.clear()
    box.backend.hang_up()
    await settled()
    left, _right = await box.start(1), await box.start(2)
    box.backend.answers["StartTransaction"] = lambda start: {
        "idTagInfo": {"status": "Invalid" if start["idTag"] == "01" else "Accepted"},
        "transactionId": 7000 + start["connectorId"],
    }
    box.world.dialer.backends["ws://a/CP1"] = box.backend
    assert await box.wallbox.got("RemoteStopTransaction") == {"transactionId": left}
    await asyncio.sleep(1)
    assert len(box.wallbox.all_of("RemoteStopTransaction")) == 1
    await box.world.kill()


@in_virtual_time()
async def test_p20_one_connector_leaves_a_login_and_comes_back_as_the_number_it_was() -> None:
    box = await a_wallbox_at((A,), (A,))
    left, right = await box.start(1), await box.start(2)
    box.backend.calls.clear()
    await box.change("left")
    await asyncio.sleep(GONE_S)
    await box.wallbox.ask("StatusNotification", status_of(1, "Faulted"))
    await box.wallbox.ask("StatusNotification", status_of(0, "Unavailable"))
    await box.wallbox.ask("StatusNotification", status_of(2, "Charging"))
    await settled()
    assert told(box) == [("StatusNotification", 0), ("StatusNotification", 2)]
    await box.stop(left)
    await asyncio.sleep(GONE_S)
    assert box.numbers == {"right": 2}
    assert box.backend.closed_with is None
    frame = await box.backend.ask("UnlockConnector", {"connectorId": 1})
    assert frame[2]["status"] == "NotSupported"
    await box.change("left", A)
    assert box.numbers == {"left": 1, "right": 2}
    await box.stop(right)
    await box.stop(await box.start(1))
    stops = [payload["transactionId"] for payload in box.backend.all_of("StopTransaction")]
    assert stops == [9001, 9002, 9003]
    assert box.backend.all_of("BootNotification") == []
    assert len(box.world.dialer.dialled) == 1
    await box.change("left")
    await asyncio.sleep(GONE_S)
    box.wallbox.hang_up()
    await asyncio.sleep(ABSENCE_S * 1.1)
    assert not is_linked(box)
    await box.world.kill()


@in_virtual_time()
async def test_p20_a_second_connector_joins_the_login_of_the_first_and_its_state_is_told() -> None:
    box = await a_wallbox_at((), (A,))
    assert box.numbers == {"right": 1}
    box.backend.calls.clear()
    await box.change("left", A)
    assert box.numbers == {"left": 2, "right": 1}
    assert ("StatusNotification", 2) in told(box)
    await box.start(1)
    assert told(box)[-1] == ("StartTransaction", 2)
    assert len(box.world.dialer.dialled) == 1
    await box.world.kill()


@in_virtual_time()
async def test_the_whole_wallbox_leaves_its_login_connector_by_connector() -> None:
    box = await a_wallbox_at((A,), (A,))
    right = await box.start(2)
    await box.change("left")
    await box.change("right")
    await asyncio.sleep(GONE_S)
    assert is_linked(box)
    await box.stop(right)
    await asyncio.sleep(GONE_S)
    assert not is_linked(box)
    assert box.backend.all_of("StopTransaction")[0]["transactionId"] == 9001
    await box.world.kill()


@in_virtual_time()
async def test_p20_who_joins_the_login_at_which_a_neighbour_of_before_ends_has_its_own_number() -> (
    None
):
    box = await a_wallbox_at((A,), (A,))
    right = await box.start(2)
    await box.world.kill()
    box.world.dialer.backends["ws://b/CP1"] = literal_backend(2001)
    box.world.site_toml = site(evse("left", "CP1", gateway("b")))
    await box.world.start()
    box.wallbox.closed_with = None
    box.world.plug_in("CP1", box.wallbox)
    await settled()
    await box.change("left", A)
    left = await box.start(1)
    assert started(box)[-1] == started(box)[-1] | {"connectorId": 1, "idTag": "01"}
    for number in (right, left):
        await box.stop(number)
    await asyncio.sleep(GONE_S)
    stops = [payload["transactionId"] for payload in box.backend.all_of("StopTransaction")]
    assert stops == [9001, 9002]
    assert box.numbers == {"left": 1}
    await box.world.kill()


@in_virtual_time()
async def test_a_login_that_both_leave_at_once_stays_until_its_queue_is_empty() -> None:
    box = await a_wallbox_at((A,), (A,))
    box.world.dialer.backends.clear()
    box.backend.hang_up()
    await settled()
    await box.stop(await box.start(1))
    await box.change("left")
    await box.change("right")
    await asyncio.sleep(2 * GONE_S)
    box.world.dialer.backends["ws://a/CP1"] = box.backend
    await asyncio.sleep(GONE_S + 600)
    assert len(box.backend.all_of("StopTransaction")) == 1
    assert not is_linked(box)
    await box.world.kill()


@in_virtual_time()
async def test_p5_two_connectors_that_get_new_names_and_a_new_backend_end_at_the_old_one() -> None:
    box = await a_wallbox_at((A,), (A,))
    ours = [await box.start(1), await box.start(2)]
    await box.world.kill()
    other = box.world.dialer.backends["ws://b/CP1"] = literal_backend(2001)
    gateways = (gateway("b"),)
    box.world.site_toml = site(
        evse("one", "CP1", *gateways), evse("two", "CP1", *gateways, connector=2)
    )
    for _ in range(2):  # and once more, while only one of them is open
        await box.world.start()
        box.wallbox.closed_with = None
        box.world.plug_in("CP1", box.wallbox)
        await settled()
        await box.stop(ours.pop())
        await box.stop(await box.start(1))
        await box.world.kill()
    await box.world.start()
    await asyncio.sleep(GONE_S)
    stops = [payload["transactionId"] for payload in box.backend.all_of("StopTransaction")]
    assert stops == [9002, 9001]
    assert len(started(box)) == 2
    assert [each["transactionId"] for each in other.all_of("StopTransaction")] == [2001, 2002]
    assert not is_linked(box)
    assert box.numbers == {"one": 1, "two": 2}
    await box.world.kill()


@in_virtual_time()
async def test_what_waited_for_a_login_of_before_is_delivered_though_it_is_shared_now() -> None:
    world = World("")
    link_id = "right CP1@a"
    await world.store.commit(
        RememberStation("CP1", world.clock.wall(), '{"chargePointVendor":"V"}'),
        Enqueue(draft('{"connectorId":1}', link_id=link_id)),
    )
    box = await a_wallbox_at((A,), (A,), world)
    assert box.numbers == {"left": 2, "right": 1}
    assert await box.backend.got("MeterValues") == {"connectorId": 1}
    assert await world.store.outbox(link_id) == ()
    await box.world.kill()
