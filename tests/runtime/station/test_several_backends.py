"""One backend bills what happens at an EVSE, others hear of it, and change nothing (R106)."""

import asyncio
import json

import pytest
from tests.support.frames import (
    HOUSE,
    START,
    STOP,
    Literal,
    Refusal,
    literal_backend,
    meter_values,
    result,
    settled,
)
from tests.support.several_backends import (
    FIRST_IDS,
    NAMES,
    REPORTS,
    Several,
    link_of,
    several,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Answer, Json

READING = meter_values("2026-05-15T14:30:00Z")
WHOLE = ["StartTransaction", "MeterValues", "StopTransaction"]
OUR_FIRST = 1


async def charge(site: Several) -> Json:
    """A whole transaction; what the wallbox was answered at its start."""
    told = await result(site.wallbox, "StartTransaction", START)
    await result(site.wallbox, "MeterValues", READING)
    await result(site.wallbox, "StopTransaction", STOP)
    await settled()
    return told


@in_virtual_time()
async def test_r106_every_backend_hears_the_whole_transaction_under_its_own_id_r60() -> None:
    site = await several()
    told = await charge(site)
    assert told == {"idTagInfo": {"status": "Accepted"}, "transactionId": OUR_FIRST}
    for name, theirs in FIRST_IDS.items():
        assert [action for action, _ in site.heard(name)] == WHOLE
        assert site.ids(name) == [theirs, theirs]
    record = await site.record()
    assert record.start.link_ids == tuple(map(link_of, NAMES))
    assert record.backend_transaction_id == 9001
    assert record.report_ids == {link_of("one"): 501, link_of("two"): 9001}
    await site.world.kill()


@in_virtual_time()
async def test_r102_the_main_meter_is_connector_0_for_every_backend() -> None:
    site = await several()
    await result(site.wallbox, "StartTransaction", START)
    await result(site.wallbox, "MeterValues", READING | {"connectorId": 0})
    await settled()
    for name, theirs in FIRST_IDS.items():
        (told,) = site.backends[name].all_of("MeterValues")
        assert (told["connectorId"], told["transactionId"]) == (0, theirs)
    await site.world.kill()


@in_virtual_time()
async def test_r106_a_report_that_is_away_or_silent_delays_nobody_and_hears_all_later() -> None:
    silent = literal_backend(501, StartTransaction=lambda _: None)
    site = await several(away=("two",), one=silent)
    began = asyncio.get_running_loop().time()
    await charge(site)
    assert asyncio.get_running_loop().time() - began < 0.1
    assert [action for action, _ in site.heard("backend")] == WHOLE
    assert await site.waiting("backend") == []
    assert await site.waiting("one") == await site.waiting("two") == WHOLE
    silent.answers["StartTransaction"] = literal_backend(501).answers["StartTransaction"]
    site.comes("two")
    await asyncio.sleep(200)
    for name, theirs in (("one", 501), ("two", 9001)):
        assert [action for action, _ in site.heard(name)][-3:] == WHOLE
        assert site.ids(name) == [theirs, theirs]
        assert await site.waiting(name) == []
    assert [action for action, _ in site.heard("backend")] == WHOLE
    await site.world.kill()


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: {"idTagInfo": {"status": "Blocked"}, "transactionId": 77},
        lambda _: {"idTagInfo": {"status": "Invalid"}},
        lambda _: {"idTagInfo": {"status": "ConcurrentTx"}, "transactionId": 77},
        lambda _: {"idTagInfo": {"status": "Accepted"}, "transactionId": 9001},
        lambda _: {"idTagInfo": {"status": "Accepted"}, "transactionId": OUR_FIRST},
        lambda _: {"idTagInfo": "yes", "transactionId": [1]},
        lambda _: Refusal("InternalError"),
    ],
    ids=[
        "blocks",
        "refuses without an id",
        "sees a rival",
        "takes the primary's id",
        "takes our id",
        "nonsense",
        "fails",
    ],
)
@in_virtual_time()
async def test_r106_whatever_a_report_answers_the_car_charges_on(answer: Answer) -> None:
    usual = await told_the_wallbox(literal_backend(501))
    hostile = literal_backend()
    hostile.answers |= dict.fromkeys(WHOLE, answer)
    assert await told_the_wallbox(hostile) == usual


