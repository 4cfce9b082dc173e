from dataclasses import replace

import pytest

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


def test_r106_all_links_hear_of_a_transaction_and_the_one_that_bills_it_comes_first() -> None:
    reporting = replace(START, report_link_ids=("C", "D"))
    assert reporting.link_ids == ("C", "D")
    assert replace(reporting, link_id="B").link_ids == ("B", "C", "D")
    assert START.link_ids == ()


@pytest.mark.parametrize(
    ("link_id", "expected"), [("B", 700), ("C", 700), ("D", 9), ("E", None), ("F", None)]
)
def test_r64_each_link_has_its_own_id_of_a_transaction(link_id: str, expected: int | None) -> None:
    start = replace(START, link_id="B", report_link_ids=("C", "D", "E"))
    record = TransactionRecord(1, start, 700, report_ids={"C": 700, "D": 9})
    assert record.id_at(link_id) == expected


def test_a_record_can_be_a_member_of_a_set() -> None:
    record = TransactionRecord(1, START, report_ids={"C": 700})
    assert len({record, replace(record), replace(record, report_ids={})}) == 2
