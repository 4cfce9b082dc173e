"""Whose end a StopTransaction is that names no transaction of its wallbox (R69).

Some wallboxes lose the id over a restart, or always send 0. A stop under a wrong id ends somebody
else's session, so it is attributed only where there is no choice.
"""

from collections.abc import Iterable

from wattgate.core.station.authorisation import fold
from wattgate.core.station.clock import read_stamp
from wattgate.core.station.requests import StopRequest
from wattgate.core.station.transactions import TransactionRecord


def attribute(
    stop: StopRequest, id_tag: str | None, open_records: Iterable[TransactionRecord]
) -> TransactionRecord | None:
    """The one open transaction of that wallbox that can have ended so; None for none or several.

    `id_tag` is the card that ended it, None where the stop names none. Of several at one connector
    only the newest runs: the end of the others is missing, and came before it began.
    """
    newest: dict[int, TransactionRecord] = {}
    for record in sorted(open_records, key=lambda record: record.transaction_id):
        if _fits(stop, id_tag, record):
            newest[record.start.connector] = record
    return next(iter(newest.values())) if len(newest) == 1 else None


def _fits(stop: StopRequest, id_tag: str | None, record: TransactionRecord) -> bool:
    start = record.start
    if stop.meter_stop < start.meter_start_wh:
        return False
    if id_tag is not None and fold(id_tag) != fold(start.id_tag):
        return False
    stopped_at, started_at = read_stamp(stop.timestamp), read_stamp(start.started_at)
    return stopped_at is not None and started_at is not None and stopped_at >= started_at
