from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wattgate.core.files.rewriting import Direction
from wattgate.core.files.transfers import (
    DELIVERY,
    Held,
    Received,
    Transfer,
    TransferState,
    as_text,
    from_text,
)

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
UPLOAD = Transfer(
    id="one",
    token="geheim",
    direction=Direction.UPLOAD,
    action="GetDiagnostics",
    station_id="CP1",
    link_id="stall-1 CP1@a.example",
    location="ftp://user:geheim@a.example/",
    wallbox_host="192.0.2.7",
    begun_at=NOW,
    ends_at=NOW + timedelta(hours=24),
)
RECEIVED = Received(
    name="file", size=3, at=NOW, method="PUT", names=("x.zip",), headers=(("content-type", "a/b"),)
)
DOWNLOAD = replace(UPLOAD, direction=Direction.DOWNLOAD, action="UpdateFirmware")


@pytest.mark.parametrize(
    "transfer",
    [
        UPLOAD,
        replace(
            UPLOAD,
            received=RECEIVED,
            held=Held(action="LogStatusNotification", payload_text='{"status":"Uploaded"}'),
        ),
    ],
)
def test_r87_a_transfer_is_the_same_after_a_restart(transfer: Transfer) -> None:
    assert from_text(as_text(transfer)) == transfer


@pytest.mark.parametrize(
    ("transfer", "state"),
    [
        (UPLOAD, TransferState.OFFERED),
        (replace(UPLOAD, received=RECEIVED), TransferState.DELIVERING),
        (replace(UPLOAD, received=RECEIVED, failed="refused"), TransferState.FAILED),
    ],
)
def test_r87_a_transfer_says_how_far_it_has_come(transfer: Transfer, state: TransferState) -> None:
    assert transfer.state is state


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"id":1}'])
def test_what_another_version_has_stored_otherwise_is_no_transfer(text: str) -> None:
    assert from_text(text) is None


def test_r121_a_transfer_does_not_tell_its_token_or_its_location() -> None:
    assert "geheim" not in repr(UPLOAD)


@pytest.mark.parametrize(
    ("bound_to", "comes_from", "may"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("", "192.0.2.8", True),
    ],
)
def test_r87_a_file_is_for_the_wallbox_alone_where_its_address_is_known(
    bound_to: str, comes_from: str, may: bool
) -> None:
    assert replace(UPLOAD, wallbox_host=bound_to).is_for(comes_from) is may


@pytest.mark.parametrize(
    ("transfer", "h", "over"),
    [
        (UPLOAD, 23, False),
        (UPLOAD, 24, True),
        (replace(UPLOAD, received=RECEIVED), 24, False),
        (replace(UPLOAD, received=RECEIVED, failed="refused"), 23, False),
        (replace(UPLOAD, received=RECEIVED, failed="refused"), 24, True),
    ],
)
def test_r87_an_address_ends_with_its_time_but_never_before_its_file_is_delivered(
    transfer: Transfer, h: int, over: bool
) -> None:
    assert transfer.is_over(NOW + timedelta(hours=h)) is over


@pytest.mark.parametrize(
    ("before", "after", "replaced"),
    [
        (UPLOAD, UPLOAD, False),
        (UPLOAD, replace(UPLOAD, id="two"), True),
        (UPLOAD, replace(UPLOAD, id="two", action="GetLog"), False),
        (UPLOAD, replace(UPLOAD, id="two", station_id="CP2"), False),
        (UPLOAD, replace(UPLOAD, id="two", link_id="another"), False),
        (replace(UPLOAD, received=RECEIVED), replace(UPLOAD, id="two"), False),
        (DOWNLOAD, replace(DOWNLOAD, id="two", link_id="another"), True),
    ],
)
def test_r87_a_newer_command_takes_an_older_ones_place_but_no_file_that_has_come(
    before: Transfer, after: Transfer, replaced: bool
) -> None:
    assert before.is_replaced_by(after) is replaced


def test_r87_a_backends_server_is_not_asked_more_often_than_every_ten_minutes_for_long() -> None:
    assert DELIVERY.wait_s(1, 0.0) == 5.0
    assert 600.0 <= DELIVERY.wait_s(99, 0.0) <= 900.0
