"""What is kept of a transaction for a dispute: its frames, character by character (R122)."""

from collections.abc import Callable

from wattgate.core.gateway.outbox import OutboxMessage
from wattgate.core.ocpp.frames import Call, CallResult, encode
from wattgate.ports.clock import Clock
from wattgate.ports.store import FrameRecord, FrameWay, KeepFrame


class EvidenceKeeper:
    """Makes the records that go into the same commit as the messages they are evidence of.

    `keeps` says whether the site wants evidence at all.
    """

    def __init__(self, clock: Clock, keeps: Callable[[], bool]) -> None:
        self._clock = clock
        self._keeps = keeps

    def opening(self, station_id: str, call: Call) -> FrameRecord | None:
        """The frame that opens a transaction, which has no id yet."""
        kept = self.received(station_id, 0, call)
        return kept[0].frame if kept else None

    def received(
        self, station_id: str, transaction_id: int | None, call: Call
    ) -> tuple[KeepFrame, ...]:
        """A frame of a wallbox; nothing where it belongs to no transaction."""
        if transaction_id is None:
            return ()
        return self._kept(
            transaction_id, FrameWay.RECEIVED, station_id, call.action, call.frame_text
        )

    def answered(
        self, station_id: str, transaction_id: int, call: Call, answer_text: str
    ) -> tuple[KeepFrame, ...]:
        """What a wallbox is told that no backend has said (R116)."""
        text = encode(CallResult(call.unique_id, answer_text))
        return self._kept(transaction_id, FrameWay.ANSWERED, station_id, call.action, text)

    def relayed(
        self, station_id: str, link_id: str, transaction_id: int, call: Call, unique_id: str
    ) -> tuple[KeepFrame, ...]:
        """A frame that passed to the letter, but for the message id that the backend saw."""
        came = self.received(station_id, transaction_id, call)
        text = encode(Call(unique_id, call.action, call.payload_text))
        return came + self._kept(transaction_id, FrameWay.SENT, link_id, call.action, text)

    def sent(self, link_id: str, message: OutboxMessage, sent: Call) -> tuple[KeepFrame, ...]:
        """A message as it was sent to a backend that took it."""
        transaction_id = message.draft.transaction_id
        if transaction_id is None:
            return ()
        return self._kept(transaction_id, FrameWay.SENT, link_id, sent.action, encode(sent))

    def _kept(
        self, transaction_id: int, way: FrameWay, end: str, action: str, text: str
    ) -> tuple[KeepFrame, ...]:
        if not self._keeps():
            return ()
        record = FrameRecord(transaction_id, way, end, action, text, self._clock.wall())
        return (KeepFrame(record),)
