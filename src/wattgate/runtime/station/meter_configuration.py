"""The announcement of the meters' public keys: kept, and passed on (R114)."""

from typing import Final

import structlog

from wattgate.core.gateway.policy import Rule
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.ports.store import NoteRecord, Recovered, SaveNote
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.station import Station

log = structlog.get_logger()

SCOPE: Final = "meter configuration"
"""Scope of the notes; their name is the ChargeBox ID."""

_TAKEN: Final = '{"status":"Accepted"}'


def recovered_meter_configuration(station_id: str, recovered: Recovered) -> str | None:
    """What a wallbox announced before the restart."""
    for note in recovered.notes:
        if (note.scope, note.name) == (SCOPE, station_id):
            return note.text
    return None


async def keep_meter_configuration(station: Station, payload_text: str) -> None:
    """Know it from now on, and after a restart."""
    if payload_text == station.meter_configuration:
        return
    note = NoteRecord(SCOPE, station.station_id, payload_text)
    await station.house.store.commit(SaveNote(note))
    station.meter_configuration = payload_text
    log.info("public keys of meters announced", station=station.station_id)


async def take_meter_configuration(station: Station, ask: Ask, rule: Rule) -> None:
    """Keep it for the logins to come, then let the backend answer; it is accepted without one.

    Every backend verifies signed values, so every one is told the keys, unchanged (R101, R114).
    """
    text = ask.call.payload_text
    await keep_meter_configuration(station, text)
    link = station.primary.link if station.primary is not None else None
    links = {
        backend.link_id: backend.link for evse in station.evses for backend in evse.present_backends
    }
    for other in links.values():
        if other is not link:
            other.announce(text)
    if link is None:
        ask.answer(_TAKEN, "kept here (R114)")
        return
    link.announcement.payload_text = text
    _pass_on(link, ask, rule)


def _pass_on(link: BackendLink, ask: Ask, rule: Rule) -> None:
    def heard(outcome: Outcome) -> None:
        match outcome:
            case CallResult(_, payload_text):
                link.announcement.is_due = False
                ask.answer(payload_text)
            case CallError(_, code, description, details_text):
                ask.peer.refuse(ask.call.unique_id, code, description, details_text)
            case NoAnswer():
                link.announcement.missed()
                ask.answer(_TAKEN, "kept for the backend's next login (R114)")

    link.ask(
        ask.call.action, ask.call.payload_text, heard, timeout_s=rule.timeout_s, source=ask.source
    )
