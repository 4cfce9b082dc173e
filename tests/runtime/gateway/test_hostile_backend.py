"""A backend that answers and asks nonsense: its wallbox is served, and nobody else notices."""

import asyncio
import json
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.frames import (
    ACCEPTED,
    HOUSE,
    START,
    STOP,
    Literal,
    literal_backend,
    literal_wallbox,
    meter_values,
)
from tests.support.hostile_words import payloads
from tests.support.virtual_time import run_virtual
from tests.support.world import BOOT, Json, World, status_of

from wattgate.core.gateway.policy import POLICY, Sender

pytestmark = pytest.mark.story

SITE: Final = f"""{HOUSE}
[[evse]]
id = "bad"
address = "CP1"
[[evse.gateway]]
url = "ws://bad/"
[[evse]]
id = "good"
address = "CP2"
[[evse.gateway]]
url = "ws://good/"
[[card]]
id_tag = "04A1"
"""

ANSWERED: Final = (
    *("BootNotification", "Authorize", "StartTransaction", "MeterValues", "StopTransaction"),
    *("Heartbeat", "DataTransfer", "StatusNotification"),
)
COMMANDS: Final = sorted(
    each.action for each in POLICY.values() if each.sender is not Sender.WALLBOX
)
BILLED: Final = ("StartTransaction", "MeterValues", "StopTransaction")
PATIENCE_S: Final = 100.0
"""s in which everything is answered: a DataTransfer may take 60 s, and wait for its turn."""

answers = st.dictionaries(st.sampled_from(ANSWERED), payloads)


async def _ask(box: Literal, action: str, payload: Json) -> list[Json]:
    async with asyncio.timeout(PATIENCE_S):
        frame = await box.ask(action, payload)
    assert frame[0] in (3, 4), frame
    return frame


async def _session(world: World, name: str, box: Literal) -> None:
    """From boot to bill; every message is answered, those of the transaction with a result."""
    world.plug_in(name, box)
    assert (await _ask(box, "BootNotification", BOOT))[2]["status"] == "Accepted"
    await _ask(box, "StatusNotification", status_of(1, "Preparing"))
    await asyncio.sleep(5.0)
    await _ask(box, "Authorize", {"idTag": "04A1"})
    kind, _, started = await _ask(box, "StartTransaction", START)
    assert kind == 3
    number = started["transactionId"]
    assert await world.store.transaction(name, number) is not None  # it is ours
    await _ask(box, "DataTransfer", {"vendorId": "v"})
    assert (await _ask(box, "MeterValues", meter_values("2026-05-15T14:30:00Z", number)))[0] == 3
    assert (await _ask(box, "StopTransaction", STOP | {"transactionId": number}))[0] == 3


async def _until_delivered(world: World) -> None:
    for _ in range(25 * 60):  # longer than a backend may ask to be left alone
        if not (await world.store.recover()).outbox_depths:
            return
        await asyncio.sleep(60.0)
    raise AssertionError("the queues are never empty")


async def _delivered_or_put_aside(world: World, backend: Literal) -> set[str]:
    letters = await world.store.dead_letters()
    return {action for action, _ in backend.calls} | {each.message.draft.action for each in letters}


def _heal(backend: Literal) -> None:
    backend.answers.clear()
    backend.answers.update(literal_backend(5001).answers)


async def _nonsense_answered(said: dict[str, str]) -> None:
    world = World(SITE)
    bad, good = literal_backend(), literal_backend()
    for action, text in said.items():
        bad.answers[action] = lambda _, text=text: text  # type: ignore[misc]  # - binds this text
    world.dialer.backends |= {"ws://bad/CP1": bad, "ws://good/CP2": good}
    manager = await world.start()
    boxes = literal_wallbox(), literal_wallbox()
    async with asyncio.TaskGroup() as tasks:
        for name, box in zip(("CP1", "CP2"), boxes, strict=True):
            tasks.create_task(_session(world, name, box))
    await asyncio.sleep(30.0)
    billed = [call for call in good.calls if call[0] in BILLED]
    assert [(action, payload.get("transactionId")) for action, payload in billed] == [
        ("StartTransaction", None),
        ("MeterValues", 9001),
        ("StopTransaction", 9001),
    ]
    _heal(bad)
    await _until_delivered(world)
    assert await _delivered_or_put_aside(world, bad) >= set(BILLED)
    for record in await world.store.transactions():
        number = record.backend_transaction_id
        # What no disk could keep is no number.
        assert number is None or (type(number) is int and -(2**63) <= number < 2**63)
    assert manager.is_deciding
    assert boxes[0].closed_with is boxes[1].closed_with is None
    await world.kill()


