"""One backend link's queue, between a store and a backend that misbehave."""

import asyncio
import json

from tests.support.frames import Refusal, literal_backend, settled
from tests.support.link_queue import Queue
from tests.support.stores import draft, enqueue, start
from tests.support.virtual_time import (
    WALL_START,
    in_virtual_time,
)

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import Draft, OutboxMessage, RetryPolicy
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import Enqueue
from wattgate.runtime.gateway.delivery.backend_answers import in_time
from wattgate.runtime.supervisor import Supervisor


@in_virtual_time()
async def test_a_refusal_is_repeated_to_the_letter_with_a_new_id_and_longer_waits_r66_r67() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, retry=RetryPolicy(3, 60.0))
        queue.answering(lambda _: Refusal())
        queue.log_in()
        await queue.add('{"a": 1.10}', '{"b":2}')
        await asyncio.sleep(170)
        assert queue.sent_at == [0.0, 60.0]
        assert await queue.attempts() == [2, 0]
        await asyncio.sleep(20)
        assert queue.heard() == ['{"a": 1.10}'] * 3 + ['{"b":2}']
        assert queue.sent_at == [0.0, 60.0, 180.0, 180.0]
        assert len(set(queue.backend.message_ids("MeterValues"))) == 4
        (dead,) = await queue.store.dead_letters()
        assert dead.message.draft.payload_text == '{"a": 1.10}'
        assert queue.pump.depth == 1


@in_virtual_time()
async def test_meter_values_that_will_never_be_taken_hold_up_nothing_and_are_kept_r66() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks)
        queue.answering(lambda payload: Refusal("NotSupported") if payload == {"n": 1} else {})
        queue.log_in()
        await queue.add('{"n":1}', '{"n":2}')
        await settled()
        assert queue.heard() == ['{"n":1}', '{"n":2}']
        (dead,) = await queue.store.dead_letters()
        assert (dead.message.draft.payload_text, dead.reason) == ('{"n":1}', "NotSupported: ")


@in_virtual_time()
async def test_a_queue_is_held_while_its_head_waits_for_another_try_r66() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, retry=RetryPolicy(2, 60.0))
        queue.answering(lambda _: Refusal())
        queue.log_in()
        await queue.add("{}")
        await settled()
        assert queue.pump.is_held
        await asyncio.sleep(61.0)
        assert not queue.pump.is_held


@in_virtual_time()
async def test_silence_on_a_live_link_is_an_attempt_r66() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, retry=RetryPolicy(3, 10.0))
        queue.answering(lambda _: None)
        queue.log_in()
        await queue.add("{}")
        await asyncio.sleep(205)
        assert queue.sent_at == [0.0, 70.0, 150.0]
        assert await queue.attempts() == [2]
        await asyncio.sleep(10)
        assert len(await queue.store.dead_letters()) == 1
        assert queue.pump.depth == 0


@in_virtual_time()
async def test_a_lost_link_is_no_attempt_r66() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, retry=RetryPolicy(2, 10.0))
        queue.answering(lambda _: None)
        await queue.add("{}")
        for _ in range(5):
            queue.log_in()
            await asyncio.sleep(5)
            queue.backend.hang_up()
            await settled()
            assert not queue.pump.is_attached
        assert await queue.attempts() == [0]
        assert len(queue.heard()) == 5
        queue.answering(lambda _: {})
        queue.log_in()
        await settled()
        assert await queue.attempts() == []


@in_virtual_time()
async def test_what_never_left_is_no_attempt_r66() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, backend=literal_backend(StatusNotification=lambda _: None))
        peer = queue.log_in()
        peer.ask("StatusNotification", "{}", lambda _: None, timeout_s=100.0)
        await queue.add("{}")
        await asyncio.sleep(90)
        assert queue.heard() == []
        assert await queue.attempts() == [0]
        await asyncio.sleep(20)
        assert queue.heard() == ["{}"]
        assert await queue.attempts() == []


