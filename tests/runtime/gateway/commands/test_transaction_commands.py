"""Backends that start and stop at an EVSE that has several (R60, R74, R106)."""

import asyncio
import json

import pytest
from tests.support.frames import Refusal, literal_wallbox, result, settled
from tests.support.roles import HELPER, PRIMARY, Several, several
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}
STOP = "RemoteStopTransaction"
ONE = {"left": {"one": PRIMARY, "two": HELPER}}
TWO = {"left": {"one": PRIMARY}, "right": {"two": PRIMARY}}


async def stopped(site: Several, name: str, transaction_id: int) -> Json:
    """What the wallbox is told to stop; the answer where it is told nothing."""
    site.wallbox.calls.clear()
    answer = await result(site[name], STOP, {"transactionId": transaction_id})
    asked = site.wallbox.all_of(STOP)
    return asked[0]["transactionId"] if asked else answer


@in_virtual_time()
async def test_r106_a_start_of_who_only_listens_is_the_primarys_transaction() -> None:
    site = await several(ONE)
    assert await result(site["two"], "RemoteStartTransaction", {"idTag": "04A1"}) == ACCEPTED
    assert site.wallbox.all_of("RemoteStartTransaction") == [{"connectorId": 1, "idTag": "04A1"}]
    ours = await site.start()
    record = await site.world.store.any_transaction(ours)
    assert record is not None
    assert record.start.link_id == site.link_id("one")
    await site.world.kill()


@in_virtual_time()
async def test_r106_each_stops_it_by_the_id_that_it_has_given_and_by_no_other() -> None:
    site = await several(ONE)
    ours = await site.start()
    assert await stopped(site, "one", 1001) == ours
    assert await stopped(site, "two", 2001) == ours
    assert await stopped(site, "one", 2001) == REJECTED
    assert await stopped(site, "two", 1001) == REJECTED
    assert await stopped(site, "one", ours) == REJECTED
    await site.world.kill()


@in_virtual_time()
async def test_r74_a_backend_cannot_stop_what_another_bills() -> None:
    site = await several(TWO)
    left, right = await site.start(1), await site.start(2)
    assert await stopped(site, "one", 1001) == left
    assert await stopped(site, "two", 2001) == right
    assert await stopped(site, "one", 2001) == REJECTED
    assert await stopped(site, "two", 1001) == REJECTED
    await site.world.kill()


@in_virtual_time()
async def test_r5_two_backends_with_the_same_message_id_get_each_their_own_answer() -> None:
    site = await several(ONE, literal_wallbox(DataTransfer=lambda _: None))
    for name in ("one", "two"):
        site[name].send(f'[2,"same","DataTransfer",{{"vendorId":"{name}"}}]')
        await settled()
    answers: dict[str, str] = {}
    for _ in range(2):
        (unique_id,) = site.wallbox.held.pop("DataTransfer")
        asked = site.wallbox.all_of("DataTransfer")[len(answers)]["vendorId"]
        answers[asked] = f'{{"status":"Accepted","data":"for {asked}"}}'
        site.wallbox.send(f'[3,"{unique_id}",{answers[asked]}]')
        await settled()
    for name in ("one", "two"):
        frames = [json.loads(text) for text in site[name].texts]
        assert [frame for frame in frames if frame[0] == 3 and frame[1] == "same"] == [
            [3, "same", json.loads(answers[name])]
        ]
    await site.world.kill()


@in_virtual_time()
async def test_r41_nobody_starts_anything_before_it_has_accepted_us() -> None:
    site = await several(ONE)
    pending = ACCEPTED | {"status": "Pending", "currentTime": "2026-05-15T12:00:00Z"}
    site["two"].answers["BootNotification"] = lambda _: pending | {"interval": 300}
    site["two"].hang_up()
    await site["two"].got("BootNotification")
    await asyncio.sleep(1)
    assert await result(site["two"], "RemoteStartTransaction", {"idTag": "04A1"}) == REJECTED
    await site.world.kill()


@pytest.mark.parametrize("answer", [REJECTED, Refusal()])
@in_virtual_time()
async def test_r101_a_start_that_is_refused_leaves_it_known_who_had_commanded_one(
    answer: Json | Refusal,
) -> None:
    """The wallbox asks about the card of the first before it begins (16 §5.11)."""
    site = await several({"left": {"one": PRIMARY}, "right": {"two": PRIMARY, "three": HELPER}})
    assert await result(site["two"], "RemoteStartTransaction", {"idTag": "04A1"}) == ACCEPTED
    shown_at = site.evse("right").card_shown_at
    await asyncio.sleep(1)
    site.wallbox.answers["RemoteStartTransaction"] = lambda _: answer
    await site["three"].ask("RemoteStartTransaction", {"idTag": "OTHER"})
    assert site.evse("right").card_shown_at == shown_at
    await result(site.wallbox, "Authorize", {"idTag": "04A1"})
    await result(site.wallbox, "Authorize", {"idTag": "OTHER"})
    heard = {name: each.all_of("Authorize") for name, each in site.backends.items()}
    assert heard == {"one": [{"idTag": "OTHER"}], "two": [{"idTag": "04A1"}], "three": []}
    await site.world.kill()
