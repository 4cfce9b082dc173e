"""Costs for the display find their transaction on the other side."""

import asyncio

import pytest
from tests.support.frames import ONE_BACKEND, START, Site, a_site, result, settled
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World, a_backend, a_wallbox

MAPPING = ONE_BACKEND + "map_cost_messages = true\n"


def cost(transaction_id: int) -> str:
    return (
        r'{ "vendorId":"org.openchargealliance.costmsg","messageId":"RunningCost",'
        rf'"data":"{{\"transactionId\": {transaction_id} ,\"cost\":1.10,\"a\":\"\u00e4\"}}" }}'
    )


async def charging(site_toml: str) -> Site:
    """Transaction 1 of the wallbox is 9001 of the backend."""
    site = await a_site(site_toml=site_toml)
    site.wallbox.answers["DataTransfer"] = lambda _: {"status": "Accepted"}
    await result(site.wallbox, "StartTransaction", START)
    await settled()
    return site


@in_virtual_time()
async def test_costs_carry_the_id_of_the_side_that_gets_them_r118() -> None:
    site = await charging(MAPPING)
    assert await result(site.backend, "DataTransfer", cost(9001)) == {"status": "Accepted"}
    assert site.wallbox.payload_texts("DataTransfer") == [cost(1)]
    assert await result(site.wallbox, "DataTransfer", cost(1)) == {"status": "Accepted"}
    assert site.backend.payload_texts("DataTransfer") == [cost(9001)]
    await site.world.kill()


@in_virtual_time()
async def test_costs_of_a_transaction_that_the_other_does_not_know_are_rejected_r118() -> None:
    site = await charging(MAPPING)
    assert await result(site.backend, "DataTransfer", cost(1)) == {"status": "Rejected"}
    assert await result(site.wallbox, "DataTransfer", cost(9001)) == {"status": "Rejected"}
    site.backend.answers["StartTransaction"] = lambda _: None
    site.wallbox.send(
        '[2,"s","StartTransaction",{"connectorId":1,"idTag":"A","meterStart":2,'
        '"timestamp":"2026-05-15T16:00:00Z"}]'
    )
    await settled()
    assert await result(site.wallbox, "DataTransfer", cost(2)) == {"status": "Rejected"}
    assert site.wallbox.payload_texts("DataTransfer") == []
    assert site.backend.payload_texts("DataTransfer") == []
    await site.world.kill()


@pytest.mark.parametrize("site_toml", [ONE_BACKEND, MAPPING])
@in_virtual_time()
async def test_all_other_data_pass_as_they_are_r91(site_toml: str) -> None:
    site = await charging(site_toml)
    data = cost(9001) if site_toml == ONE_BACKEND else cost(9001).replace("costmsg", "other")
    await result(site.backend, "DataTransfer", data)
    await result(site.wallbox, "DataTransfer", data)
    assert site.wallbox.payload_texts("DataTransfer") == [data]
    assert site.backend.payload_texts("DataTransfer") == [data]
    await site.world.kill()


TWO = """
[site]
max_current_a = 32
house_load_a = 0
""" + "".join(
    f"""
[[evse]]
id = "stall-{connector}"
address = "CP1"
connector = {connector}
[[evse.gateway]]
url = "ws://backend-{connector}/"
map_cost_messages = true
"""
    for connector in (1, 2)
)


@in_virtual_time()
async def test_costs_of_another_backends_transaction_do_not_go_to_the_main_one_r118() -> None:
    """Its id means nothing there, or another transaction."""
    world = World(TWO)
    first, second = (
        world.dialer.backends.setdefault(f"ws://backend-{connector}/CP1", a_backend(first_id))
        for connector, first_id in ((1, 100), (2, 200))
    )
    wallbox = a_wallbox()
    await world.start()
    await world.boot("CP1", wallbox)
    await asyncio.sleep(1)
    start = {"idTag": "A", "meterStart": 0, "timestamp": "2026-05-15T12:00:00Z"}
    theirs = await wallbox.ask("StartTransaction", {"connectorId": 2, **start})
    answer = await wallbox.ask("DataTransfer", cost(theirs[2]["transactionId"]))
    assert answer[2] == {"status": "Rejected"}
    assert "DataTransfer" not in [action for action, _ in (*first.calls, *second.calls)]
    await world.kill()
