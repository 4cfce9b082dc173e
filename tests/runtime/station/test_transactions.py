"""From card to bill, in virtual time."""

import asyncio
import json
from collections.abc import Callable

import pytest
from tests.support.frames import (
    ACCEPTED,
    ONE_BACKEND,
    STALL,
    START,
    STOP,
    Literal,
    Refusal,
    a_site,
    a_two_sided_site,
    literal_backend,
    literal_wallbox,
    meter_values,
    result,
    settled,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World

BLOCKED = {"idTagInfo": {"status": "Blocked"}}
INVALID = {"idTagInfo": {"status": "Invalid"}}


def now() -> float:
    return asyncio.get_running_loop().time()


async def timed(asked: Literal, action: str, payload: Json | str) -> tuple[Json, float]:
    """The answer's payload, and the virtual seconds it took."""
    began = now()
    return await result(asked, action, payload), round(now() - began, 6)


def slow_start(after_s: float, answer: Json) -> tuple[Literal, Callable[[], None]]:
    """A backend that answers StartTransaction after `after_s`; the second makes it do so."""
    backend = literal_backend(StartTransaction=lambda _: None)

    def answer_later() -> None:
        text = json.dumps(answer)
        for unique_id in backend.held.pop("StartTransaction", []):
            loop = asyncio.get_running_loop()
            loop.call_later(after_s, backend.send, f'[3,"{unique_id}",{text}]')

    return backend, answer_later


@in_virtual_time()
async def test_the_wallbox_gets_our_id_and_the_backend_keeps_its_own_r61() -> None:
    site = await a_site()
    answer = await result(site.wallbox, "StartTransaction", START)
    assert answer == {"idTagInfo": {"status": "Accepted"}, "transactionId": 1}
    assert await result(site.wallbox, "MeterValues", meter_values("2026-05-15T14:30:00Z")) == {}
    assert await result(site.wallbox, "StopTransaction", STOP) == {}
    assert await site.backend.got("StopTransaction") == STOP | {"transactionId": 9001}
    assert site.backend.all_of("MeterValues")[0]["transactionId"] == 9001
    await site.world.kill()


@in_virtual_time()
async def test_a_start_answer_comes_through_but_for_the_id_r61() -> None:
    odd = '{ "idTagInfo":{"status":"Accepted","parentIdTag":"\\/p","x":1.10}, "transactionId":77 }'
    site = await a_site(backend=literal_backend(StartTransaction=lambda _: odd))
    await site.wallbox.ask("StartTransaction", START)
    assert site.wallbox.texts[-1].endswith(odd.replace("77", "1") + "]")
    await site.world.kill()


@in_virtual_time()
async def test_a_stop_answer_comes_through_in_time_r70() -> None:
    site = await a_site(backend=literal_backend(StopTransaction=lambda _: BLOCKED))
    await site.wallbox.ask("StartTransaction", START)
    assert await result(site.wallbox, "StopTransaction", STOP | {"idTag": "04A1"}) == BLOCKED
    # The cache has learned from it (R52).
    site.backend.hang_up()
    await settled()
    assert await result(site.wallbox, "Authorize", {"idTag": "04a1"}) == BLOCKED
    await site.world.kill()


@in_virtual_time()
async def test_a_stop_waits_five_seconds_at_most_r70() -> None:
    site = await a_site(backend=literal_backend(StopTransaction=lambda _: None))
    await site.wallbox.ask("StartTransaction", START)
    assert await timed(site.wallbox, "StopTransaction", STOP) == ({}, 5.0)
    await site.world.kill()


@in_virtual_time()
async def test_a_slow_backend_is_waited_for_20_s_and_its_late_answer_bound_r62() -> None:
    backend, answer_later = slow_start(30.0, ACCEPTED | {"transactionId": 500})
    site = await a_site(backend=backend)
    asking = asyncio.gather(timed(site.wallbox, "StartTransaction", START))
    await backend.got("StartTransaction")
    answer_later()
    ((answer, took_s),) = await asking
    assert (answer, took_s) == (INVALID | {"transactionId": 1}, 20.0)
    await asyncio.sleep(11.0)
    assert await result(site.wallbox, "StopTransaction", STOP) == {}
    assert await backend.got("StopTransaction") == STOP | {"transactionId": 500}
    await site.world.kill()


@in_virtual_time()
async def test_after_one_time_out_starts_are_answered_within_2_s_until_the_link_answers_r61a() -> (
    None
):
    backend, answer_later = slow_start(0.0, ACCEPTED | {"transactionId": 500})
    site = await a_site(backend=backend)
    assert (await timed(site.wallbox, "StartTransaction", START))[1] == 20.0
    second, third = START | {"meterStart": 2}, START | {"meterStart": 3}
    assert (await timed(site.wallbox, "StartTransaction", second))[1] == 2.0
    answer_later()
    await settled()
    assert (await timed(site.wallbox, "StartTransaction", third))[1] == 20.0
    await site.world.kill()


@in_virtual_time()
async def test_a_start_behind_a_refused_message_is_answered_within_2_s_r61a() -> None:
    backend = literal_backend(MeterValues=lambda _: Refusal())
    site = await a_site(backend=backend)
    await result(site.wallbox, "MeterValues", meter_values("2026-05-15T14:20:00Z", None))
    await backend.got("MeterValues")
    await settled()
    answer, took_s = await timed(site.wallbox, "StartTransaction", START)
    assert (answer, took_s) == (INVALID | {"transactionId": 1}, 2.0)
    await site.world.kill()


@in_virtual_time()
async def test_a_repeated_start_joins_the_pending_one_r61a() -> None:
    backend, answer_later = slow_start(10.0, ACCEPTED | {"transactionId": 500})
    site = await a_site(backend=backend)
    asking = asyncio.gather(
        timed(site.wallbox, "StartTransaction", START),
        timed(site.wallbox, "StartTransaction", START),
    )
    await backend.got("StartTransaction")
    answer_later()
    first, second = await asking
    assert first == second == (ACCEPTED | {"transactionId": 1}, 10.0)
    assert len(backend.all_of("StartTransaction")) == 1
    await site.world.kill()


@in_virtual_time()
async def test_whoever_joined_a_start_is_answered_also_when_it_fails_r61a() -> None:
    backend, answer_later = slow_start(5.0, ACCEPTED | {"transactionId": 500})
    site = await a_site(backend=backend)
    asking = asyncio.gather(
        site.wallbox.ask("StartTransaction", START), site.wallbox.ask("StartTransaction", START)
    )
    await backend.got("StartTransaction")
    answer_later()
    site.world.store.failing = True
    first, second = await asking
    assert [first[0], second[0]] == [4, 4]
    site.world.store.failing = False
    await asyncio.sleep(6.0)
    again = await result(site.wallbox, "StartTransaction", START)
    assert again == ACCEPTED | {"transactionId": 1}
    await site.world.kill()


@in_virtual_time()
async def test_a_start_sent_again_later_gets_the_same_answer_and_nothing_is_queued_r68() -> None:
    site = await a_site()
    first = await result(site.wallbox, "StartTransaction", START)
    assert await result(site.wallbox, "StartTransaction", START) == first
    await result(site.wallbox, "StopTransaction", STOP)
    await result(site.wallbox, "StopTransaction", STOP)
    reading = meter_values("2026-05-15T14:30:00Z")
    await result(site.wallbox, "MeterValues", reading)
    await result(site.wallbox, "MeterValues", reading)
    await settled()
    counted = ("StartTransaction", "StopTransaction", "MeterValues")
    assert [len(site.backend.all_of(action)) for action in counted] == [1, 1, 1]
    await site.world.kill()


@in_virtual_time()
async def test_a_refused_start_gets_our_own_answer_when_it_is_given_up_r66() -> None:
    refusing = literal_backend(StartTransaction=lambda _: Refusal())
    site = await a_site(backend=refusing)
    answer, took_s = await timed(site.wallbox, "StartTransaction", START)
    assert (answer, took_s) == (INVALID | {"transactionId": 1}, 20.0)
    await site.world.kill()


@in_virtual_time()
async def test_after_a_start_is_given_up_its_messages_carry_minus_one_r64() -> None:
    refusing = literal_backend(StartTransaction=lambda _: Refusal())
    site = await a_site(backend=refusing)
    await site.wallbox.ask("StartTransaction", START)
    await site.wallbox.ask("StopTransaction", STOP)
    assert await refusing.got("StopTransaction") == STOP | {"transactionId": -1}
    assert site.world.manager is not None
    (dead,) = await site.world.manager.letters.newest()
    assert json.loads(dead.message.draft.payload_text) == START
    assert len(refusing.all_of("StartTransaction")) == 10
    assert len(set(refusing.payload_texts("StartTransaction"))) == 1
    assert len(set(refusing.message_ids("StartTransaction"))) == 10
    await site.world.kill()


@in_virtual_time()
async def test_numbers_in_quotes_are_billed_like_others_r59() -> None:
    site = await a_site()
    start = START | {"connectorId": "1", "meterStart": "51880"}
    assert (await result(site.wallbox, "StartTransaction", start))["transactionId"] == 1
    await result(site.wallbox, "MeterValues", meter_values("x") | {"transactionId": "1"})
    await result(site.wallbox, "StopTransaction", STOP | {"transactionId": "1"})
    assert (await site.backend.got("StopTransaction"))["transactionId"] == 9001
    assert site.backend.all_of("MeterValues")[0]["transactionId"] == 9001
    await site.world.kill()


# Ids that mean nothing


@in_virtual_time()
async def test_meter_values_lose_an_id_that_means_nothing_r59() -> None:
    site = await a_site()
    await result(site.wallbox, "MeterValues", meter_values("2026-05-15T14:30:00Z", 4711))
    assert await site.backend.got("MeterValues") == meter_values("2026-05-15T14:30:00Z", None)
    await site.world.kill()


@in_virtual_time()
async def test_closing_values_after_the_stop_keep_their_id_r76() -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    await site.wallbox.ask("StopTransaction", STOP)
    await site.wallbox.ask("MeterValues", meter_values("2026-05-15T15:00:01Z"))
    assert (await site.backend.got("MeterValues"))["transactionId"] == 9001
    await site.world.kill()


@in_virtual_time()
async def test_a_foreign_wallboxs_transaction_id_changes_nothing_s5() -> None:
    two = ONE_BACKEND + STALL.replace("CP1", "CP2").replace("stall-1", "stall-2")
    world = World(two)
    backends = {f"ws://backend/CP{n}": literal_backend(1000 * n) for n in (1, 2)}
    world.dialer.backends |= backends
    await world.start()
    owner, stranger = literal_wallbox(), literal_wallbox()
    await world.boot("CP1", owner)
    await world.boot("CP2", stranger)
    for backend in backends.values():
        await backend.got("StatusNotification")
    await owner.ask("StartTransaction", START)
    assert await result(stranger, "StopTransaction", STOP) == {}
    await result(stranger, "MeterValues", meter_values("2026-05-15T14:30:00Z"))
    await backends["ws://backend/CP2"].got("MeterValues")
    assert backends["ws://backend/CP2"].all_of("MeterValues")[0].get("transactionId") is None
    await settled()
    assert all(backend.all_of("StopTransaction") == [] for backend in backends.values())
    await owner.ask("StopTransaction", STOP)
    await backends["ws://backend/CP1"].got("StopTransaction")
    assert backends["ws://backend/CP1"].all_of("MeterValues") == []
    await world.kill()


# Two connectors


@in_virtual_time()
async def test_each_connectors_transaction_goes_to_its_own_backend_as_connector_1_r101() -> None:
    site = await a_two_sided_site()
    start = START | {"connectorId": 2}
    assert (await result(site.wallbox, "StartTransaction", start))["transactionId"] == 1
    reading = meter_values("2026-05-15T14:30:00Z", connector=2)
    await result(site.wallbox, "MeterValues", reading)
    await result(site.wallbox, "StopTransaction", STOP)
    await site.two.got("StopTransaction")
    carried = {"connectorId": 1, "transactionId": 2001}
    assert site.two.all_of("StartTransaction") == [START]
    assert site.two.all_of("MeterValues") == [reading | carried]
    assert site.two.all_of("StopTransaction") == [STOP | {"transactionId": 2001}]
    assert [site.one.all_of(each) for each in ("StartTransaction", "MeterValues")] == [[], []]
    await site.world.kill()


@in_virtual_time()
async def test_the_wallboxs_own_meter_goes_to_the_primary_backend_r102() -> None:
    site = await a_two_sided_site()
    reading = meter_values("2026-05-15T14:30:00Z", None, connector=0)
    await result(site.wallbox, "MeterValues", reading)
    assert await site.one.got("MeterValues") == reading
    await settled()
    assert site.two.all_of("MeterValues") == []
    await site.world.kill()


@in_virtual_time()
async def test_values_of_a_known_transaction_are_kept_whatever_connector_they_name() -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    await site.wallbox.ask("MeterValues", meter_values("2026-05-15T14:30:00Z", connector=7))
    assert (await site.backend.got("MeterValues"))["transactionId"] == 9001
    await site.world.kill()


@in_virtual_time()
async def test_a_connector_that_no_evse_uses_is_answered_and_kept_here() -> None:
    site = await a_site()
    answer = await result(site.wallbox, "StartTransaction", START | {"connectorId": 7})
    assert answer["transactionId"] == 1
    assert await result(site.wallbox, "MeterValues", meter_values("x", None, connector=7)) == {}
    assert await result(site.wallbox, "StopTransaction", STOP) == {}
    await settled()
    assert site.backend.all_of("StartTransaction") == []
    await site.world.kill()


@in_virtual_time()
async def test_a_transaction_outlives_the_backend_it_began_at() -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    await site.world.kill()
    elsewhere = ONE_BACKEND.replace("ws://backend/", "ws://new/")
    world = World(elsewhere, store=site.world.store)
    new = world.dialer.backends["ws://new/CP1"] = literal_backend()
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    await new.got("StatusNotification")
    assert await result(wallbox, "MeterValues", meter_values("2026-05-15T14:30:00Z")) == {}
    assert await timed(wallbox, "StopTransaction", STOP) == ({}, 0.0)
    await settled()
    assert [new.all_of(action) for action in ("MeterValues", "StopTransaction")] == [[], []]
    waiting = await world.store.outbox("stall-1 CP1@backend")
    assert [each.draft.action for each in waiting] == ["MeterValues", "StopTransaction"]
    await world.kill()


# Bad input


@pytest.mark.parametrize(
    "answer",
    [
        "{}",
        '{"idTagInfo":{"status":"Accepted"}}',
        '{"transactionId":"9001"}',
        '{"transactionId":null}',
        '{"transactionId":true}',
        '{"transactionId":{}}',
        f'{{"transactionId":{10**30}}}',
    ],
)
@in_virtual_time()
async def test_a_start_answer_without_a_usable_id_counts_as_none_r66(answer: str) -> None:
    backend = literal_backend(StartTransaction=lambda _: answer)
    site = await a_site(backend=backend)
    assert await result(site.wallbox, "StartTransaction", START) == INVALID | {"transactionId": 1}
    backend.answers["StartTransaction"] = lambda _: ACCEPTED | {"transactionId": 5}
    await site.wallbox.ask("StopTransaction", STOP)
    assert (await backend.got("StopTransaction"))["transactionId"] == 5
    await site.world.kill()


@in_virtual_time()
async def test_a_start_taken_twice_is_not_its_own_rival_r67() -> None:
    backend = literal_backend(StartTransaction=lambda _: None)
    site = await a_site(backend=backend)
    asking = asyncio.gather(site.wallbox.ask("StartTransaction", START))
    await backend.got("StartTransaction")
    backend.answers["StartTransaction"] = lambda _: {
        "idTagInfo": {"status": "ConcurrentTx"},
        "transactionId": 113,
    }
    backend.hang_up()
    await backend.got("StartTransaction", times=2)
    ((_, _, answer),) = await asking
    assert answer == INVALID | {"transactionId": 1}  # our own word, since no card is known here
    await site.wallbox.ask("StopTransaction", STOP)
    assert (await backend.got("StopTransaction"))["transactionId"] == 113
    await site.world.kill()


@in_virtual_time()
async def test_concurrent_use_says_nothing_about_a_card_r52() -> None:
    site = await a_site()
    await result(site.wallbox, "Authorize", {"idTag": "04A1"})
    concurrent = {"idTagInfo": {"status": "ConcurrentTx"}}
    site.backend.answers["Authorize"] = lambda _: concurrent
    assert await result(site.wallbox, "Authorize", {"idTag": "04A1"}) == concurrent
    site.backend.hang_up()
    await settled()
    assert await result(site.wallbox, "Authorize", {"idTag": "04A1"}) == ACCEPTED
    await site.world.kill()