@given(said=answers)
@example(said={"BootNotification": '{"status":"Pending","interval":1e9,"currentTime":null}'})
def test_whatever_a_backend_answers_its_wallbox_is_served_and_nothing_is_lost_r58_r59(
    said: dict[str, str],
) -> None:
    # A backend may ask to be left alone for a day (`interval`), before it is healed.
    run_virtual(_nonsense_answered(said), within_s=200_000.0)


async def _nonsense_asked(asked: list[tuple[str, str]]) -> None:
    world = World(SITE)
    bad, good = literal_backend(), literal_backend()
    world.dialer.backends |= {"ws://bad/CP1": bad, "ws://good/CP2": good}
    manager = await world.start()
    box, other = literal_wallbox(), literal_wallbox()
    await world.boot("CP1", box)
    await world.boot("CP2", other)
    await bad.got("StatusNotification")
    quiet = len(other.calls)
    for action, text in asked:
        async with asyncio.timeout(PATIENCE_S):
            frame = await bad.ask(action, text)
        assert frame[0] in (3, 4), frame
    started = await _ask(box, "StartTransaction", START)
    assert started[2]["transactionId"] == 1
    heard = {action for action, _ in other.calls[quiet:]}
    assert heard <= {"SetChargingProfile", "ClearChargingProfile", "GetConfiguration"} | {
        "TriggerMessage",
        "GetCompositeSchedule",
    }  # only what load management asks of it
    assert (await _ask(other, "Authorize", {"idTag": "04A1"}))[2] == ACCEPTED
    assert manager.is_deciding
    await world.kill()


@given(asked=st.lists(st.tuples(st.sampled_from(COMMANDS), payloads), max_size=8))
def test_whatever_a_backend_asks_it_gets_an_answer_and_nobody_else_is_touched_r11(
    asked: list[tuple[str, str]],
) -> None:
    run_virtual(_nonsense_asked(asked), within_s=86_400.0)


async def _flooded() -> None:
    world = World(SITE)
    bad, good = literal_backend(), literal_backend()
    world.dialer.backends |= {"ws://bad/CP1": bad, "ws://good/CP2": good}
    await world.start()
    box, other = literal_wallbox(DataTransfer=lambda _: None), literal_wallbox()
    await world.boot("CP1", box)
    await world.boot("CP2", other)
    await bad.got("StatusNotification")
    for number in range(5000):
        bad.send(f'[2,"flood-{number}","DataTransfer",{{"vendorId":"v"}}]')
        bad.send(f'[3,"nobody-{number}",{{}}]')
        bad.send('[2,"same","DataTransfer",{"vendorId":"v"}]')
    await asyncio.sleep(1.0)
    refused = [frame for frame in map(json.loads, bad.texts) if frame[0] == 4]
    assert len(refused) > 4900  # at once, instead of being kept
    assert len(box.all_of("DataTransfer")) == 1  # one at a time (R4)
    for name, end in (("CP1", box), ("CP2", other)):
        frame = await _ask(end, "StartTransaction", START)
        assert frame[0] == 3, name
    await world.kill()


def test_a_flood_of_calls_is_refused_and_the_wallbox_sees_one_at_a_time_r4() -> None:
    run_virtual(_flooded())


async def _never_accepted() -> None:
    pending = '{"status":"Pending","currentTime":"2026-05-15T12:00:00Z","interval":1}'
    world = World(SITE)
    bad, good = literal_backend(BootNotification=lambda _: pending), literal_backend()
    world.dialer.backends |= {"ws://bad/CP1": bad, "ws://good/CP2": good}
    await world.start()
    box = literal_wallbox()
    await _session(world, "CP1", box)
    await asyncio.sleep(3600.0)
    assert not {"StartTransaction", "MeterValues", "StopTransaction"} & {a for a, _ in bad.calls}
    assert len(bad.all_of("BootNotification")) <= 3700  # not faster than it was told
    _heal(bad)
    await _until_delivered(world)
    assert [a for a, _ in bad.calls if a in BILLED] == list(BILLED)
    await world.kill()


def test_a_backend_that_is_pending_for_ever_gets_nothing_and_costs_nothing_r41_r43() -> None:
    run_virtual(_never_accepted(), within_s=86_400.0)
