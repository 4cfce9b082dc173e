import json
from datetime import UTC, datetime, timedelta

import pytest

from wattgate.core.station.connector import Connector, ConnectorStatus
from wattgate.core.station.lost_stop import (
    Lost,
    Sign,
    end_of,
    last_register_wh,
    lost_text,
    read_lost,
    sign_of,
    stop_payload,
)
from wattgate.core.station.transactions import (
    TransactionRecord,
    TransactionStart,
    TransactionStop,
)

AT = datetime(2026, 5, 15, 12, tzinfo=UTC)
LIMIT = timedelta(hours=24)
LOST = Lost(AT, "2026-05-15T11:59:00.000Z", 52000)
START = TransactionStart("CP1", 1, "stall-1", "B", "04A1", 51880, "2026-05-15T11:00:00Z", "k")
RECORD = TransactionRecord(7, START)


def connector(status: ConnectorStatus, since: float, *, reported: bool = True) -> Connector:
    return Connector(status, since=since, report_text="{}" if reported else None)


@pytest.mark.parametrize(
    ("seen", "metered", "sign"),
    [
        (connector(ConnectorStatus.AVAILABLE, 11.0), False, Sign.GONE),
        (connector(ConnectorStatus.RESERVED, 11.0), False, Sign.GONE),
        (connector(ConnectorStatus.AVAILABLE, 11.0), True, Sign.GONE),
        (connector(ConnectorStatus.AVAILABLE, 10.0), False, Sign.NONE),
        (connector(ConnectorStatus.AVAILABLE, 11.0, reported=False), False, Sign.NONE),
        (connector(ConnectorStatus.AVAILABLE, 11.0, reported=False), True, Sign.THERE),
        (connector(ConnectorStatus.CHARGING, 11.0), False, Sign.THERE),
        (connector(ConnectorStatus.SUSPENDED_EV, 9.0), False, Sign.THERE),
        (connector(ConnectorStatus.SUSPENDED_EVSE, 9.0), False, Sign.THERE),
        (connector(ConnectorStatus.CHARGING, 9.0, reported=False), False, Sign.NONE),
        (connector(ConnectorStatus.PREPARING, 11.0), False, Sign.NONE),
        (connector(ConnectorStatus.FINISHING, 11.0), True, Sign.THERE),
        (connector(ConnectorStatus.FAULTED, 11.0), False, Sign.NONE),
        (Connector(), False, Sign.NONE),
    ],
)
def test_a_car_has_left_where_the_connector_was_reported_free_since_the_start_r77(
    seen: Connector, metered: bool, sign: Sign
) -> None:
    assert sign_of(seen, began=10.0, is_current=True, was_metered=metered) is sign


def test_a_transaction_is_over_when_the_next_one_runs_at_its_connector_r77() -> None:
    seen = connector(ConnectorStatus.CHARGING, 11.0)
    assert sign_of(seen, began=10.0, is_current=False, was_metered=True) is Sign.GONE


@pytest.mark.parametrize(
    ("after", "over"),
    [
        (timedelta(0), False),
        (LIMIT - timedelta(seconds=1), False),
        (LIMIT, True),
        (timedelta(days=-1), False),
    ],
)
def test_the_end_is_waited_for_as_long_as_the_site_says_r77(after: timedelta, over: bool) -> None:
    assert LOST.is_over(AT + after, LIMIT) is over


def test_a_clock_that_is_set_back_does_not_make_the_wait_longer_than_it_is() -> None:
    year = timedelta(days=365)
    assert LOST.not_before(AT + year) == LOST
    assert LOST.not_before(AT - year) == Lost(AT - year, LOST.last_sign, LOST.meter_wh)


@pytest.mark.parametrize(
    ("text", "lost"), [(lost_text(LOST), LOST), ("", None), ("{}", None), ('{"since":1}', None)]
)
def test_what_is_waited_for_outlasts_a_restart(text: str, lost: Lost | None) -> None:
    assert read_lost(text) == lost


@pytest.mark.parametrize(
    ("lost", "meter_wh", "stopped_at"),
    [
        (LOST, 52000, "2026-05-15T11:59:00.000Z"),
        (Lost(AT, LOST.last_sign, 5), 51880, LOST.last_sign),
        (Lost(AT, "2026-05-15T10:00:00Z", 52000), 52000, START.started_at),
        (Lost(AT, "odd", 52000), 52000, "odd"),
    ],
)
def test_an_assumed_end_is_never_before_the_start_r77(
    lost: Lost, meter_wh: int, stopped_at: str
) -> None:
    assert end_of(RECORD, lost) == TransactionStop(meter_wh, stopped_at, "Other", inferred=True)


def test_an_assumed_end_can_be_told_to_a_backend_r77() -> None:
    assert json.loads(stop_payload(7, end_of(RECORD, LOST))) == {
        "transactionId": 7,
        "meterStop": 52000,
        "timestamp": "2026-05-15T11:59:00.000Z",
        "reason": "Other",
    }


def frame(action: str, at: str, wh: int) -> str:
    sample = {"timestamp": at, "sampledValue": [{"value": str(wh)}]}
    return json.dumps([2, "7", action, {"connectorId": 1, "meterValue": [sample]}])


@pytest.mark.parametrize(
    ("texts", "register_wh"),
    [
        ([], None),
        (["junk", '[3,"7",{}]'], None),
        ([frame("StartTransaction", "2026-05-15T12:00:00Z", 9)], None),
        (
            [
                frame("MeterValues", "2026-05-15T12:20:00Z", 52100),
                frame("MeterValues", "2026-05-15T12:10:00Z", 52000),
                frame("MeterValues", "2026-05-15T12:30:00Z", 52200),
            ],
            52200,
        ),
    ],
)
def test_the_newest_reading_of_the_register_counts_r77(
    texts: list[str], register_wh: int | None
) -> None:
    assert last_register_wh(texts) == register_wh
