"""A queue that gets too long: what goes, what never goes, and what is held in memory."""

import asyncio
import json
from dataclasses import dataclass, field

import pytest
from tests.support.frames import ONE_BACKEND, Literal, literal_backend, settled
from tests.support.nobody import Nobody
from tests.support.stores import draft
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers, in_virtual_time
from tests.support.world import Answer, World, connect

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import Draft, OutboxMessage, RetryPolicy
from wattgate.core.site.cards import card_rules
from wattgate.core.site.model import Site
from wattgate.ports.store import Change, Enqueue, Settle
from wattgate.runtime.gateway.delivery.outbox_pump import WINDOW, OutboxPump
from wattgate.runtime.gateway.delivery.overflow import Overflow
from wattgate.runtime.peer import Peer, Tools
from wattgate.runtime.station.knowledge import CardKnowledge
from wattgate.runtime.supervisor import Supervisor


def numbered(kinds: str, first: int = 1) -> list[Draft]:
    """`e`: an expendable meter value; `s`: a signed one; `T`: a StopTransaction."""
    actions = {"e": "MeterValues", "s": "MeterValues", "T": "StopTransaction"}
    return [
        Draft("B", actions[kind], f'{{"n":{n}}}', expendable=kind == "e")
        for n, kind in enumerate(kinds, first)
    ]


@dataclass
class Queue:
    """A pump whose queue may hold `limit` messages, and the backend at the other end."""

    tasks: Supervisor
    limit: int = 10
    store: MemoryStore = field(default_factory=MemoryStore)
    backend: Literal = field(default_factory=literal_backend)
    most_held: int = 0

    def __post_init__(self) -> None:
        self.tools = Tools(FakeClock(), ScriptedIdentifiers())
        cards = CardKnowledge(self.tools.clock, lambda: card_rules(Site()))
        self.pump = OutboxPump("B", self.store, self.tools, cards, RetryPolicy())
        self.overflow = Overflow(self.pump, self.store, lambda: self.limit)

    def run(self) -> None:
        self.tasks.spawn(self.pump.run(), name="pump")
        self.tasks.spawn(self.overflow.run(), name="overflow")

    def log_in(self) -> None:
        peer = Peer("backend", Nobody(), self.tools)
        connect(peer, self.backend)
        self.pump.attach(peer)

    def answering(self, answer: Answer) -> None:
        for action in ("MeterValues", "StopTransaction"):
            self.backend.answers[action] = answer

    async def add(self, kinds: str, first: int = 1) -> None:
        """Store messages and tell the pump of each."""
        for each in numbered(kinds, first):
            for message in await self.store.commit(Enqueue(each)):
                self.pump.added(message)
            self.most_held = max(self.most_held, self.pump.held)

    async def waiting(self) -> list[int]:
        """What each message that waits is called."""
        found = await self.store.outbox("B", limit=1_000_000)
        return [json.loads(message.draft.payload_text)["n"] for message in found]

    def heard(self) -> list[int]:
        texts = [text for text in self.backend.texts if text.startswith("[2,")]
        return [json.loads(text)[3]["n"] for text in texts]


@in_virtual_time()
async def test_an_overlong_queue_loses_every_second_meter_value_the_oldest_included_r72() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, limit=10)
        queue.run()
        await settled()
        await queue.add("Teeesseeee" + "e")
        await settled()
        assert await queue.waiting() == [1, 3, 5, 6, 7, 9, 11]
        assert (queue.pump.depth, queue.pump.thinned) == (7, 4)


@in_virtual_time()
async def test_what_counts_is_never_dropped_and_the_queue_grows_r72_r117() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, limit=10)
        queue.run()
        await settled()
        await queue.add("Ts" * 10 + "e")
        await settled()
        assert await queue.waiting() == list(range(1, 21))
        await queue.add("Ts" * 10, 22)
        await settled()
        assert len(await queue.waiting()) == 40
        assert queue.pump.depth == 40


@in_virtual_time()
async def test_it_is_thinned_again_and_again_until_it_is_short_enough_r72() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, limit=10)
        await queue.add("T" + "e" * 100)
        queue.run()
        await settled()
        assert await queue.waiting() == [1, 17, 33, 49, 65, 81, 97]
        assert queue.pump.thinned == 94


@in_virtual_time()
async def test_a_queue_of_an_earlier_life_is_thinned_at_the_start_r72() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, limit=10)
        for each in numbered("T" + "e" * 15):
            await queue.store.commit(Enqueue(each))
        queue.pump.depth = 16
        queue.run()
        await settled()
        assert queue.pump.depth == len(await queue.waiting()) == 8


@in_virtual_time()
async def test_a_larger_limit_lets_it_grow_r72() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, limit=10)
        queue.run()
        queue.limit = 50
        await queue.add("e" * 50)
        await settled()
        assert queue.pump.depth == 50


