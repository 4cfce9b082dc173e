"""Several EVSEs of one wallbox behind one login: the wallbox hears of each command once (R102)."""

import pytest
from tests.support.frames import (
    HOUSE,
    Literal,
    literal_backend,
    literal_wallbox,
    obedient_wallbox,
    result,
    settled,
)
from tests.support.roles import Several
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World, status_of

ACCEPTED = {"status": "Accepted"}
URL = "ws://one/SITE"


def evse(name: str, connector: int, gateway: str) -> str:
    return f'[[evse]]\nid = "{name}"\naddress = "CP1"\nconnector = {connector}\n{gateway}'


def gateway(host: str, more: str = "") -> str:
    return f'[[evse.gateway]]\nurl = "ws://{host}/"\n{more}'


SHARED = gateway("one", 'client_id = "SITE"\n')


async def a_shared_wallbox(third: str = "") -> Several:
    """Connectors 1 and 2 behind one login; connector 3, where there is one, behind another."""
    world = World(HOUSE + evse("a", 1, SHARED) + evse("b", 2, SHARED) + third)
    one, two = literal_backend(1001), literal_backend(2001)
    world.dialer.backends |= {URL: one, "ws://two/CP1": two}
    await world.start()
    wallbox = obedient_wallbox()
    await world.boot("CP1", wallbox)
    for number in (2, 3) if third else (2,):
        await wallbox.ask("StatusNotification", status_of(number, "Available"))
    await one.got("StatusNotification", 2)
    if third:
        await two.got("StatusNotification")
    await settled()
    site = Several(world, wallbox, {"one": one, "two": two})
    site.forget()
    return site


def asked(wallbox: Literal, action: str) -> list[Json]:
    return [payload.get("connectorId") for payload in wallbox.all_of(action)]


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("Reset", {"type": "Soft"}),
        ("ClearCache", {}),
        ("ChangeConfiguration", {"key": "VendorKey", "value": "1"}),
        ("GetDiagnostics", {"location": "ftp://x"}),
        ("GetLog", {"requestId": 1}),
        ("UpdateFirmware", {"location": "ftp://x"}),
        ("DataTransfer", {"vendorId": "v"}),
    ],
)
@in_virtual_time()
async def test_r102_what_concerns_the_whole_wallbox_is_told_once(
    action: str, payload: Json
) -> None:
    site = await a_shared_wallbox()
    await result(site["one"], action, payload)
    assert site.wallbox.all_of(action) == [payload]
    await site.world.kill()


@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("ChangeAvailability", {"type": "Operative"}),
        ("RemoteStartTransaction", {"idTag": "04A1"}),
        ("TriggerMessage", {"requestedMessage": "StatusNotification"}),
        ("UnlockConnector", {}),
    ],
)
@in_virtual_time()
async def test_r101_what_names_a_connector_gets_to_that_one(action: str, more: Json) -> None:
    site = await a_shared_wallbox()
    for number in (2, 1):
        assert await result(site["one"], action, {"connectorId": number} | more) == ACCEPTED
    assert asked(site.wallbox, action) == [2, 1]
    await site.world.kill()


@in_virtual_time()
async def test_r102_connector_0_is_all_of_the_logins_and_none_of_anothers() -> None:
    site = await a_shared_wallbox(evse("c", 3, gateway("two")))
    off = {"connectorId": 0, "type": "Inoperative"}
    assert await result(site["one"], "ChangeAvailability", off) == ACCEPTED
    assert asked(site.wallbox, "ChangeAvailability") == [1, 2]
    await result(site["one"], "TriggerMessage", {"requestedMessage": "MeterValues"})
    assert asked(site.wallbox, "TriggerMessage") == [1, 2]
    await site.world.kill()


@in_virtual_time()
async def test_r102_the_backend_sees_two_connectors_and_each_state_as_its_own() -> None:
    site = await a_shared_wallbox()
    site.wallbox.answers["GetConfiguration"] = lambda _: {
        "configurationKey": [{"key": "NumberOfConnectors", "readonly": True, "value": "3"}]
    }
    told = await result(site["one"], "GetConfiguration", {"key": ["NumberOfConnectors"]})
    assert told["configurationKey"][0]["value"] == "2"
    await result(site.wallbox, "StatusNotification", status_of(2, "Preparing"))
    assert await site["one"].got("StatusNotification") == status_of(2, "Preparing")
    await site.world.kill()


