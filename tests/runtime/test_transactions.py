"""From card to bill, in virtual time."""

from tests.support.virtual_time import in_virtual_time
from tests.support.world import World, a_backend, a_wallbox

SITE = """
[site]
max_current_a = 63
house_load_a = 20
reserve_a = 2
[[evse]]
id = "stall-1"
address = "CP1"
[[evse.gateway]]
url = "ws://backend/"
"""
START = {
    "connectorId": 1,
    "idTag": "04A1",
    "meterStart": 51880,
    "timestamp": "2026-05-15T14:25:12Z",
}


@in_virtual_time()
async def test_the_wallbox_gets_our_id_and_the_backend_keeps_its_own_r61() -> None:
    world = World(SITE)
    backend = world.dialer.backends["ws://backend/CP1"] = a_backend(first_id=9001)
    await world.start()
    wallbox = a_wallbox()
    await world.boot("CP1", wallbox)
    await backend.got("StatusNotification")
    answer = await wallbox.ask("StartTransaction", START)
    assert answer[2] == {"idTagInfo": {"status": "Accepted"}, "transactionId": 1}
    stop = {"transactionId": 1, "meterStop": 52000, "timestamp": "2026-05-15T15:00:00Z"}
    assert (await wallbox.ask("StopTransaction", stop))[2] == {}
    assert await backend.got("StopTransaction") == stop | {"transactionId": 9001}
    await world.kill()
