"""What backends have a wallbox say, and who hears it (R88, R101, R102)."""

import asyncio
from itertools import count

import pytest
from tests.support.frames import result, settled
from tests.support.roles import LISTENER, PRIMARY, Several, several
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.core.station.triggers import WINDOW_S

ACCEPTED = {"status": "Accepted"}
ONE = {"left": {"one": PRIMARY, "two": LISTENER}}
TWO = {"left": {"one": PRIMARY}, "right": {"two": PRIMARY}}
VALUES, STATUS = "MeterValues", "StatusNotification"


READINGS = count(51900)


def triggered(connector: int = 1, context: str = "Trigger") -> Json:
    sample = {"value": str(next(READINGS)), "context": context}
    reading = {"timestamp": "2026-05-15T14:30:00Z", "sampledValue": [sample]}
    return {"connectorId": connector, "meterValue": [reading]}


async def told(site: Several, payload: Json) -> set[str]:
    """Who hears of meter values."""
    site.forget()
    await result(site.wallbox, VALUES, payload)
    await settled()
    return {name for name, each in site.backends.items() if each.all_of(VALUES)}


async def trigger(site: Several, name: str, message: str, **more: Json) -> Json:
    """What the wallbox is asked after that backend's trigger."""
    asked = {"requestedMessage": message} | more
    assert await result(site[name], "TriggerMessage", asked) == ACCEPTED
    return site.wallbox.all_of("TriggerMessage")[-1]


@pytest.mark.parametrize("name", ["one", "two"])
@in_virtual_time()
async def test_r88_triggered_values_are_for_who_triggered_them(name: str) -> None:
    site = await several(ONE)
    assert await told(site, triggered()) == {"one", "two"}  # nobody is known to have asked
    await trigger(site, name, VALUES)
    assert await told(site, triggered()) == {name}
    await asyncio.sleep(WINDOW_S + 1)
    await trigger(site, name, VALUES)
    assert await told(site, triggered(context="Sample.Clock")) == {"one", "two"}
    await site.world.kill()


@in_virtual_time()
async def test_r88_values_that_two_have_triggered_are_for_both() -> None:
    site = await several(ONE)
    for name in ("one", "two"):
        await trigger(site, name, VALUES)
    assert await told(site, triggered()) == {"one", "two"}
    await site.world.kill()


@in_virtual_time()
async def test_r88_a_wallbox_may_take_its_time_for_the_answer_that_its_values_follow() -> None:
    site = await several(ONE)
    site.wallbox.answers["TriggerMessage"] = lambda _: None
    site["two"].send(f'[2,"asked","TriggerMessage",{{"requestedMessage":"{VALUES}"}}]')
    await settled()
    assert await told(site, triggered()) == {"two"}  # some answer afterwards
    await asyncio.sleep(2 * WINDOW_S)
    (unique_id,) = site.wallbox.held["TriggerMessage"]
    site.wallbox.send(f'[3,"{unique_id}",{{"status":"Accepted"}}]')
    await settled()
    assert await told(site, triggered()) == {"two"}
    await site.world.kill()


@in_virtual_time()
async def test_r101_a_backend_hears_of_its_own_connector_only() -> None:
    site = await several(TWO)
    assert await trigger(site, "two", VALUES) == {"connectorId": 2, "requestedMessage": VALUES}
    asked = await trigger(site, "two", VALUES, connectorId=0)
    assert asked == {"requestedMessage": VALUES, "connectorId": 2}
    assert await trigger(site, "two", STATUS) == {"connectorId": 2, "requestedMessage": STATUS}
    asked = await trigger(site, "two", STATUS, connectorId=0)
    assert asked == {"requestedMessage": STATUS, "connectorId": 2}
    assert await told(site, triggered(2)) == {"two"}
    assert await told(site, triggered(1)) == {"one"}
    await site.world.kill()


@in_virtual_time()
async def test_where_there_is_one_evse_a_trigger_without_a_connector_stays_as_it_is() -> None:
    site = await several(ONE)
    assert await trigger(site, "one", STATUS) == {"requestedMessage": STATUS}
    assert await trigger(site, "one", VALUES) == {"requestedMessage": VALUES}
    await site.world.kill()


@in_virtual_time()
async def test_a_trigger_of_nothing_is_the_wallboxs_to_judge() -> None:
    site = await several(ONE)
    await result(site["one"], "TriggerMessage", {})
    assert site.wallbox.all_of("TriggerMessage") == [{}]
    await site.world.kill()


@in_virtual_time()
async def test_r102_of_a_security_event_the_main_evses_backends_hear() -> None:
    site = await several({"left": {"one": PRIMARY, "three": LISTENER}, "right": {"two": PRIMARY}})
    event = {"type": "InvalidMessages", "timestamp": "2026-05-15T14:30:00Z"}
    await result(site.wallbox, "SecurityEventNotification", event)
    await settled()
    heard = {
        name
        for name, each in site.backends.items()
        if event in each.all_of("SecurityEventNotification")
    }
    assert heard == {"one", "three"}
    await site.world.kill()
