"""Starts charging by the fixed card where none is presented (R57).

Where a car is plugged in and nobody presents a card, the wallbox gets a RemoteStartTransaction with
the card of the EVSE, once for each car. A backend is asked about the card before that.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

import structlog

from wattgate.core.ocpp.v16._generated import RemoteStartTransactionRequest
from wattgate.core.ocpp.v16.payload import payload_text
from wattgate.core.station.authorisation import AuthorizationStatus, fold
from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.station.fixed_card import FREE_CARD, PATIENCE_S, FixedStart
from wattgate.ports.store import Change, DeleteNote, NoteRecord, SaveNote, StoreFailed
from wattgate.runtime.ask import is_accepted
from wattgate.runtime.station.authorising import ask_about
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse
from wattgate.runtime.store_failures import say_not_stored

log = structlog.get_logger()

_OVER: Final = "fixed card"
"""Scope of the notes that an EVSE's present car is not started any more."""


class FixedStarting:
    """The fixed card of one EVSE."""

    def __init__(self, station: Station, evse: StationEvse) -> None:
        self._station = station
        self._house = station.house
        self._evse = evse
        self._start = FixedStart()
        self._is_noted = False
        self._waiting: asyncio.Task[None] | None = None

    def recover(self, notes: Iterable[NoteRecord]) -> None:
        """Know again that the car that is plugged in is not to be started any more."""
        if any((note.scope, note.name) == (_OVER, self._evse.evse_id) for note in notes):
            self._start, self._is_noted = self._start.over(), True

    def reported(self) -> None:
        """Its connector has reported: a car may have come, gone, or had its session."""
        self._become(self._start.reported(self._evse.connector.status))
        if self._due_at() is not None and (self._waiting is None or self._waiting.done()):
            name = f"{self._evse.evse_id} fixed card"
            self._waiting = self._house.tasks.start(self._wait(), name=name)

    def booted(self) -> None:
        """A wallbox that lost its power in the middle of a session may go on with the car."""
        if self._evse.in_use:
            self._become(FixedStart())

    @property
    def _card(self) -> str:
        """The card that starts charging where none is presented; empty: none does.

        A wallbox on Modbus that everybody may use is started as well: it cannot do so by itself.
        """
        settings = self._evse.settings
        if not settings.enabled:
            return ""
        card = settings.fixed_rfid if settings.fixed_rfid_start else ""
        is_free = settings.is_on_modbus and self._house.cards.is_open_to_all(self._evse.place)
        return card or (FREE_CARD if is_free else "")

    @property
    def _patience_s(self) -> float:
        """Whoever plugs in has time for a card of his own, where cards mean something."""
        return PATIENCE_S if self._evse.has_reader and self._card != FREE_CARD else 0.0

    def _due_at(self) -> float | None:
        """When the wallbox is to be asked; None while it is not."""
        evse, presence = self._evse, self._station.presence
        connector, connected_at = evse.connector, presence.connected_at
        is_waiting = connector.status is ConnectorStatus.PREPARING and connector.report_text
        if not is_waiting or not presence.is_connected or not self._card:
            return None
        plugged_at = max(connector.since, connected_at or 0.0)
        return self._start.due_at(plugged_at, evse.card_shown_at, self._patience_s)

    async def _wait(self) -> None:
        """Wait until it is time, as often as that is put off; end when this car is not started."""
        while (due_at := self._due_at()) is not None:
            wait_s = due_at - self._house.tools.clock.monotonic()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            else:
                await self._attempt()

    async def _attempt(self) -> None:
        running = self._evse.transaction
        if running is not None:
            is_of_this_car = running.started_monotonic >= self._evse.connector.since
            self._become(self._start.over() if is_of_this_car else self._failed())
            return
        verdict = await ask_about(self._house, self._evse, self._card)
        if verdict != AuthorizationStatus.ACCEPTED:
            log.warning("the fixed card is refused", evse=self._evse.evse_id, verdict=verdict)
            self._become(self._start.over())
        elif self._is_due() and not self._evse.in_use:
            await self._ask_wallbox()

    def _is_due(self) -> bool:
        due_at = self._due_at()
        return due_at is not None and due_at <= self._house.tools.clock.monotonic()

    async def _ask_wallbox(self) -> None:
        peer, settings = self._station.presence.peer, self._evse.settings
        if peer is None:
            return
        request = RemoteStartTransactionRequest(
            id_tag=self._card, connector_id=settings.ocpp_connector
        )
        now = self._house.tools.clock.monotonic()
        self._evse.commanded_card = (fold(self._card), now)
        outcome = await peer.call("RemoteStartTransaction", payload_text(request))
        log.info("start by the fixed card", evse=settings.id, taken=is_accepted(outcome))
        self._become(self._start.over() if is_accepted(outcome) else self._failed())

    def _failed(self) -> FixedStart:
        return self._start.failed(self._house.tools.clock.monotonic())

    # What outlasts a restart

    def _become(self, start: FixedStart) -> None:
        self._start = start
        if start.is_over is not self._is_noted and (self._card or self._is_noted):
            self._is_noted = start.is_over
            change = self._note() if start.is_over else DeleteNote(_OVER, self._evse.evse_id)
            self._house.tasks.spawn(self._keep(change), name=f"{self._evse.evse_id} fixed card")

    def _note(self) -> SaveNote:
        return SaveNote(NoteRecord(_OVER, self._evse.evse_id, ""))

    async def _keep(self, change: Change) -> None:
        """A note that is lost costs a start too many after a restart, or one too few."""
        try:
            await self._house.store.commit(change)
        except StoreFailed as exc:
            say_not_stored(exc, evse=self._evse.evse_id)
