"""A backend reserves connectors, and gives them up (OCPP 1.6 §5.4, §5.13; R102, R105)."""

from collections.abc import Callable
from typing import Final

from wattgate.core.gateway.commands.reservations import RESERVATION
from wattgate.core.gateway.policy import Rule
from wattgate.core.ocpp.splice import read_scalars, replace_scalar
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.peer import Outcome
from wattgate.runtime.station.station import Station

_REJECTED: Final = '{"status":"Rejected"}'

Send = Callable[[Ask, Rule, str, Callable[[], Callable[[Outcome], None]]], None]
"""Sends a payload to the wallbox and answers the backend as it does; the last argument is called
when it is sent, and what it gives when the wallbox has answered."""


class ReservationCommands:
    """Handles what one backend wants reserved at one EVSE; the wallbox's answers are passed on."""

    def __init__(self, station: Station, evse_id: str, backend: EvseBackend, send: Send) -> None:
        self._station = station
        self._evse_id = evse_id
        self._backend = backend
        self._send = send

    def reserve(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Have a connector kept for a card, under an id that no other backend has there."""
        self._station.in_background(ask, self._reserve(link, ask, rule))

    async def _reserve(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        text = self._backend.connectors.to_wallbox(ask.call.payload_text, rule.connector)
        link_id, reservations = link.identity.link_id, self._station.reservations
        if reservations.is_unread(link_id, text) or not self._station.presence.is_connected:
            self._send(ask, rule, text, lambda: _nothing)
            return
        asked, heard = await reservations.intend(link_id, text, self._evse_id)
        self._send(ask, rule, _with_id(text, asked.our_id, asked.their_id), lambda: heard)

    def cancel(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Give one of its own up; there are no others for it."""
        reservations, text = self._station.reservations, ask.call.payload_text
        link_id = link.identity.link_id
        if reservations.is_unread(link_id, text):
            self._send(ask, rule, text, lambda: _nothing)
            return
        ids = reservations.ids_of(link_id, text)
        if ids is None:
            ask.answer(_REJECTED, "no reservation of this backend (R105)")
            return
        our_id, their_id = ids

        def heard(outcome: Outcome) -> None:
            reservations.cancelled(our_id, outcome)

        self._send(ask, rule, _with_id(text, our_id, their_id), lambda: heard)


def _with_id(payload_text: str, our_id: int, their_id: int) -> str:
    """With the wallbox's id, also where a wallbox would read another one than we do."""
    if our_id == their_id and len(read_scalars(payload_text, RESERVATION)) == 1:
        return payload_text
    return replace_scalar(payload_text, RESERVATION, str(our_id))


def _nothing(_: Outcome) -> None:
    """Nobody waits for it."""
