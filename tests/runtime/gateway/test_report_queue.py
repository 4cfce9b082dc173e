"""Of what a backend answers that is only told of a transaction, its own id counts (R106)."""

import asyncio

import pytest
from tests.support.frames import Refusal, settled
from tests.support.link_queue import Queue
from tests.support.stores import draft, start
from tests.support.virtual_time import WALL_START, in_virtual_time
from tests.support.world import Json

from wattgate.core.gateway.outbox import Draft, RetryPolicy
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import BindTransaction, Enqueue
from wattgate.runtime.supervisor import Supervisor

BILLED_BY_ANOTHER = start(link_id="A", report_link_ids=("B",))
BLOCKED = '{"idTagInfo":{"status":"Blocked"},"transactionId":77}'


async def opened(queue: Queue) -> int:
    """Store a transaction that "A" bills and "B" hears of, from its start to its end."""
    text = '{"connectorId":1,"idTag":"04A1B2"}'
    told = [draft(text, link_id=link, action="StartTransaction") for link in ("A", "B")]
    outcome = await queue.store.open_transaction(BILLED_BY_ANOTHER, told, WALL_START)
    number = outcome.transaction_id
    await queue.store.commit(BindTransaction(number, "A", 9001))
    stop = f'{{"transactionId":{number},"idTag":"04A1B2"}}'
    await queue.store.commit(Enqueue(Draft("B", "StopTransaction", stop, number)))
    return number


async def record_of(queue: Queue, number: int) -> TransactionRecord:
    record = await queue.store.any_transaction(number)
    assert record is not None
    return record


@pytest.mark.parametrize(
    ("answer", "reported"),
    [
        (BLOCKED, 77),
        ('{"idTagInfo":{"status":"ConcurrentTx"},"transactionId":77}', 77),
        ('{"idTagInfo":{"status":"Accepted"},"transactionId":9001}', 9001),
        ('{"idTagInfo":{"status":"Invalid"}}', None),
        ('{"idTagInfo":{"status":"Expired"},"transactionId":-5}', -5),
        ('{"transactionId":"77"}', None),
        ("{}", None),
        ("[]", None),
        (Refusal("NotSupported"), None),
    ],
)
@in_virtual_time()
async def test_r106_whatever_a_report_answers_only_its_own_id_comes_of_it(
    answer: Json, reported: int | None
) -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, retry=RetryPolicy(1, 1.0))
        refused: list[object] = []
        queue.pump.on_refused = lambda *said: refused.append(said)
        queue.backend.answers["StartTransaction"] = lambda _: answer
        queue.backend.answers["StopTransaction"] = lambda _: {"idTagInfo": {"status": "Blocked"}}
        number = await opened(queue)
        queue.log_in()
        await asyncio.sleep(70)  # what is no answer counts as silence
        record = await record_of(queue, number)
        assert (record.backend_transaction_id, record.late_verdict) == (9001, None)
        assert record.report_ids == ({} if reported is None else {"B": reported})
        assert refused == []
        assert (await queue.store.recover()).tags == ()
        (stop,) = queue.backend.all_of("StopTransaction")
        assert stop["transactionId"] == (-1 if reported is None else reported)
        assert await queue.store.outbox("B") == ()


@in_virtual_time()
async def test_r65_the_word_of_the_backend_that_bills_is_kept_as_ever() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks)
        refused: list[tuple[int, str]] = []
        queue.pump.on_refused = lambda ours, verdict: refused.append((ours, verdict))
        queue.backend.answers["StartTransaction"] = lambda _: BLOCKED
        begun = start(link_id="B", report_link_ids=("A",))
        told = draft('{"idTag":"04A1B2"}', action="StartTransaction")
        await queue.store.open_transaction(begun, [told], WALL_START)
        queue.log_in()
        await settled()
        assert refused == [(1, "Blocked")]
        assert (await record_of(queue, 1)).late_verdict == "Blocked"
        (tag,) = (await queue.store.recover()).tags
        assert (tag.link_id, tag.id_tag) == ("B", "04a1b2")


@in_virtual_time()
async def test_r63_a_message_finds_its_id_also_after_its_wallbox_has_another_address() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks)
        begun = start(station_id="CP0")
        await queue.store.open_transaction(begun, [draft(action="StartTransaction")], WALL_START)
        queue.log_in()
        await settled()
        await queue.store.commit(Enqueue(Draft("B", "StopTransaction", '{"transactionId":1}', 1)))
        for message in await queue.store.outbox("B"):
            queue.pump.added(message)
        await settled()
        assert queue.backend.all_of("StopTransaction") == [{"transactionId": 9001}]
