"""Carries out what a charger owes when its backend refuses a card after the start (R65)."""

import asyncio
from dataclasses import replace
from typing import Final

import structlog

from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.session import Priority
from wattgate.core.station.late_rejection import ASKED, Duty, is_rejected_late, read_duty
from wattgate.runtime.charging.profile_commands import Commands
from wattgate.runtime.peer import NoAnswer
from wattgate.runtime.station.evse_known import OpenTransaction
from wattgate.runtime.station.evse_ocpp16 import BOOT_PATIENCE_S
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse

log = structlog.get_logger()

RETRY_S: Final = 60.0
"""s after which a wallbox that has not ended the transaction is told again."""

LOOK_S: Final = 10.0
"""s between two looks at the energy that may still be drawn."""

UNMEASURED_S: Final = 300.0
"""s without any meter reading after which that energy counts as drawn."""


class LateRejections:
    """The transactions of one wallbox whose card was refused too late.

    The store knows them; where the wallbox is away, its next connection sets it going again.
    """

    def __init__(self, station: Station) -> None:
        self._station = station
        self._house = station.house
        self._commands = Commands(station.presence)
        self._under_way: set[int] = set()

    def refused(self, evse: StationEvse, transaction_id: int, verdict: str) -> None:
        """The backend has refused a card, and that is stored."""
        evse.newest_refusal = (transaction_id, verdict)
        current = evse.transaction
        if current is not None and current.record.transaction_id == transaction_id:
            current.record = replace(current.record, late_verdict=verdict)
            self.look_at(evse)

    def look_at_all(self) -> None:
        """The wallbox is here: begin what waited for it."""
        for evse in self._station.evses:
            self.look_at(evse)

    def look_at(self, evse: StationEvse) -> None:
        """Begin what is due at one EVSE, unless it is under way."""
        transaction = evse.transaction
        if transaction is None or not is_rejected_late(transaction.record):
            return
        transaction_id = transaction.record.transaction_id
        if transaction_id in self._under_way or not self._station.presence.is_connected:
            return
        self._under_way.add(transaction_id)
        self._house.tasks.spawn(
            self._carry_out(evse, transaction),
            name=f"{self._station.station_id} late rejection {transaction_id}",
        )

    async def _carry_out(self, evse: StationEvse, transaction: OpenTransaction) -> None:
        record = transaction.record
        log.warning(
            "card refused after the start",
            station=self._station.station_id,
            transaction=record.transaction_id,
            verdict=record.late_verdict,
        )
        try:
            await self._until_it_listens()
            duty = await self._duty()
            if duty is not None:
                await self._allow_energy(evse, transaction, duty)
                await self._end(evse, transaction, duty)
        finally:
            self._under_way.discard(record.transaction_id)

    async def _until_it_listens(self) -> None:
        """Some wallboxes drop commands before their boot."""
        now = self._house.tools.clock.monotonic()
        if not self._station.presence.is_settled(now, BOOT_PATIENCE_S):
            await asyncio.sleep(BOOT_PATIENCE_S)

    async def _duty(self) -> Duty | None:
        """What the wallbox's configuration asks for; None: it left before it said."""
        match await self._commands.send("GetConfiguration", ASKED, Priority.BACKEND):
            case CallResult(_, payload_text):
                return read_duty(payload_text)
            case NoAnswer() if not self._station.presence.is_connected:
                return None
            case NoAnswer() | CallError():
                return Duty()

    async def _allow_energy(
        self, evse: StationEvse, transaction: OpenTransaction, duty: Duty
    ) -> None:
        clock = self._house.tools.clock
        began = clock.monotonic()
        while evse.transaction is transaction:
            drawn_wh = _drawn_wh(evse, transaction)
            is_blind = drawn_wh is None and clock.monotonic() - began >= UNMEASURED_S
            if duty.is_due(drawn_wh) or is_blind:
                return
            await asyncio.sleep(LOOK_S)

    async def _end(self, evse: StationEvse, transaction: OpenTransaction, duty: Duty) -> None:
        if not duty.stops:
            # Load management gives it nothing any more; while it observes, nobody limits it.
            transaction.may_charge = False
            self._house.something_changed()
            return
        payload_text = f'{{"transactionId":{transaction.record.transaction_id}}}'
        while evse.transaction is transaction and self._station.presence.is_connected:
            await self._commands.send("RemoteStopTransaction", payload_text, Priority.STOP)
            await asyncio.sleep(RETRY_S)


def _drawn_wh(evse: StationEvse, transaction: OpenTransaction) -> float | None:
    """Wh since the start by the wallbox's register; None where it has not said since."""
    measured = evse.connector.measurement
    if measured.energy_wh is None or measured.energy_at is None:
        return None
    if measured.energy_at < transaction.started_monotonic:
        return None
    return measured.energy_wh - transaction.record.start.meter_start_wh
