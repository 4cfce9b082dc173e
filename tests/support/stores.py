"""Things to put into a store."""

from datetime import UTC, datetime

from wattgate.core.gateway.outbox import Draft
from wattgate.core.station.transactions import TransactionStart
from wattgate.ports.store import Enqueue, Receipt

AT = datetime(2026, 11, 22, 8, 30, 15, 123457, tzinfo=UTC)
"""A point in time whose microseconds a careless conversion would lose."""


def start(
    key: str = "k1",
    *,
    station_id: str = "CP1",
    evse_id: str = "stall-1",
    link_id: str | None = "B",
    report_link_ids: tuple[str, ...] = (),
) -> TransactionStart:
    """Say what a StartTransaction said; transactions differ by their key."""
    return TransactionStart(
        station_id=station_id,
        connector=1,
        evse_id=evse_id,
        link_id=link_id,
        id_tag="04A1B2",
        meter_start_wh=1000,
        started_at="2026-11-22T09:30:00+01:00",
        key=key,
        report_link_ids=report_link_ids,
    )


def draft(payload_text: str = "{}", *, link_id: str = "B", action: str = "MeterValues") -> Draft:
    """Write a message for a backend."""
    return Draft(link_id, action, payload_text)


def enqueue(payload_text: str = "{}", *, link_id: str = "B") -> Enqueue:
    """Ask for a message to be queued."""
    return Enqueue(draft(payload_text, link_id=link_id))


def receipt(
    key: str, answer_text: str = "{}", *, station_id: str = "CP1", at: datetime = AT
) -> Receipt:
    """Write the receipt for a wallbox's message."""
    return Receipt(station_id, key, answer_text, at)
