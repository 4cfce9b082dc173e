import pytest

from wattgate.core.station.attribution import attribute
from wattgate.core.station.requests import StopRequest
from wattgate.core.station.transactions import TransactionRecord, TransactionStart

AT = "2026-05-15T15:00:00Z"


def record(
    number: int = 1,
    *,
    meter_wh: int = 1000,
    at: str = "2026-05-15T14:00:00Z",
    tag: str = "04A1",
    connector: int | None = None,
) -> TransactionRecord:
    place, key = connector or number, f"k{number}"
    start = TransactionStart("CP1", place, f"stall-{place}", "B", tag, meter_wh, at, key)
    return TransactionRecord(number, start)


@pytest.mark.parametrize(
    ("stop", "id_tag", "fits"),
    [
        (StopRequest(0, 2000, AT), None, True),
        (StopRequest(0, 1000, AT), "04a1", True),
        (StopRequest(0, 999, AT), None, False),
        (StopRequest(0, 2000, AT), "FFFF", False),
        (StopRequest(0, 2000, "2026-05-15T14:00:00Z"), None, True),
        (StopRequest(0, 2000, "2026-05-15T13:59:59Z"), None, False),
        (StopRequest(0, 2000, "2026-05-15T16:30:00+02:00"), None, True),
        (StopRequest(0, 2000, "yesterday"), None, False),
    ],
)
def test_a_stop_fits_by_register_time_and_card_r69(
    stop: StopRequest, id_tag: str | None, fits: bool
) -> None:
    known = record()
    assert attribute(stop, id_tag, [known]) == (known if fits else None)


def test_a_start_whose_time_means_nothing_fits_no_stop_r69() -> None:
    assert attribute(StopRequest(0, 2000, AT), None, [record(at="")]) is None


@pytest.mark.parametrize(
    ("records", "whose"),
    [
        ([], None),
        ([record(1), record(2)], None),
        ([record(1), record(2, meter_wh=9000)], 1),
        ([record(1, at="2026-05-15T16:00:00Z"), record(2)], 2),
        ([record(1), record(2, connector=1)], 2),
        ([record(2, connector=1), record(1)], 2),
        ([record(1), record(2, connector=1, at="2026-05-15T16:00:00Z")], 1),
        ([record(1), record(2, connector=1), record(3, connector=2)], None),
    ],
)
def test_it_is_attributed_only_where_there_is_no_choice_r69(
    records: list[TransactionRecord], whose: int | None
) -> None:
    found = attribute(StopRequest(-1, 2000, AT), None, records)
    assert (found.transaction_id if found is not None else None) == whose
