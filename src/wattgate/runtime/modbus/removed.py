"""Ends the sessions at wallboxes on Modbus that the site has no more.

Such a wallbox names no transaction, and nobody asks it any more: without this, its backend would
wait for the end for ever. It is billed by the last good value (R109).
"""

from collections.abc import Collection
from datetime import UTC, datetime

import structlog

from wattgate.core.gateway.outbox import Draft
from wattgate.core.site.devices import MODBUS_STATION
from wattgate.core.station.lost_stop import Lost, end_of, stop_payload
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import (
    Change,
    CloseTransaction,
    DeleteNote,
    Enqueue,
    Recovered,
    Store,
    StoreFailed,
)
from wattgate.runtime.modbus.stand_in_kept import SCOPE, Kept
from wattgate.runtime.station.open_transactions import hearers
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.timestamps import ocpp_time, read_time

log = structlog.get_logger()


async def end_removed(store: Store, recovered: Recovered, station_ids: Collection[str]) -> bool:
    """End what is open at wallboxes on Modbus that are not among these; whether anything was.

    What was kept of such a wallbox is forgotten: should it come back, it begins anew. What cannot
    be stored is ended at the next start.
    """
    gone = [
        record
        for record in recovered.open_transactions
        if record.start.station_id.startswith(MODBUS_STATION)
        and record.start.station_id not in station_ids
    ]
    for record in gone:
        station_id, number = record.start.station_id, record.transaction_id
        try:
            await store.commit(*_ending(record, recovered))
        except StoreFailed as exc:
            say_not_stored(exc, station=station_id)
        else:
            log.warning(
                "ended: the site has its wallbox no longer", station=station_id, transaction=number
            )
    return bool(gone)


def _ending(record: TransactionRecord, recovered: Recovered) -> tuple[Change, ...]:
    start, number = record.start, record.transaction_id
    stop = end_of(record, _last_look(record, recovered))
    text = stop_payload(number, stop)
    return (
        CloseTransaction(start.station_id, number, stop),
        DeleteNote(SCOPE, start.evse_id),
        *(Enqueue(Draft(each, "StopTransaction", text, number)) for each in hearers(record)),
    )


def _last_look(record: TransactionRecord, recovered: Recovered) -> Lost:
    """What its meter showed last, and when, as far as it is stored."""
    start = record.start
    register = Kept.recovered(start.evse_id, recovered.notes).register
    began_at = read_time(start.started_at) or datetime.fromtimestamp(0, UTC)
    at = began_at if register.at_s is None else datetime.fromtimestamp(register.at_s, UTC)
    return Lost(at, ocpp_time(at), int(register.total_wh))
