"""Delivers one backend link's queue: in order, one at a time, until the backend took it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

import structlog

from wattgate.core.gateway.link.security_events import NOTIFICATION, says_without
from wattgate.core.gateway.outbox import Draft, GiveUp, OutboxMessage, Resend, RetryPolicy
from wattgate.core.gateway.traffic.traffic_line import Copy
from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.core.ocpp.splice import read_scalar, replace_scalar
from wattgate.core.station.authorisation import AuthorizationStatus
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import (
    BindTransaction,
    Bury,
    Change,
    CountAttempt,
    RejectTransaction,
    RememberTag,
    Settle,
    Store,
    StoreFailed,
    TagRecord,
)
from wattgate.runtime.gateway.delivery.backend_answers import (
    is_transaction_id,
    refusal,
    settles_start,
    tag_info_text,
    tag_of,
)
from wattgate.runtime.gateway.delivery.start_sendings import StartSendings
from wattgate.runtime.peer import NoAnswer, Peer, Tools
from wattgate.runtime.station.knowledge import CardKnowledge
from wattgate.runtime.station.open_transactions import counts, id_at
from wattgate.runtime.store_failures import say_not_stored

log = structlog.get_logger()

ANSWER_TIMEOUT_S: Final = 60.0
"""s a backend may take for a queued message before it counts as silent (R16)."""

STORE_RETRY_S: Final = 5.0
WINDOW: Final = 200
"""Messages of a queue that are held in memory; the others wait in the store."""

_BATCH: Final = WINDOW // 2
_TRANSACTION: Final = ("transactionId",)
_UNKNOWN_TRANSACTION: Final = -1
"""What a message carries whose StartTransaction was given up (16E 3.18, R64)."""


class OutboxPump:
    """The queue of one link, and who waits for an answer from it.

    `depth` is how many messages wait; `thinned` how many went because there were too many (R72).
    """

    def __init__(
        self,
        link_id: str,
        store: Store,
        tools: Tools,
        cards: CardKnowledge,
        retry: RetryPolicy,
    ) -> None:
        self.link_id = link_id
        self.depth = 0
        self.given_up = 0
        """Messages of this link among the dead letters (R66)."""
        self.thinned = 0
        self._store = store
        self._tools = tools
        self._cards = cards
        self.retry = retry
        """How often a message is sent; may be replaced at any time."""
        self._queue: deque[OutboxMessage] = deque()
        self._last_read = 0
        self._all_read = False
        self._reading = False
        self._stale = False
        self._missed = False
        """Whether something was stored while we read, which may be missing in what we read."""
        self._window = asyncio.Lock()
        """Held while what is in memory is made to agree with the store."""
        self._changed = asyncio.Event()
        self.answers_late = False
        """Whether an answer was waited for in vain, and none has come since (R61a)."""
        self.on_bound: Callable[[int, int], None] = _nobody_asked
        """Called with our id and the backend's when the backend has given a transaction one."""
        self.on_added: Callable[[], None] = _nobody_counts
        """Called when the queue has become longer."""
        self.evidence_of: Callable[[OutboxMessage, Call], tuple[Change, ...]] = _none_is_kept
        """Called with a message that the backend took, and what was sent: what is kept of it."""
        self.on_refused: Callable[[int, str], None] = _no_matter
        """Called with our id and the verdict when the backend has refused a start, once stored."""
        self.is_held = False
        """Whether the next message waits, because the backend has just failed to take it (R66)."""
        self.sendings = StartSendings(link_id, store)
        self.on_security_event: Callable[[bool], None] = _nobody_reports
        """Called when the backend took a security event (True), or knows no such thing (R38)."""
        self._expected: dict[int, asyncio.Future[str]] = {}
        self._peer: Peer | None = None
        self._attached = asyncio.Event()

    def added(self, message: OutboxMessage) -> None:
        """Take note of a message that has just been stored for this link."""
        self.depth += 1
        if message.number <= self._last_read:
            self._stale = True  # told out of turn: what we know may have a gap
        elif self._reading:
            self._missed = True
        elif self._all_read and len(self._queue) < WINDOW:
            self._queue.append(message)
            self._last_read = message.number
        else:
            self._all_read = False  # it waits in the store until there is room
        self._changed.set()
        self.on_added()

    @property
    def held(self) -> int:
        """Messages in memory, at most `WINDOW`."""
        return len(self._queue)

    @asynccontextmanager
    async def behind_head(self) -> AsyncIterator[int]:
        """Forget what is in memory behind the head, which may be on its way, and read nothing.

        While this lasts, messages with a number above the one it gives may be taken out of the
        store; say `went` of them.
        """
        async with self._window:
            while len(self._queue) > 1:
                self._queue.pop()
            if self._queue:
                self._last_read = self._queue[0].number
            self._all_read = False
            self._changed.set()
            yield self._last_read

    def went(self, count: int) -> None:
        """Take note of messages that were taken out of the store because there are too many."""
        self.depth -= count
        self.thinned += count

    def expect(self, number: int) -> asyncio.Future[str]:
        """The backend's answer to a message of this queue; cancelled when it is given up.

        Call it before the message can be sent, and wait with `backend_answers.in_time`, however
        many wait.
        """
        return self._expected.setdefault(number, asyncio.get_running_loop().create_future())

    @property
    def is_attached(self) -> bool:
        """Whether it delivers now."""
        return self._peer is not None

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
            if self._peer is None:
                continue
            try:
                await self._deliver(message, self._peer)
            except StoreFailed as exc:
                await self._store_failed(exc)
            except Exception:
                log.exception("delivery failed", link=self.link_id, number=message.number)
                await self._failed(message, "internal error")

    async def _head(self) -> OutboxMessage:
        while True:
            if self._stale:
                self._queue.clear()
                self._last_read, self._all_read, self._stale = 0, False, False
            if self._queue:
                return self._queue[0]
            self._changed.clear()
            if self._all_read:
                await self._changed.wait()
            else:
                async with self._window:
                    await self._read()

    async def _read(self) -> None:
        self._reading, self._missed = True, False
        try:
            batch = await self._store.outbox(self.link_id, after=self._last_read, limit=_BATCH)
        except StoreFailed as exc:
            await self._store_failed(exc)
            return
        finally:
            self._reading = False
        if batch:
            self._last_read = batch[-1].number
            self._queue.extend(batch)
        self._all_read = len(batch) < _BATCH
        if self._all_read and self._missed:
            self._stale = True  # else it comes with what is read next

    async def _deliver(self, message: OutboxMessage, peer: Peer) -> None:
        """Send the head of the queue once; it stays there unless it was settled."""
        record = await self._record_of(message.draft)
        text = self._ready_to_send(message, record)
        await self.sendings.begin(message.draft)
        if peer is not self._peer:
            self.sendings.never_left(message.draft)
            return  # the backend withdrew its acceptance meanwhile, or the link is another (R43)
        source = Copy(message.draft.payload_text, "from the queue")
        outcome = await peer.call(
            message.draft.action,
            text,
            timeout_s=ANSWER_TIMEOUT_S,
            waits_its_turn=True,
            source=source,
        )
        match outcome:
            case CallResult(unique_id, answer_text) if self._makes_sense(message, answer_text):
                self.answers_late = False
                sent = Call(unique_id, message.draft.action, text)
                await self._taken(message, record, answer_text, sent)
                if message.draft.action == NOTIFICATION:
                    self.on_security_event(True)
            case CallResult(_, answer_text):
                await self._failed(
                    message, "unusable answer: neither a transaction id nor a refusal"
                )
            case CallError(_, code, _) if says_without(message.draft.action, code):
                self.answers_late = False
                await self._unwanted(message, code)
            case CallError(_, code, description):
                self.answers_late = False
                await self._failed(message, f"{code}: {description}", code)
            case NoAnswer(reason, was_sent):
                if not was_sent:
                    self.sendings.never_left(message.draft)
                await self._unanswered(message, peer, reason, was_sent=was_sent)

    async def _unanswered(
        self, message: OutboxMessage, peer: Peer, reason: str, *, was_sent: bool
    ) -> None:
        """A lost link is no attempt, nor is what never left (R66)."""
        if not peer.is_open:
            if self._peer is peer:
                self.detach()
        elif was_sent:
            await self._failed(message, reason)

    async def _failed(self, message: OutboxMessage, reason: str, code: str = "") -> None:
        """Count a refusal (with its code) or a silence on a live link; wait or give up (R66)."""
        attempts = message.attempts + 1
        log.warning(
            "backend did not take a message",
            link=self.link_id,
            action=message.draft.action,
            number=message.number,
            attempt=attempts,
            reason=reason,
        )
        match self.retry.after_refusal(message.draft, code, attempts):
            case GiveUp():
                wall_now = self._tools.clock.wall()
                await self._keep(
                    CountAttempt(message.number), Bury(message.number, reason, wall_now)
                )
                self.given_up += 1
                log.error(
                    "message given up",
                    link=self.link_id,
                    action=message.draft.action,
                    number=message.number,
                    reason=reason,
                )
                self._done(message, None)
            case Resend(wait_s):
                await self._keep(CountAttempt(message.number))
                self._queue[0] = replace(message, attempts=attempts)
                self.is_held = True
                await asyncio.sleep(wait_s)
                self.is_held = False

    async def _unwanted(self, message: OutboxMessage, code: str) -> None:
        """The backend has no security extension: it will not take it at the tenth time (R38)."""
        log.info("backend takes no security events", link=self.link_id, code=code)
        await self._keep(Settle(message.number))
        self._done(message, None)
        self.on_security_event(False)

    async def _record_of(self, draft: Draft) -> TransactionRecord | None:
        """The transaction that a message is about, also where its wallbox is no longer here."""
        if draft.transaction_id is None:
            return None
        return await self._store.any_transaction(draft.transaction_id)

    def _ready_to_send(self, message: OutboxMessage, record: TransactionRecord | None) -> str:
        """Put this backend's transaction id where ours stands (R63, R106)."""
        draft = message.draft
        if draft.transaction_id is None or draft.action == "StartTransaction":
            return draft.payload_text
        backend_id = None if record is None else id_at(record, self.link_id)
        number = _UNKNOWN_TRANSACTION if backend_id is None else backend_id
        # What cannot be read may have no id at all (R59).
        return replace_scalar(draft.payload_text, _TRANSACTION, str(number), missing_ok=True)

    def _makes_sense(self, message: OutboxMessage, answer_text: str) -> bool:
        """A StartTransaction needs an id or a refusal; no other answer needs anything."""
        return message.draft.action != "StartTransaction" or settles_start(answer_text)

    async def _taken(
        self,
        message: OutboxMessage,
        record: TransactionRecord | None,
        answer_text: str,
        sent: Call,
    ) -> None:
        """Keep what the answer says; about the card, only the backend that bills it is heard."""
        changes: list[Change] = [Settle(message.number), *self.evidence_of(message, sent)]
        draft, is_heard = message.draft, counts(record, self.link_id)
        verdict = None
        is_mistaken = self._took_it_for_another(draft, answer_text)
        if draft.action == "StartTransaction" and draft.transaction_id is not None:
            changes += self._binding(draft.transaction_id, answer_text)
            verdict = refusal(answer_text) if is_heard and not is_mistaken else None
            if verdict is not None:
                changes.append(RejectTransaction(draft.transaction_id, verdict))
            changes.append(self.sendings.taken(draft.transaction_id))
        if is_heard:
            changes += self._said_of_card(draft, answer_text)
        await self._keep(*changes)
        if verdict is not None and draft.transaction_id is not None:
            self.on_refused(draft.transaction_id, verdict)
        self._done(message, None if is_mistaken else answer_text)

    def _binding(self, transaction_id: int, answer_text: str) -> tuple[Change, ...]:
        backend_id = read_scalar(answer_text, _TRANSACTION)
        if not is_transaction_id(backend_id):
            return ()
        self.on_bound(transaction_id, backend_id)
        return (BindTransaction(transaction_id, self.link_id, backend_id),)

    def _said_of_card(self, draft: Draft, answer_text: str) -> tuple[Change, ...]:
        tag, info_text = tag_of(draft.payload_text), tag_info_text(answer_text)
        if tag is None or info_text is None:
            return ()
        self._cards.heard(self.link_id, tag, info_text)
        wall_now = self._tools.clock.wall()
        return (RememberTag(TagRecord(self.link_id, tag, info_text, wall_now)),)

    def _took_it_for_another(self, draft: Draft, answer_text: str) -> bool:
        """A start that is sent again is not its own rival: the wallbox must not hear so (R67)."""
        if draft.action != "StartTransaction" or not self.sendings.may_be_known(draft):
            return False
        return refusal(answer_text) == AuthorizationStatus.CONCURRENT_TX

    def _done(self, message: OutboxMessage, answer_text: str | None) -> None:
        """Go on with the next, and tell who waited for this one."""
        self._queue.popleft()
        self.depth -= 1
        expected = self._expected.pop(message.number, None)
        if expected is None:
            return
        if answer_text is None:
            expected.cancel()
        else:
            expected.set_result(answer_text)

    async def _keep(self, *changes: Change) -> None:
        """Store what happened; while the store cannot, later messages wait."""
        while True:
            try:
                await self._store.commit(*changes)
            except StoreFailed as exc:
                await self._store_failed(exc)
            else:
                return

    async def _store_failed(self, exc: StoreFailed) -> None:
        say_not_stored(exc, link=self.link_id)
        await asyncio.sleep(STORE_RETRY_S)


def _nobody_counts() -> None:
    """The queue may be as long as it likes."""


def _none_is_kept(message: OutboxMessage, sent: Call) -> tuple[Change, ...]:
    return ()


def _nobody_reports(taken: bool) -> None:
    """Nobody reports security events."""


def _nobody_asked(transaction_id: int, backend_transaction_id: int) -> None:
    """Nobody waits for the backend's id."""


def _no_matter(transaction_id: int, verdict: str) -> None:
    """Nobody acts on a refusal."""
