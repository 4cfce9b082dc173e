"""Waits for ends that a wallbox has not told, and closes what it never tells (R77)."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final

import structlog

from wattgate.core.gateway.outbox import Draft
from wattgate.core.station.lost_stop import (
    Lost,
    Sign,
    end_of,
    last_register_wh,
    sign_of,
    stop_payload,
)
from wattgate.core.station.transactions import TransactionRecord, TransactionStop
from wattgate.ports.store import Change, CloseTransaction, Enqueue, FrameWay, StoreFailed
from wattgate.runtime.station.billing import backend_named, hand_over, link_named
from wattgate.runtime.station.open_transactions import hearers
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.timestamps import ocpp_time

log = structlog.get_logger()

LOOK_EVERY_S: Final = 600.0
"""s between two looks: the wait is one of hours."""


class LostStops:
    """The open transactions of one wallbox; `limit` is how long their end is waited for."""

    def __init__(self, station: Station, limit: Callable[[], timedelta]) -> None:
        self._station = station
        self._house = station.house
        self._limit = limit
        self._noticed: dict[int, float] = {}
        self._unclaimed: set[int] = set()
        """Those whose EVSE had no transaction at the last look."""

    async def look(self) -> None:
        """See what has become of each; what the store cannot keep is looked at again later."""
        known = self._station.open
        metered = known.take_metered()
        for record in tuple(known.records.values()):
            async with self._station.in_order:
                if record.transaction_id not in known.records:
                    continue  # its end has come meanwhile
                sign = self._sign(record, record.transaction_id in metered)
                try:
                    await self._act(record, sign)
                except StoreFailed as exc:
                    say_not_stored(exc, station=self._station.station_id)

    def _sign(self, record: TransactionRecord, was_metered: bool) -> Sign:
        evse = self._evse_named(record.start.evse_id)
        if evse is None:
            return Sign.THERE if was_metered else Sign.GONE  # the site has its EVSE no longer
        current = evse.transaction
        if current is None:
            return self._sign_unclaimed(record.transaction_id)
        self._unclaimed.discard(record.transaction_id)
        is_current = current.record.transaction_id == record.transaction_id
        began = current.started_monotonic
        return sign_of(evse.connector, began=began, is_current=is_current, was_metered=was_metered)

    def _sign_unclaimed(self, transaction_id: int) -> Sign:
        """Its answer may be under way, but not for two looks in a row.

        Then it was never given, or a later one of the same EVSE has come and gone.
        """
        if transaction_id in self._unclaimed:
            return Sign.GONE
        self._unclaimed.add(transaction_id)
        return Sign.NONE

    async def _act(self, record: TransactionRecord, sign: Sign) -> None:
        known = self._station.open
        lost = known.lost.get(record.transaction_id)
        match sign:
            case Sign.GONE if lost is None:
                await self._begin(record)
            case Sign.GONE | Sign.NONE if lost is not None:
                await self._go_on(record, lost)
            case Sign.THERE if lost is not None:
                await self._house.store.commit(*known.forget_lost(record.transaction_id))
                del known.lost[record.transaction_id]
            case _:
                pass

    async def _begin(self, record: TransactionRecord) -> None:
        clock, known = self._house.tools.clock, self._station.open
        lost = Lost(clock.wall(), self._last_sign(record), await self._last_wh(record))
        await self._house.store.commit(known.note_lost(record.transaction_id, lost))
        known.lost[record.transaction_id] = lost
        self._noticed[record.transaction_id] = clock.monotonic()
        log.warning(
            "the end of a transaction is missing",
            station=self._station.station_id,
            transaction=record.transaction_id,
        )

    async def _last_wh(self, record: TransactionRecord) -> int:
        """The register as it was last read, also before a restart, where evidence is kept."""
        number, known_wh = record.transaction_id, self._station.open.last_wh(record)
        if self._station.open.metered_at(number) is not None:
            return known_wh
        frames = await self._house.store.frames(number)
        read_wh = last_register_wh(each.text for each in frames if each.way is FrameWay.RECEIVED)
        return known_wh if read_wh is None else max(known_wh, read_wh)

    def _last_sign(self, record: TransactionRecord) -> str:
        """When the register was last read in its course, else now, by our clock."""
        clock = self._house.tools.clock
        metered_at = self._station.open.metered_at(record.transaction_id)
        ago_s = 0.0 if metered_at is None else clock.monotonic() - metered_at
        return ocpp_time(clock.wall() - timedelta(seconds=ago_s))

    async def _go_on(self, record: TransactionRecord, lost: Lost) -> None:
        clock, known = self._house.tools.clock, self._station.open
        now, number = clock.wall(), record.transaction_id
        if lost.since > now:
            lost = lost.not_before(now)
            await self._house.store.commit(known.note_lost(number, lost))
            known.lost[number] = lost
            self._noticed[number] = clock.monotonic()  # the clock will be put right again
        # A jump of our clock must not shorten the wait: monotonic time agrees, as far as it goes.
        limit = self._limit()
        waited_s = clock.monotonic() - self._noticed.get(number, float("-inf"))
        if lost.is_over(now, limit) and waited_s >= limit.total_seconds():
            await self._close(number, lost)

    async def _close(self, transaction_id: int, lost: Lost) -> None:
        """Close it here, and at each of its backends where the site wants that."""
        station_id, known = self._station.station_id, self._station.open
        record = await self._house.store.transaction(station_id, transaction_id)
        if record is None:
            return
        stop = end_of(record, lost)
        told = tuple(filter(self._is_told, hearers(record)))
        changes: list[Change] = [
            CloseTransaction(station_id, transaction_id, stop),
            *known.forget_lost(transaction_id),
            *known.forget_reset(transaction_id),
            *self._telling(transaction_id, told, stop),
        ]
        queued = await self._house.store.commit(*changes)
        if told:
            known.told[transaction_id] = told
        hand_over(self._station, queued, None)
        for link_id in told:
            link = link_named(self._station, link_id)
            if link is not None:
                link.deliver()  # the wallbox may be away for good
        self._noticed.pop(transaction_id, None)
        log.warning(
            "transaction closed without its end",
            station=station_id,
            transaction=transaction_id,
            told_to_backends=told,
        )
        self._station.transaction_ended(transaction_id)

    def _is_told(self, link_id: str) -> bool:
        """Whether the site wants the backend of that link to hear of an end nobody has told."""
        backend = backend_named(self._station, None, link_id)
        return backend is not None and backend.gateway.deliver_inferred

    def _telling(
        self, transaction_id: int, link_ids: Sequence[str], stop: TransactionStop
    ) -> Iterator[Change]:
        text = stop_payload(transaction_id, stop)
        for link_id in link_ids:
            yield Enqueue(Draft(link_id, "StopTransaction", text, transaction_id))
        if link_ids:
            yield self._station.open.note_told(transaction_id, link_ids)

    def _evse_named(self, evse_id: str) -> StationEvse | None:
        return next((evse for evse in self._station.evses if evse.evse_id == evse_id), None)


async def watch(stops: Iterable[LostStops]) -> None:
    """Look at all of them, for ever."""
    them = tuple(stops)
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        for each in them:
            await each.look()
