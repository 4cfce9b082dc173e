"""Where a wallbox's billing messages go, and that each of them counts once."""

import asyncio
from collections.abc import Sequence
from itertools import chain

import structlog

from wattgate.core.gateway.outbox import Draft, OutboxMessage
from wattgate.core.station.requests import MeterValuesRequest, StartRequest
from wattgate.core.station.salvage import NO_CONNECTOR, OddMeterValues, OddStart
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import Change, KeepAside, Receipt
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse

log = structlog.get_logger()


def told_now(evse: StationEvse | None) -> tuple[EvseBackend, ...]:
    """The backends that hear of what happens at an EVSE now; the one that bills it first (R106)."""
    if evse is None:
        return ()
    return (*(() if evse.primary is None else (evse.primary,)), *evse.reports)


def backend_named(
    station: Station, evse: StationEvse | None, link_id: str | None
) -> EvseBackend | None:
    """The backend of that link, as the EVSE has it, else as another EVSE does.

    Those of the wallbox come first, then those of the site: an EVSE may have got another address.
    None when the site has it no longer, and its queue waits.
    """
    places = chain(() if evse is None else (evse,), station.evses, station.neighbours())
    return next((found for each in places if (found := each.backend_of(link_id))), None)


def backend_hearing(
    station: Station, record: TransactionRecord, link_id: str
) -> EvseBackend | None:
    """The backend of that link as it knows the connector at which a transaction began.

    Whatever stands there by now: the EVSE may have another name, or the site none there.
    """
    start = record.start
    here = (each for evse in station.evses for each in evse.backends if each.link_id == link_id)
    found = next((each for each in here if each.connectors.number == start.connector), None)
    evse = next((each for each in station.evses if each.evse_id == start.evse_id), None)
    return found or backend_named(station, evse, link_id)


def link_named(station: Station, link_id: str | None) -> BackendLink | None:
    """The link of that name; None when the site has it no longer, and its queue waits."""
    backend = backend_named(station, None, link_id)
    return None if backend is None else backend.link


def once(station: Station, key: str) -> Receipt:
    """The receipt for a message that is answered `{}`; a repetition has the same key (R68)."""
    return Receipt(station.station_id, key, "{}", station.house.tools.clock.wall())


def evse_of(
    station: Station, request: StartRequest | MeterValuesRequest | OddMeterValues
) -> StationEvse | None:
    """The EVSE that a message is about; None where the site has none at its connector.

    One that cannot be read and names no connector can only be about the wallbox's only EVSE.
    """
    is_odd = isinstance(request, OddStart | OddMeterValues)
    if is_odd and request.connector_id == NO_CONNECTOR:
        return station.evses[0] if len(station.evses) == 1 else None
    return station.evse_at(request.connector_id)


def hand_over(
    station: Station, queued: Sequence[OutboxMessage], awaited: str | None
) -> asyncio.Future[str] | None:
    """Tell each queue of its message; the answer to come of the link that is awaited (R106).

    None where no backend is there to give one. Nobody waits for any other.
    """
    expected = None
    for message in queued:
        link_id = message.draft.link_id
        link = link_named(station, link_id)
        if link is None:
            log.error("message for a backend the site no longer has", link=link_id)
            continue
        if link_id == awaited and link.is_online:
            expected = link.pump.expect(message.number)
        link.pump.added(message)
    return expected


async def keep_orphan(
    station: Station, ask: Ask, key: str, reason: str, *changes: Change
) -> tuple[OutboxMessage, ...]:
    """Keep a message that can go to no backend among the dead letters (R59, R69), with `changes`.

    It is never guessed whose it is: a stop under a wrong id ends somebody's session. Returns what
    the changes queued.
    """
    log.warning("message kept aside", station=station.station_id, reason=reason)
    draft = Draft(f"unattributed {station.station_id}", ask.call.action, ask.call.payload_text)
    letter = KeepAside(draft, reason, station.house.tools.clock.wall())
    taken = await station.house.store.take(once(station, key), letter, *changes)
    ask.stored(ask.call.payload_text, f"apart: {reason}")
    return taken.queued