@in_virtual_time()
async def test_a_backend_has_all_its_time_for_what_waited_behind_a_slow_answer_r16_r66() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, backend=literal_backend(StatusNotification=lambda _: None))
        queue.answering(lambda _: None)
        peer = queue.log_in()
        peer.ask("StatusNotification", "{}", lambda _: None, timeout_s=50.0)
        await queue.add("{}")
        await asyncio.sleep(109)
        assert queue.sent_at == [50.0]
        assert await queue.attempts() == [0]
        await asyncio.sleep(2)
        assert await queue.attempts() == [1]


@in_virtual_time()
async def test_a_wait_after_a_refusal_outlives_a_new_link_and_keeps_the_order_r58_r66() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, retry=RetryPolicy(9, 100.0))
        queue.answering(lambda _: Refusal())
        queue.log_in()
        await queue.add('{"n":1}', '{"n":2}')
        await asyncio.sleep(10)
        queue.backend.hang_up()
        await settled()
        queue.answering(lambda _: {})
        queue.log_in()
        await queue.add('{"n":3}')
        await asyncio.sleep(80)
        assert queue.heard() == ['{"n":1}']
        await asyncio.sleep(20)
        assert queue.heard() == ['{"n":1}', '{"n":1}', '{"n":2}', '{"n":3}']
        assert queue.sent_at[1] == 100.0


@in_virtual_time()
async def test_a_long_queue_of_an_earlier_life_goes_in_order_and_new_ones_behind_it_r58() -> None:
    async with Supervisor() as tasks:
        store = MemoryStore()
        for number in range(250):
            await store.commit(enqueue(f'{{"n":{number}}}'))
        queue = Queue(tasks, store)
        queue.pump.depth = 250
        queue.log_in()
        await queue.add('{"n":250}', '{"n":251}')
        await settled()
        assert queue.heard() == [f'{{"n":{number}}}' for number in range(252)]
        assert queue.pump.depth == 0


class SlowReader(MemoryStore):
    """What is stored while it reads is not in what it has read."""

    async def outbox(
        self, link_id: str, *, after: int = 0, limit: int = 100
    ) -> tuple[OutboxMessage, ...]:
        found = await super().outbox(link_id, after=after, limit=limit)
        await asyncio.sleep(1.0)
        return found


@in_virtual_time()
async def test_what_is_stored_while_the_queue_is_read_is_delivered() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, SlowReader())
        queue.log_in()
        await asyncio.sleep(0.5)
        await queue.add('{"n":1}')
        await asyncio.sleep(0.7)
        await queue.add('{"n":2}')
        await asyncio.sleep(5.0)
        assert queue.heard() == ['{"n":1}', '{"n":2}']
        assert queue.pump.depth == 0


@in_virtual_time()
async def test_what_is_told_out_of_turn_is_delivered_in_the_order_of_its_numbers_r58() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks)
        await settled()
        stored = [await queue.store.commit(enqueue(f'{{"n":{number}}}')) for number in (1, 2, 3)]
        for (message,) in reversed(stored):
            queue.pump.added(message)
        queue.log_in()
        await settled()
        assert queue.heard() == ['{"n":1}', '{"n":2}', '{"n":3}']
        assert queue.pump.depth == 0


@in_virtual_time()
async def test_a_store_that_cannot_be_read_is_tried_again() -> None:
    async with Supervisor() as tasks:
        store = MemoryStore()
        await store.commit(enqueue("{}"))
        store.failing = True
        queue = Queue(tasks, store)
        queue.log_in()
        await asyncio.sleep(60)
        store.failing = False
        await asyncio.sleep(6)
        assert queue.heard() == ["{}"]