@in_virtual_time()
async def test_r103_a_virtual_reset_ends_every_transaction_of_the_login_and_no_other() -> None:
    site = await a_shared_wallbox(evse("c", 3, gateway("two")))
    ours = [await site.start(number) for number in (1, 2)]
    await site.start(3)
    assert await result(site["one"], "Reset", {"type": "Hard"}) == ACCEPTED
    await settled()
    stops = [each["transactionId"] for each in site.wallbox.all_of("RemoteStopTransaction")]
    assert sorted(stops) == sorted(ours)
    for number in ours:
        await site.stop(number, "Remote")
    await site["one"].got("BootNotification")
    await site["one"].got("StopTransaction", 2)
    assert {each["reason"] for each in site["one"].all_of("StopTransaction")} == {"HardReset"}
    assert site.wallbox.all_of("Reset") == []
    await site.world.kill()


@in_virtual_time()
async def test_r103_with_its_own_transactions_only_the_wallbox_is_reset() -> None:
    site = await a_shared_wallbox()
    await site.start(1)
    assert await result(site["one"], "Reset", {"type": "Hard"}) == ACCEPTED
    assert site.wallbox.all_of("Reset") == [{"type": "Hard"}]
    assert site.wallbox.all_of("RemoteStopTransaction") == []
    await site.world.kill()


@in_virtual_time()
async def test_an_evse_that_retires_does_not_speak_for_those_that_stay() -> None:
    site = await a_shared_wallbox()
    ours = await site.start(1)
    (leaving,) = site.evse("a").backends
    leaving.retiring = True
    await result(site["one"], "ClearCache", {})
    assert site.wallbox.all_of("ClearCache") == [{}]
    refused = await site["one"].ask("UnlockConnector", {"connectorId": 1})
    assert refused[2] == "SecurityError"
    assert await result(site["one"], "UnlockConnector", {"connectorId": 2}) == ACCEPTED
    await site.stop(ours)
    await result(site["one"], "RemoteStartTransaction", {"idTag": "04A1"})
    assert asked(site.wallbox, "RemoteStartTransaction") == [2]
    await result(site["one"], "RemoteStopTransaction", {"transactionId": 1001})
    assert site.wallbox.all_of("RemoteStopTransaction") == [{"transactionId": ours}]
    await site.world.kill()


@in_virtual_time()
async def test_r74_where_who_listens_gives_an_id_twice_the_transaction_that_runs_is_meant() -> None:
    listening = gateway("two", 'client_id = "CP1"\nrole = "report"\ncommands = "all"\n')
    world = World(HOUSE + evse("a", 1, SHARED + listening) + evse("b", 2, SHARED + listening))
    one, two = literal_backend(1001), literal_backend()
    two.answers["StartTransaction"] = lambda _: {"idTagInfo": ACCEPTED, "transactionId": 1}
    world.dialer.backends |= {URL: one, "ws://two/CP1": two}
    await world.start()
    site = Several(world, literal_wallbox(), {"one": one, "two": two})
    await world.boot("CP1", site.wallbox)
    await two.got("StatusNotification")
    await settled()
    running, over = await site.start(1), await site.start(2)
    await site.stop(over)
    assert await result(two, "RemoteStopTransaction", {"transactionId": 1}) == ACCEPTED
    assert site.wallbox.all_of("RemoteStopTransaction") == [{"transactionId": running}]
    await world.kill()


@in_virtual_time()
async def test_r106_who_listens_is_told_what_we_know_also_while_an_evse_retires() -> None:
    listening = gateway("two", 'client_id = "CP1"\nrole = "report"\n')
    world = World(HOUSE + evse("a", 1, SHARED + listening) + evse("b", 2, SHARED + listening))
    one, two = literal_backend(1001), literal_backend(2001)
    world.dialer.backends |= {URL: one, "ws://two/CP1": two}
    await world.start()
    site = Several(world, literal_wallbox(), {"one": one, "two": two})
    await world.boot("CP1", site.wallbox)
    await two.got("StatusNotification")
    site.evse("a").backends[1].retiring = True
    await result(two, "TriggerMessage", {"requestedMessage": "StatusNotification"})
    assert site.wallbox.all_of("TriggerMessage") == []
    await world.kill()
