from dataclasses import fields
from typing import Any, Final, get_args

import pytest

from wattgate.core.backend.events import Called, Event, record, words
from wattgate.core.backend.notices import Connected, ConnectionRefused, StationListed

SAID: Final = {"id", "action", "reason", "transaction_id"}
SIGNED: Final = '{"value": "OCMF|{\\u00e4 1.10}\\/"}'


def test_a_record_carries_the_payload_text_verbatim_p17() -> None:
    assert record(Called("CP1", "DataTransfer", "m1", SIGNED)) == {
        "event": "call",
        "id": "CP1",
        "action": "DataTransfer",
        "message_id": "m1",
        "payload_text": SIGNED,
    }


def test_words_may_contain_braces() -> None:
    assert words(Called("CP1", "DataTransfer", "m1", SIGNED)) == f"CP1: DataTransfer {SIGNED}"


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Connected("CP1", "127.0.0.1:5", "TLS"), "CP1: connected from 127.0.0.1:5, TLS"),
        (ConnectionRefused(None, "a", "no id"), "refused a (as none): no id"),
        (
            StationListed("CP1", "away", "none", {"1": "Charging", "2": "Available"}, (5000,)),
            "CP1: away, registration none, connectors 1 Charging, 2 Available; "
            "open transactions 5000",
        ),
        (
            StationListed("CP1", "connected", "Accepted", {}, ()),
            "CP1: connected, registration Accepted, connectors none; open transactions none",
        ),
    ],
)
def test_words_are_one_line(event: Event, line: str) -> None:
    assert words(event) == line


@pytest.mark.parametrize("kind", get_args(Event))
def test_every_event_has_a_name_and_words_of_its_own_fields(kind: type[Event]) -> None:
    filler: dict[str, Any] = {field.name: f"<{field.name}>" for field in fields(kind)}
    event = kind(**filler)
    assert all(f"<{field.name}>" in words(event) for field in fields(kind) if field.name in SAID)
    assert record(event)["event"] == kind.kind
    assert list(record(event))[1:] == [field.name for field in fields(kind)]


def test_no_two_events_share_a_name() -> None:
    names = [kind.kind for kind in get_args(Event)]
    assert len(set(names)) == len(names)