@in_virtual_time()
async def test_a_transaction_that_cannot_be_read_is_no_reason_to_send_minus_one_r64() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks)
        opened = await queue.store.open_transaction(
            start(), (draft(action="StartTransaction"),), WALL_START
        )
        stop = await queue.store.commit(
            Enqueue(Draft("B", "MeterValues", '{"transactionId":1}', 1))
        )
        await settled()  # both are read
        queue.store.failing = True
        queue.log_in()
        await asyncio.sleep(60)
        assert queue.heard() == []
        queue.store.failing = False
        await asyncio.sleep(6)
        assert (opened.transaction_id, len(stop)) == (1, 1)
        assert queue.heard() == ['{"transactionId":9001}']


@in_virtual_time()
async def test_a_bug_in_delivery_costs_attempts_not_the_queue() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, retry=RetryPolicy(2, 10.0))

        def bug(ours: int, theirs: int) -> None:
            raise RuntimeError

        queue.pump.on_bound = bug
        opened = await queue.store.open_transaction(
            start(), (draft(action="StartTransaction"),), WALL_START
        )
        (message,) = opened.queued
        answer = queue.pump.expect(message.number)
        queue.pump.added(message)
        queue.log_in()
        await queue.add("{}")
        assert await in_time(answer, 60.0) is None
        await settled()
        assert queue.heard() == ["{}"]
        assert len(await queue.store.dead_letters()) == 1


@in_virtual_time()
async def test_several_may_wait_for_one_answer_each_as_long_as_he_likes() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, backend=literal_backend(MeterValues=lambda _: None))
        queue.log_in()
        (message,) = await queue.store.commit(enqueue("{}"))
        answer = queue.pump.expect(message.number)
        assert queue.pump.expect(message.number) is answer
        queue.pump.added(message)
        waiting = asyncio.gather(in_time(answer, 1.0), in_time(answer, 30.0), in_time(answer, 40.0))
        await asyncio.sleep(10.0)
        (unique_id,) = queue.backend.held["MeterValues"]
        queue.backend.send(json.dumps([3, unique_id, {"x": 1}]))
        assert list(await waiting) == [None, '{"x": 1}', '{"x": 1}']


@in_virtual_time()
async def test_whoever_waits_for_what_is_given_up_waits_no_longer() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, retry=RetryPolicy(1, 10.0))
        queue.answering(lambda _: Refusal())
        queue.log_in()
        (message,) = await queue.store.commit(enqueue("{}"))
        answer = queue.pump.expect(message.number)
        queue.pump.added(message)
        assert await in_time(answer, 1000.0) is None
        assert asyncio.get_running_loop().time() == 0.0


@in_virtual_time()
async def test_an_answer_after_the_time_out_settles_nothing_r9() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, retry=RetryPolicy(9, 10.0))
        queue.answering(lambda _: None)
        queue.log_in()
        await queue.add('{"n":1}', '{"n":2}')
        await asyncio.sleep(65)
        (late,) = queue.backend.held["MeterValues"]
        queue.backend.send(f'[3,"{late}",{{}}]')
        await asyncio.sleep(10)
        assert queue.heard() == ['{"n":1}', '{"n":1}']
        queue.backend.send(f'[3,"{late}",{{}}]')
        await settled()
        assert await queue.attempts() == [1, 0]


class SlowLookUp(MemoryStore):
    """Takes a second to find a transaction."""

    async def any_transaction(self, transaction_id: int) -> TransactionRecord | None:
        await asyncio.sleep(1.0)
        return await super().any_transaction(transaction_id)


@in_virtual_time()
async def test_nothing_goes_to_a_backend_that_withdraws_while_it_is_made_ready_r43() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, SlowLookUp())
        queue.log_in()
        orphan = Draft("B", "MeterValues", '{"transactionId":1}', 1)
        for message in await queue.store.commit(enqueue("{}"), Enqueue(orphan)):
            queue.pump.added(message)
        await asyncio.sleep(0.5)
        queue.pump.detach()
        await asyncio.sleep(5.0)
        assert queue.heard() == ["{}"]
        queue.log_in()
        await asyncio.sleep(5.0)
        assert queue.heard() == ["{}", '{"transactionId":-1}']