async def told_the_wallbox(report: Literal) -> list[str]:
    """What the wallbox hears, and that its car charges, whatever the report makes of that."""
    site = await several(one=report)
    told = await result(site.wallbox, "StartTransaction", START)
    assert told == {"idTagInfo": {"status": "Accepted"}, "transactionId": OUR_FIRST}
    await result(site.wallbox, "MeterValues", READING)
    await asyncio.sleep(130)
    transaction = site.evse.transaction
    assert transaction is not None
    assert (transaction.may_charge, transaction.backend_id) == (True, 9001)
    assert (await site.record()).late_verdict is None
    tags = (await site.world.store.recover()).tags
    assert {each.link_id for each in tags} == {link_of("backend")}
    await result(site.wallbox, "StopTransaction", STOP)
    await settled()
    assert site.ids("backend") == [9001, 9001]
    await site.world.kill()
    return [action for action, _ in site.wallbox.calls]


@in_virtual_time()
async def test_r106_a_report_that_gives_one_id_to_two_transactions_mixes_up_nobody_else() -> None:
    same: Answer = lambda _: {"idTagInfo": {"status": "Accepted"}, "transactionId": 5}  # noqa: E731
    site = await several(one=literal_backend(StartTransaction=same))
    for number in (1, 2):
        await result(site.wallbox, "StartTransaction", START | {"meterStart": 51880 + number})
        await result(site.wallbox, "StopTransaction", STOP | {"transactionId": number})
    await settled()
    assert (site.ids("backend"), site.ids("one"), site.ids("two")) == (
        [9001, 9002],
        [5, 5],
        [9001, 9002],
    )
    await site.world.kill()


@in_virtual_time()
async def test_r68_a_repetition_queues_nothing_for_anybody() -> None:
    site = await several()
    told = await charge(site)
    assert await charge(site) == told
    for name in NAMES:
        assert [action for action, _ in site.heard(name)] == WHOLE
        assert await site.waiting(name) == []
    await site.world.kill()


@in_virtual_time()
async def test_r106_without_a_backend_that_bills_the_manager_judges_and_all_others_hear() -> None:
    stall = '[[evse]]\nid = "stall-1"\naddress = "CP1"\n'
    site = await several(f"{HOUSE}{stall}{REPORTS}")
    await charge(site)
    for name, theirs in (("one", 501), ("two", 9001)):
        assert [action for action, _ in site.heard(name)] == WHOLE
        assert site.ids(name) == [theirs, theirs]
    assert site.heard("backend") == []
    record = await site.record()
    assert (record.start.link_id, record.backend_transaction_id) == (None, None)
    await site.world.kill()


SIGNED = (
    '"meterValue" : [ {"timestamp":"2026-05-15T14:30:00Z","sampledValue":[ {"value":'
    '"OCMF|{\\"a\\": 1.10,\\"\\u00e4\\":\\"\\/\\"}|{\\"SD\\":\\"3045\\"}","format":"SignedData",'
    '"context":"Transaction.Begin"},{ "value":"1.10" } ]}]'
)


@in_virtual_time()
async def test_r111_r113_signed_data_reach_every_backend_to_the_letter() -> None:
    site = await several()
    await result(site.wallbox, "StartTransaction", START)
    values = f'{{ "connectorId":1,\t"transactionId": 1 ,{SIGNED}}}'
    stop = f'{{"transactionId":1, "meterStop":52000.0,"timestamp":"2026-05-15T15:00:00Z",{SIGNED}}}'
    stop = stop.replace("meterValue", "transactionData")
    await result(site.wallbox, "MeterValues", values)
    await result(site.wallbox, "StopTransaction", stop)
    await settled()
    for name, theirs in FIRST_IDS.items():
        backend = site.backends[name]
        told = f'"transactionId": {theirs} ,'
        assert backend.payload_texts("MeterValues") == [
            values.replace('"transactionId": 1 ,', told)
        ]
        told = f'"transactionId":{theirs},'
        assert backend.payload_texts("StopTransaction") == [
            stop.replace('"transactionId":1,', told)
        ]
        assert json.loads(backend.payload_texts("MeterValues")[0])["transactionId"] == theirs
    await site.world.kill()
