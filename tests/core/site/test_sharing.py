"""What of a shared login the file says also counts for an EVSE that it has no longer."""

from typing import Any

import pytest

from wattgate.core.site.sharing import in_step, read_gateway

OLD: dict[str, Any] = {"url": "ws://b/", "client_id": "X", "password": "old"}
NEW: dict[str, Any] = {"url": "wss://b", "client_id": "X", "password": "new", "role": "report"}


def evse(evse_id: str, *gateways: object, **settings: object) -> dict[str, Any]:
    return {"id": evse_id, "address": "CP1", "gateway": list(gateways), **settings}


@pytest.mark.parametrize(
    ("gone", "other", "goes_by"),
    [
        (evse("b", OLD), evse("a", NEW), [NEW]),
        (evse("b", OLD), evse("a", {"url": "ws://c/"}, NEW), [NEW]),
        (evse("b", {"url": "ws://c/"}, OLD), evse("a", NEW), [{"url": "ws://c/"}, NEW]),
        (evse("b", OLD), evse("a"), [OLD]),
        (evse("b", OLD), {"id": "a", "address": "CP1"}, [OLD]),
        (evse("b", OLD), evse("a", {**NEW, "client_id": "Y"}), [OLD]),
        (evse("b", OLD), evse("a", NEW, address="CP2"), [OLD]),
        (evse("b", OLD), evse("a", {**NEW, "url": 5}), [OLD]),
        (evse("b", OLD), evse("a", {**NEW, "url": "ftp://b"}), [OLD]),
        (evse("b", OLD), evse("a", 5), [OLD]),
        (evse("b", {"url": 5}), evse("a", NEW), [{"url": 5}]),
        (evse("b", OLD), evse("a", NEW, device_type="modbus"), [OLD]),
        (
            evse("b", OLD, device_type="modbus", address="one"),
            evse("a", NEW, device_type="power-brain", address="two"),
            [NEW],
        ),
    ],
)
def test_p5_an_evse_that_is_gone_goes_by_what_is_said_of_the_login_that_it_shares(
    gone: dict[str, Any], other: dict[str, Any], goes_by: list[object]
) -> None:
    assert in_step(gone, [other]) == {**gone, "gateway": goes_by}


@pytest.mark.parametrize("gateways", [None, 5, [5]])
def test_what_has_no_sense_stays_for_the_reader_to_refuse(gateways: object) -> None:
    gone = {"id": "b", "address": "CP1", "gateway": gateways}
    assert in_step(gone, [evse("a", NEW)]) == gone


def test_a_backend_is_read_unless_something_about_it_is_wrong() -> None:
    read = read_gateway(OLD)
    assert read is not None
    assert (read.url, read.password) == ("ws://b/", "old")
    assert read_gateway({**OLD, "url": "b"}) is None
    assert read_gateway({**OLD, "colour": 1}) is None
