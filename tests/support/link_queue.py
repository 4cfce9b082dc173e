"""The queue of one link, with its backend at the other end."""

import asyncio
from dataclasses import dataclass, field

from tests.support.frames import Literal, literal_backend
from tests.support.nobody import Nobody
from tests.support.stores import enqueue
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers
from tests.support.world import Answer, connect

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import OutboxMessage, RetryPolicy
from wattgate.core.site.cards import card_rules
from wattgate.core.site.model import Site
from wattgate.runtime.gateway.delivery.outbox_pump import OutboxPump
from wattgate.runtime.peer import Peer, Tools
from wattgate.runtime.station.knowledge import CardKnowledge
from wattgate.runtime.supervisor import Supervisor


@dataclass
class Queue:
    """A running pump on a store, and the backend at the other end."""

    tasks: Supervisor
    store: MemoryStore = field(default_factory=MemoryStore)
    backend: Literal = field(default_factory=literal_backend)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    sent_at: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tools = Tools(FakeClock(), ScriptedIdentifiers())
        cards = CardKnowledge(self.tools.clock, lambda: card_rules(Site()))
        self.pump = OutboxPump("B", self.store, self.tools, cards, self.retry)
        self.tasks.spawn(self.pump.run(), name="pump")

    def log_in(self) -> Peer:
        peer = Peer("backend", Nobody(), self.tools)
        connect(peer, self.backend)
        self.pump.attach(peer)
        return peer

    async def add(self, *payloads: str) -> list[OutboxMessage]:
        """Store messages and tell the pump of each."""
        queued = [
            message for each in payloads for message in await self.store.commit(enqueue(each))
        ]
        for message in queued:
            self.pump.added(message)
        return queued

    def answering(self, answer: Answer) -> None:
        """Answer MeterValues so, and note when they came."""

        def noted(payload: object) -> object:
            self.sent_at.append(round(asyncio.get_running_loop().time(), 3))
            return answer(payload)

        self.backend.answers["MeterValues"] = noted

    def heard(self) -> list[str]:
        return self.backend.payload_texts("MeterValues")

    async def attempts(self) -> list[int]:
        return [message.attempts for message in await self.store.outbox("B")]