@in_virtual_time()
async def test_the_message_on_its_way_stays_and_counts_once_r72() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, limit=10)
        queue.answering(lambda _: None)
        queue.run()
        queue.log_in()
        await queue.add("e" * 3)
        await settled()
        assert queue.heard() == [1]
        await queue.add("e" * 9, 4)
        await settled()
        assert await queue.waiting() == [1, 3, 5, 7, 9, 11]
        queue.answering(lambda _: {})
        (held,) = queue.backend.held["MeterValues"]
        queue.backend.send(f'[3,"{held}",{{}}]')
        await settled()
        assert queue.heard() == [1, 3, 5, 7, 9, 11]
        assert queue.pump.depth == 0
        assert await queue.waiting() == []


@in_virtual_time()
async def test_nothing_that_was_dropped_is_sent_and_the_order_stays_r58_r72() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, limit=100)
        queue.run()
        await queue.add("Tees" * 100)
        await settled()
        kept = await queue.waiting()
        queue.log_in()
        await settled()
        assert queue.heard() == kept == sorted(kept)
        assert queue.pump.depth == 0


class Faltering(MemoryStore):
    """Cannot take anything out."""

    takes_nothing_out = True

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        self.failing = self.takes_nothing_out and any(isinstance(each, Settle) for each in changes)
        try:
            return await super().commit(*changes)
        finally:
            self.failing = False


@in_virtual_time()
async def test_a_store_that_fails_is_tried_again_r72() -> None:
    async with Supervisor() as tasks:
        store = Faltering()
        queue = Queue(tasks, limit=10, store=store)
        queue.run()
        await queue.add("e" * 11)
        await asyncio.sleep(60)
        assert queue.pump.depth == 11
        store.takes_nothing_out = False
        await asyncio.sleep(6)
        assert queue.pump.depth == len(await queue.waiting()) == 6


@pytest.mark.story
@pytest.mark.parametrize("read_before", [True, False])
@in_virtual_time()
async def test_a_hundred_thousand_messages_are_not_held_in_memory(*, read_before: bool) -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, limit=1_000_000)
        if read_before:
            queue.run()
            await settled()
        await queue.add("T" + "e" * 99_999)
        assert queue.most_held <= WINDOW
        if not read_before:
            queue.run()
        last = 0

        def answer(_: object) -> object:
            nonlocal last
            queue.most_held = max(queue.most_held, queue.pump.held)
            last += 1
            return {} if last < 1000 else None

        queue.answering(answer)
        queue.log_in()
        await settled()
        assert queue.heard() == list(range(1, 1001))
        assert queue.most_held <= WINDOW
        assert queue.pump.depth == 100_000 - 999


@in_virtual_time()
async def test_what_is_told_late_after_the_window_was_full_is_delivered_in_its_order_r58() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, limit=1_000_000)
        queue.run()
        await settled()
        await queue.add("e" * (WINDOW - 1))
        stored = [await queue.store.commit(Enqueue(draft(f'{{"n":{n}}}'))) for n in (1000, 1001)]
        queue.pump.added(stored[1][0])
        await queue.add("e", 1002)
        queue.pump.added(stored[0][0])
        queue.log_in()
        await settled()
        assert queue.heard() == [*range(1, WINDOW), 1000, 1001, 1002]
        assert queue.pump.depth == 0


@in_virtual_time()
async def test_a_site_s_own_limit_holds_for_each_of_its_backends_r72() -> None:
    world = World(ONE_BACKEND + "[storage]\nqueue_messages = 1000\n")
    manager = await world.start()
    state = manager.evse("stall-1")
    assert state is not None
    assert state.evse.link is not None
    pump = state.evse.link.pump
    for _ in range(1001):
        expendable = Draft(pump.link_id, "MeterValues", "{}", expendable=True)
        for message in await world.store.commit(Enqueue(expendable)):
            pump.added(message)
    await settled()
    assert (pump.depth, pump.thinned) == (501, 500)
    await world.kill()


class SlowReader(MemoryStore):
    """Gives what it found a second later."""

    async def outbox(
        self, link_id: str, *, after: int = 0, limit: int = 100
    ) -> tuple[OutboxMessage, ...]:
        found = await super().outbox(link_id, after=after, limit=limit)
        await asyncio.sleep(1.0)
        return found


@in_virtual_time()
async def test_what_is_dropped_while_the_queue_is_read_is_not_sent_r72() -> None:
    async with Supervisor() as tasks:
        queue = Queue(tasks, limit=10, store=SlowReader())
        for each in numbered("e" * 16):
            await queue.store.commit(Enqueue(each))
        queue.pump.depth = 16
        queue.run()
        queue.log_in()
        await asyncio.sleep(30)
        assert len(queue.heard()) + queue.pump.thinned == 16
        assert queue.pump.thinned
        assert queue.pump.depth == 0
