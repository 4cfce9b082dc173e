"""A charge point that starts anew while the wallbox behind it, which others use, goes on (R103)."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from wattgate.core.ocpp.session import Priority
from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import StoreFailed
from wattgate.runtime.ask import Ask, is_accepted
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.peer import Outcome
from wattgate.runtime.station.open_transactions import billed_by, id_at_wallbox
from wattgate.runtime.station.station import Station
from wattgate.runtime.store_failures import say_not_stored

log = structlog.get_logger()

END_WITHIN_S: Final = 30.0
"""s for which a virtual reset waits for the end of its transactions before the new login."""

_LOOK_S: Final = 1.0
"""s between two looks whether its transactions have ended."""

_ACCEPTED: Final = '{"status":"Accepted"}'

_REASONS: Final[Mapping[object, str]] = {"Soft": "SoftReset", "Hard": "HardReset"}


class VirtualReset:
    """Carries it out at one wallbox: the backend's transactions end, then it gets a new login."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._house = station.house
        self._is_under_way = False

    def begin(self, link: BackendLink, ask: Ask) -> None:
        """Answer a Reset, now or later."""
        kind = read_scalar(ask.call.payload_text, ("type",))
        reason = _REASONS.get(kind)
        if reason is None:
            ask.refuse("PropertyConstraintViolation", f"there is no reset of the type {kind!r}")
        elif self._is_under_way:
            ask.answer(_ACCEPTED, "one is under way (R103)")
        else:
            self._station.in_background(ask, self._carry_out(link, ask, reason))

    async def _carry_out(self, link: BackendLink, ask: Ask, reason: str) -> None:
        """What the ends are to be told as is stored before anything ends."""
        async with self._station.in_order:  # none ends by itself in between
            own = self._own(link)
            if own and not self._station.presence.is_connected:
                why = "the wallbox is away, and its transaction cannot be ended (R103)"
                ask.answer('{"status":"Rejected"}', why)
                return
            notes = [self._station.open.note_reset(each.transaction_id, reason) for each in own]
            await self._house.store.commit(*notes)
            self._station.open.resets.update({each.transaction_id: reason for each in own})
        ask.answer(_ACCEPTED, "others use this wallbox: only its own transactions end (R103)")
        if not self._is_under_way:
            self._is_under_way = True
            name = f"{self._station.station_id} virtual reset"
            self._house.tasks.spawn(self._begin_anew(link, own), name=name)

    def _own(self, link: BackendLink) -> tuple[TransactionRecord, ...]:
        records = self._station.open.records.values()
        return tuple(each for each in records if billed_by(each) == link.identity.link_id)

    async def _begin_anew(self, link: BackendLink, own: Sequence[TransactionRecord]) -> None:
        log.info("virtual reset", station=self._station.station_id, link=link.identity.link_id)
        for record in own:
            self._stop(record)
        clock, open_now = self._house.tools.clock, self._station.open.records
        began = clock.monotonic()
        while any(each.transaction_id in open_now for each in own):
            if clock.monotonic() - began >= END_WITHIN_S:
                break
            await asyncio.sleep(_LOOK_S)
        self._is_under_way = False
        link.start_anew("virtual reset")

    def _stop(self, record: TransactionRecord) -> None:
        peer = self._station.presence.peer
        if peer is None:
            return
        text = f'{{"transactionId":{id_at_wallbox(record)}}}'

        def heard(outcome: Outcome) -> None:
            if not is_accepted(outcome):
                forgetting = self._forget(record.transaction_id)
                self._house.tasks.spawn(forgetting, name="no virtual reset")

        peer.ask("RemoteStopTransaction", text, heard, priority=Priority.STOP)

    async def _forget(self, transaction_id: int) -> None:
        """Should it end by RemoteStop after all, that was not for the reset."""
        try:
            await self._house.store.commit(*self._station.open.forget_reset(transaction_id))
        except StoreFailed as exc:
            say_not_stored(exc, note="end by reset")
        self._station.open.resets.pop(transaction_id, None)
