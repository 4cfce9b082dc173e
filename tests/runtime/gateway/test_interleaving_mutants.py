"""Defects planted on purpose, one at a time: the audit of random stories finds each of them."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from tests.support.interleaving_run import audited
from tests.support.planted import raw_message_ids

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import Draft, OutboxMessage
from wattgate.core.gateway.policy import Rule
from wattgate.core.ocpp.session import Session
from wattgate.core.ocpp.splice import replace_scalar
from wattgate.core.station.transactions import TransactionRecord, TransactionStart
from wattgate.ports.store import Change, Opened, Receipt, Recovered, Settle, Taken
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.commands.shared_commands import SharedCommands
from wattgate.runtime.gateway.delivery.outbox_pump import OutboxPump
from wattgate.runtime.peer import Peer
from wattgate.runtime.station import transactions
from wattgate.runtime.station.meter_readings import MeterReadings

pytestmark = pytest.mark.story

SEEDS: Final = range(40)
"""As many as the honest manager passes in the quick profile."""

Plant = Callable[[pytest.MonkeyPatch], None]


class _Deaf:
    """Takes answers that were given before."""

    def answer(self, unique_id: str, payload_text: str) -> None:
        pass

    def refuse(self, unique_id: str, code: str, description: str, details: str = "{}") -> None:
        pass


def ack_before_store(patch: pytest.MonkeyPatch) -> None:
    take = MeterReadings.take

    async def answered_first(self: MeterReadings, ask: Ask, rule: Rule) -> None:
        ask.answer("{}")
        await take(self, Ask(_Deaf(), ask.call), rule)  # type: ignore[arg-type]

    patch.setattr(MeterReadings, "take", answered_first)


def look_up_by_transaction_id_only(patch: pytest.MonkeyPatch) -> None:
    async def of_anybody(self: MemoryStore, _: str, number: int) -> TransactionRecord | None:
        return self._readable().transactions.get(number)

    patch.setattr(MemoryStore, "transaction", of_anybody)


def look_up_backend_id_on_any_link(patch: pytest.MonkeyPatch) -> None:
    async def of_any(self: MemoryStore, _: str, number: int) -> TransactionRecord | None:
        found = self._readable().transactions.values()
        return next((each for each in found if each.backend_transaction_id == number), None)

    async def whoever_asks(self: SharedCommands, *_: object) -> str:
        return self.members[0].evse.evse_id

    patch.setattr(MemoryStore, "transaction_of_backend", of_any)
    patch.setattr(SharedCommands, "_owner", whoever_asks)  # it would see that it is another's


def raw_transaction_ids(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(transactions, "under_our_id", lambda answer_text, _: answer_text)


def no_dedup(patch: pytest.MonkeyPatch) -> None:
    take, open_transaction = MemoryStore.take, MemoryStore.open_transaction

    async def always_new(self: MemoryStore, receipt: Receipt, *changes: Change) -> Taken:
        self._tables.receipts.pop((receipt.station_id, receipt.key), None)
        return await take(self, receipt, *changes)

    async def always_open(self: MemoryStore, start: TransactionStart, *rest: Any) -> Opened:  # noqa: ANN401
        self._tables.transaction_keys.pop((start.station_id, start.key), None)
        return await open_transaction(self, start, *rest)

    patch.setattr(MemoryStore, "take", always_new)
    patch.setattr(MemoryStore, "open_transaction", always_open)


def starts_of_all_wallboxes_in_one(patch: pytest.MonkeyPatch) -> None:
    """A start is known by what it says, whichever wallbox said it."""
    open_transaction = MemoryStore.open_transaction

    async def known_by_anybody(self: MemoryStore, start: TransactionStart, *rest: Any) -> Opened:  # noqa: ANN401
        for (_, key), number in self._tables.transaction_keys.items():
            if key == start.key:
                answer_text = self._tables.transactions[number].answer_text
                return Opened(number, repeated=True, answer_text=answer_text)
        return await open_transaction(self, start, *rest)

    patch.setattr(MemoryStore, "open_transaction", known_by_anybody)


def id_map_lost_at_restart(patch: pytest.MonkeyPatch) -> None:
    recover = MemoryStore.recover

    async def without_map(self: MemoryStore) -> Recovered:
        known = self._tables.transactions
        for number, record in known.items():
            known[number] = replace(record, backend_transaction_id=None)
        return await recover(self)

    patch.setattr(MemoryStore, "recover", without_map)


def settled_before_the_answer(patch: pytest.MonkeyPatch) -> None:
    deliver = OutboxPump._deliver

    async def settle_first(self: OutboxPump, message: OutboxMessage, peer: Peer) -> None:
        with contextlib.suppress(KeyError):
            await self._store.commit(Settle(message.number))
        await deliver(self, message, peer)

    patch.setattr(OutboxPump, "_deliver", settle_first)


def newest_first(patch: pytest.MonkeyPatch) -> None:
    added = OutboxPump.added

    def to_the_front(self: OutboxPump, message: OutboxMessage) -> None:
        added(self, message)
        if len(self._queue) > 2:
            self._queue.insert(1, self._queue.pop())

    patch.setattr(OutboxPump, "added", to_the_front)


def always_minus_one(patch: pytest.MonkeyPatch) -> None:
    ready = OutboxPump._ready_to_send

    def unknown(self: OutboxPump, message: OutboxMessage, record: TransactionRecord | None) -> str:
        text = ready(self, message, record)
        number = message.draft.transaction_id
        if number is None or message.draft.action == "StartTransaction":
            return text
        return replace_scalar(text, ("transactionId",), "-1")

    patch.setattr(OutboxPump, "_ready_to_send", unknown)


def our_id_sent_north(patch: pytest.MonkeyPatch) -> None:
    def as_it_is(self: OutboxPump, message: OutboxMessage, _: object) -> str:
        return message.draft.payload_text

    patch.setattr(OutboxPump, "_ready_to_send", as_it_is)


def encoded_anew(patch: pytest.MonkeyPatch) -> None:
    ready = OutboxPump._ready_to_send

    def encoded(self: OutboxPump, message: OutboxMessage, record: TransactionRecord | None) -> str:
        return json.dumps(json.loads(ready(self, message, record)))

    patch.setattr(OutboxPump, "_ready_to_send", encoded)


def answer_to_the_newest_socket(patch: pytest.MonkeyPatch) -> None:
    newest: dict[str, Peer] = {}
    opened = Peer.opened

    def note(self: Peer, link: Any) -> None:  # noqa: ANN401
        newest[_whose(self)] = self
        opened(self, link)

    def answer(self: Peer, unique_id: str, payload_text: str) -> None:
        self._session._owed.discard(unique_id)
        link = newest[_whose(self)]._link
        if link is not None:
            link.send(f'[3,"{unique_id}",{payload_text}]')

    patch.setattr(Peer, "opened", note)
    patch.setattr(Peer, "answer", answer)


def _whose(peer: Peer) -> str:
    return " ".join(peer.name.split(" ")[:2])


def a_silent_backend_counts_as_done(patch: pytest.MonkeyPatch) -> None:
    async def done(self: OutboxPump, message: OutboxMessage, *_: object, **__: object) -> None:
        await self._keep(Settle(message.number))
        self._done(message, None)

    patch.setattr(OutboxPump, "_unanswered", done)


def everything_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Session, "_line_up", lambda self, place: self._send(place, 0.0) or [])


def the_queue_of_another_backend(patch: pytest.MonkeyPatch) -> None:
    """Messages go to whichever link of the site comes first."""
    enqueue = MemoryStore.take
    first: list[str] = []

    async def misled(self: MemoryStore, receipt: Receipt, *changes: Change) -> Taken:
        return await enqueue(self, receipt, *[_turned(each, first) for each in changes])

    patch.setattr(MemoryStore, "take", misled)


def _turned(change: Any, first: list[str]) -> Any:  # noqa: ANN401
    draft = getattr(change, "draft", None)
    if not isinstance(draft, Draft) or draft.link_id.startswith("unattributed"):
        return change
    first.append(draft.link_id)
    return replace(change, draft=replace(draft, link_id=first[0]))


MUTANTS: Final[tuple[Plant, ...]] = (
    ack_before_store,
    look_up_by_transaction_id_only,
    look_up_backend_id_on_any_link,
    raw_transaction_ids,
    raw_message_ids,
    no_dedup,
    starts_of_all_wallboxes_in_one,
    id_map_lost_at_restart,
    settled_before_the_answer,
    newest_first,
    always_minus_one,
    our_id_sent_north,
    encoded_anew,
    answer_to_the_newest_socket,
    a_silent_backend_counts_as_done,
    everything_at_once,
    the_queue_of_another_backend,
)


@pytest.mark.parametrize("plant", MUTANTS, ids=lambda plant: plant.__name__)
def test_the_audit_catches_a_planted_defect(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    assert any(audited(seed)[1] for seed in SEEDS)
