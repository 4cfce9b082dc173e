"""Transaction messages on their way, in order, over every loss of the link (R58, R66)."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

NEVER_DELIVERED: Final = -1
"""The transaction id of a transaction whose start the central system never took (R64)."""

MAX_MESSAGES: Final = 2000
"""Above it every second meter sample is given up (R72)."""

SHARE: Final = 16
"""One in so many of the waiting messages may be a meter sample more, or less, than is stored."""


@dataclass(frozen=True, slots=True)
class TransactionMessage:
    """A StartTransaction, a StopTransaction or a MeterValues of a transaction.

    `payload_text` lacks the transactionId where one belongs: it may not be known yet.
    `transaction` is the wallbox's own number of it. An `is_expendable` message may be given up.
    """

    action: str
    payload_text: str
    transaction: int
    is_expendable: bool = False


class OfflineQueue:
    """First in, first out; one message is under way at a time; it outlives a restart."""

    def __init__(self) -> None:
        self._messages: deque[TransactionMessage] = deque()
        self._ids: dict[int, int] = {}
        self._attempts = 0
        self._retry_at = 0.0
        self._is_sent = False
        self._loose = 0
        self.revision = 0
        """Changes with what must not be lost; samples count as soon as they are one in `SHARE`.

        Whoever stores the whole queue at each change of it writes so much for a message, however
        many wait: all of them at each sample would be megabytes a minute."""

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def messages(self) -> tuple[TransactionMessage, ...]:
        """What is to be delivered, to be kept."""
        return tuple(self._messages)

    @property
    def ids(self) -> dict[int, int]:
        """The central system's transaction ids by the wallbox's own numbers, to be kept."""
        return self._ids

    def restore(self, messages: Iterable[TransactionMessage], ids: Mapping[int, int]) -> None:
        """Take up what was kept; what was under way is sent again."""
        self._messages = deque(messages)
        self._ids = dict(ids)

    def add(self, message: TransactionMessage) -> None:
        """Append a message."""
        self._messages.append(message)
        self._note_change(is_expendable=message.is_expendable)
        if len(self._messages) > MAX_MESSAGES:
            self._thin()

    def bind(self, transaction: int, transaction_id: int) -> None:
        """Note the central system's id of a transaction."""
        self._ids[transaction] = transaction_id

    def id_of(self, transaction: int) -> int | None:
        """The central system's id of a transaction; None while it is not known."""
        return self._ids.get(transaction)

    def take(self, now: float) -> TransactionMessage | None:
        """The message to send now, its transaction id filled in; it stays until it is settled."""
        if self._is_sent or not self._messages or now < self._retry_at:
            return None
        self._is_sent = True
        return self._complete(self._messages[0])

    def deadline(self) -> float | None:
        """When `take` has something to give; None: not before something happens."""
        return None if self._is_sent or not self._messages else self._retry_at

    def delivered(self) -> None:
        """The central system took the message."""
        self._next()

    def lost(self) -> None:
        """The link went before an answer came: that is no attempt (R66)."""
        self._is_sent = False
        self._retry_at = 0.0

    def failed(self, now: float, *, attempts: int, interval_s: float) -> TransactionMessage | None:
        """The central system refused the message or stayed silent.

        It is sent again after `interval_s` for each time it was sent before; after `attempts`
        it is given up, and answered.
        """
        self._is_sent = False
        self._attempts += 1
        if self._attempts < attempts:
            self._retry_at = now + interval_s * self._attempts
            return None
        message = self._messages[0]
        if message.action == "StartTransaction":
            self.bind(message.transaction, NEVER_DELIVERED)
        self._next()
        return message

    def _next(self) -> None:
        done = self._messages.popleft()
        self._note_change(is_expendable=done.is_expendable)
        if done.action == "StopTransaction":
            self._ids.pop(done.transaction, None)
        self._is_sent = False
        self._attempts = 0
        self._retry_at = 0.0

    def _note_change(self, *, is_expendable: bool) -> None:
        self._loose += 1
        if not is_expendable or self._loose * SHARE >= len(self._messages):
            self.revision += 1
            self._loose = 0

    def _complete(self, message: TransactionMessage) -> TransactionMessage:
        """Put the transaction id in; every other character stays, so that a repetition equals."""
        if message.action == "StartTransaction":
            return message
        transaction_id = self._ids.get(message.transaction, NEVER_DELIVERED)
        text = f'{{"transactionId":{transaction_id},{message.payload_text[1:]}'
        return TransactionMessage(message.action, text, message.transaction)

    def _thin(self) -> None:
        """Give up every second expendable message; the first may be under way."""
        head, *rest = self._messages
        kept = [head]
        spare = False
        for message in rest:
            spare = message.is_expendable and not spare
            if not spare:
                kept.append(message)
        self._messages = deque(kept)
