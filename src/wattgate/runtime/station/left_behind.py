"""What becomes of open transactions at OCPP wallboxes that the site has no more.

Such a wallbox has no way in any more, and so cannot tell the end. Where its EVSE has got another
address, the wallbox may come under that one: then the transaction is its own. Else it is ended
here, and its backends hear of it: without that they would wait for the end for ever.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import structlog

from wattgate.core.gateway.outbox import Draft
from wattgate.core.site.devices import MODBUS_STATION
from wattgate.core.site.model import Site
from wattgate.core.station.lost_stop import Lost, end_of, last_register_wh, stop_payload
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import (
    Change,
    CloseTransaction,
    Enqueue,
    FrameRecord,
    FrameWay,
    MoveTransaction,
    Recovered,
    Store,
    StoreFailed,
)
from wattgate.runtime.station.open_transactions import OpenTransactions, hearers, is_shared
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.timestamps import ocpp_time, read_time

log = structlog.get_logger()


async def settle_left_behind(store: Store, recovered: Recovered, site: Site) -> bool:
    """Give them to the wallbox that has their EVSE now, or end them; whether there were any.

    What cannot be stored is settled at the next start.
    """
    left = [each for each in recovered.open_transactions if _is_left_behind(each, site)]
    for record in left:
        try:
            await _settle(store, record, recovered, site)
        except StoreFailed as exc:
            say_not_stored(exc, station=record.start.station_id)
    return bool(left)


def _is_left_behind(record: TransactionRecord, site: Site) -> bool:
    station_id = record.start.station_id
    return not station_id.startswith(MODBUS_STATION) and station_id not in site.station_ids()


async def _settle(
    store: Store, record: TransactionRecord, recovered: Recovered, site: Site
) -> None:
    number, known = record.transaction_id, OpenTransactions(record.start.station_id)
    known.recover(recovered)
    heir = _heir(record, site)
    if heir is not None:
        await store.commit(MoveTransaction(number, heir), *_notes_moved(known, number, heir))
        if await store.transaction(heir, number) is not None:
            log.warning("goes on at another address", transaction=number, station=heir)
            return
    await store.commit(*_ending(record, known, await store.frames(number)))
    station_id = record.start.station_id
    log.warning("ended: the site has its wallbox no longer", station=station_id, transaction=number)


def _heir(record: TransactionRecord, site: Site) -> str | None:
    """The wallbox that its EVSE is at now; None where that has no OCPP, or is gone as well."""
    places = (
        each.station_id
        for each in site.served_evses()
        if each.id == record.start.evse_id and not each.is_on_modbus
    )
    return next(places, None)


def _notes_moved(known: OpenTransactions, number: int, heir: str) -> Iterator[Change]:
    """It is waited for anew; but why it is to end stays (R103)."""
    yield from known.forget_lost(number)
    yield from known.forget_reset(number)
    if number in known.resets:
        yield OpenTransactions(heir).note_reset(number, known.resets[number])


def _ending(
    record: TransactionRecord, known: OpenTransactions, frames: tuple[FrameRecord, ...]
) -> tuple[Change, ...]:
    start, number = record.start, record.transaction_id
    stop = end_of(record, known.lost.get(number) or _last_sign(record, frames))
    changes = (
        CloseTransaction(start.station_id, number, stop),
        *known.forget_lost(number),
        *known.forget_reset(number),
    )
    if is_shared(record):
        return changes  # it was between wallbox and backend alone (mode T)
    text, links = stop_payload(number, stop), hearers(record)
    return (
        *changes,
        known.note_told(number, links),
        *(Enqueue(Draft(each, "StopTransaction", text, number)) for each in links),
    )


def _last_sign(record: TransactionRecord, frames: tuple[FrameRecord, ...]) -> Lost:
    """What its meter showed last, and when that came, as far as evidence of it is kept."""
    start, came = record.start, [each for each in frames if each.way is FrameWay.RECEIVED]
    began_at = read_time(start.started_at) or datetime.fromtimestamp(0, UTC)
    at = max((each.at for each in came), default=began_at)
    meter_wh = last_register_wh(each.text for each in came)
    return Lost(at, ocpp_time(at), start.meter_start_wh if meter_wh is None else meter_wh)
