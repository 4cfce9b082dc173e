"""Delivers one backend link's queue: in order, one at a time, until the backend took it."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import msgspec
import structlog

from wattgate.core.gateway.outbox import GiveUp, OutboxMessage, Resend, RetryPolicy
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.splice import read_scalar, replace_scalar
from wattgate.ports.store import (
    BindTransaction,
    Bury,
    Change,
    CountAttempt,
    RememberTag,
    Settle,
    Store,
    StoreFailed,
    TagRecord,
)
from wattgate.runtime.knowledge import CardKnowledge
from wattgate.runtime.peer import NoAnswer, Peer, Tools

log = structlog.get_logger()

ANSWER_TIMEOUT_S: Final = 60.0
"""s a backend may take for a queued message before it counts as silent (R16)."""

STORE_RETRY_S: Final = 5.0
_BATCH: Final = 100
_UNKNOWN_TRANSACTION: Final = -1
"""What a message carries whose StartTransaction was given up (16E 3.18, R64)."""


class OutboxPump:
    """The queue of one link, and who waits for an answer from it."""

    def __init__(
        self,
        link_id: str,
        station_id: str,
        store: Store,
        tools: Tools,
        cards: CardKnowledge,
        retry: RetryPolicy,
    ) -> None:
        self.link_id = link_id
        self.depth = 0
        self._station_id = station_id
        self._store = store
        self._tools = tools
        self._cards = cards
        self._retry = retry
        self._queue: deque[OutboxMessage] = deque()
        self._last_read = 0
        self._all_read = False
        self._changed = asyncio.Event()
        self.on_bound: Callable[[int, int], None] = _nobody_asked
        """Called with our id and the backend's when the backend has given a transaction one."""
        self._waiting: dict[int, asyncio.Future[str]] = {}
        self._peer: Peer | None = None
        self._attached = asyncio.Event()

    def added(self, message: OutboxMessage) -> None:
        """Take note of a message that has just been stored for this link."""
        self.depth += 1
        if self._all_read and message.number > self._last_read:
            self._queue.append(message)
            self._last_read = message.number
        self._changed.set()

    async def answer_to(self, number: int, timeout_s: float) -> str | None:
        """Wait until the backend took the message; its answer, or None when it took too long."""
        future = self._future(number)
        try:
            return await asyncio.wait_for(asyncio.shield(future), timeout_s)
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(number, None)

    def expect(self, number: int) -> None:
        """Keep the answer to this message for a later `answer_to`, however soon it comes."""
        _ = self._future(number)

    def _future(self, number: int) -> asyncio.Future[str]:
        future = self._waiting.get(number)
        if future is None:
            future = self._waiting[number] = asyncio.get_running_loop().create_future()
        return future

    def forget(self, number: int) -> None:
        """Nobody waits for the answer to this message any more."""
        self._waiting.pop(number, None)

    def attach(self, peer: Peer) -> None:
        """Deliver over this link, whose backend has accepted us."""
        self._peer = peer
        self._attached.set()

    def detach(self) -> None:
        """The link is gone: what was not taken stays queued."""
        self._peer = None
        self._attached.clear()

    async def run(self) -> None:
        """Deliver for ever.

        This task outlives links on purpose: cancelling it between the backend's answer and our
        note of it would send the message twice.
        """
        while True:
            message = await self._head()
            await self._attached.wait()
            if self._peer is not None:
                await self._deliver(message, self._peer)

    async def _head(self) -> OutboxMessage:
        while not self._queue:
            self._changed.clear()
            if self._all_read:
                await self._changed.wait()
                continue
            batch = await self._store.outbox(self.link_id, after=self._last_read, limit=_BATCH)
            if batch:
                self._last_read = batch[-1].number
                self._queue.extend(batch)
            self._all_read = len(batch) < _BATCH
        return self._queue[0]

    async def _deliver(self, message: OutboxMessage, peer: Peer) -> None:
        """Send the head of the queue once; it stays there unless it was settled."""
        text = await self._ready_to_send(message)
        outcome = await peer.call(message.draft.action, text, timeout_s=ANSWER_TIMEOUT_S)
        match outcome:
            case CallResult(_, answer_text) if self._makes_sense(message, answer_text):
                await self._taken(message, answer_text)
            case CallResult(_, answer_text):
                await self._failed(message, f"unusable answer: {answer_text[:200]}")
            case CallError(_, code, description):
                await self._failed(message, f"{code}: {description}")
            case NoAnswer(reason, _) if peer.is_open:
                await self._failed(message, reason)
            case NoAnswer():
                self._detached_by(peer)

    def _detached_by(self, peer: Peer) -> None:
        if self._peer is peer:
            self.detach()

    async def _failed(self, message: OutboxMessage, reason: str) -> None:
        """Count a refusal or a silence on a live link, then wait or give up (R66)."""
        attempts = message.attempts + 1
        log.warning(
            "backend did not take a message",
            link=self.link_id,
            action=message.draft.action,
            number=message.number,
            attempt=attempts,
            reason=reason,
        )
        match self._retry.after_failure(attempts):
            case GiveUp():
                await self._keep(Bury(message.number, reason, self._tools.clock.wall()))
                self._done()
            case Resend(wait_s):
                await self._keep(CountAttempt(message.number))
                self._queue[0] = replace(message, attempts=attempts)
                await asyncio.sleep(wait_s)

    async def _ready_to_send(self, message: OutboxMessage) -> str:
        """Put the backend's transaction id where ours stands (R63)."""
        draft = message.draft
        if draft.transaction_id is None or draft.action == "StartTransaction":
            return draft.payload_text
        record = await self._store.transaction(self._station_id, draft.transaction_id)
        backend_id = record.backend_transaction_id if record is not None else None
        if backend_id is None:
            backend_id = _UNKNOWN_TRANSACTION
        return replace_scalar(draft.payload_text, ("transactionId",), str(backend_id))

    def _makes_sense(self, message: OutboxMessage, answer_text: str) -> bool:
        if message.draft.action != "StartTransaction":
            return True
        number = read_scalar(answer_text, ("transactionId",))
        return isinstance(number, int) and not isinstance(number, bool)

    async def _taken(self, message: OutboxMessage, answer_text: str) -> None:
        changes: list[Change] = [Settle(message.number)]
        draft = message.draft
        if draft.action == "StartTransaction" and draft.transaction_id is not None:
            backend_id = int(str(read_scalar(answer_text, ("transactionId",))))
            changes.append(BindTransaction(draft.transaction_id, backend_id))
            self.on_bound(draft.transaction_id, backend_id)
        tag = _tag_of(draft.payload_text)
        info_text = tag_info_text(answer_text)
        if tag is not None and info_text is not None:
            wall_now = self._tools.clock.wall()
            changes.append(RememberTag(TagRecord(self.link_id, tag, info_text, wall_now)))
            self._cards.heard(self.link_id, tag, info_text)
        await self._keep(*changes)
        waiting = self._waiting.get(message.number)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer_text)
        self._done()

    def _done(self) -> None:
        self._queue.popleft()
        self.depth -= 1

    async def _keep(self, *changes: Change) -> None:
        """Store what happened; while the store cannot, later messages wait."""
        while True:
            try:
                await self._store.commit(*changes)
            except StoreFailed as exc:
                log.error("store failed", link=self.link_id, reason=str(exc))  # noqa: TRY400 - a full disk needs no traceback
                await asyncio.sleep(STORE_RETRY_S)
            else:
                return


def _nobody_asked(transaction_id: int, backend_transaction_id: int) -> None:
    """Nobody waits for the backend's id."""


class _TagInfoHolder(msgspec.Struct):
    info: msgspec.Raw = msgspec.field(name="idTagInfo")


_info_decoder: Final = msgspec.json.Decoder(_TagInfoHolder)


def tag_info_text(answer_text: str) -> str | None:
    """The idTagInfo of an answer, verbatim; None where it has none."""
    try:
        return bytes(_info_decoder.decode(answer_text).info).decode()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _tag_of(payload_text: str) -> str | None:
    tag = read_scalar(payload_text, ("idTag",))
    return tag if isinstance(tag, str) else None
