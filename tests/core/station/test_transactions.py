from wattgate.core.station.transactions import TransactionRecord, TransactionStart

START = TransactionStart(
    station_id="CP1",
    connector=1,
    evse_id="stall-1",
    link_id=None,
    id_tag="04A1",
    meter_start_wh=51880,
    started_at="2026-05-15T14:25:12Z",
    key="start",
)


def test_a_new_transaction_is_open_unanswered_and_unknown_to_the_backend_r60() -> None:
    record = TransactionRecord(1, START)
    assert (record.backend_transaction_id, record.answer_text, record.stop) == (None, None, None)
