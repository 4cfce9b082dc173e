import json
from datetime import UTC, datetime

import pytest

from wattgate.cli.demo_words import (
    backend_words,
    event_line,
    listening_url,
    wallbox_words,
)


def line(kind: str, **facts: object) -> str:
    return json.dumps({"event": kind, "id": "CP1", **facts})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (line("connected"), "connected to the manager"),
        (line("disconnected", reason="1006"), "lost the manager: 1006"),
        (line("authorized", id_tag="ANNA", status="Accepted"), "card ANNA: Accepted"),
        (line("status", status="SuspendedEV", connector=1), "now paused by car"),
        (line("limit", current_a=13.44, connector=1), "may draw 13.4 A per phase"),
        (line("limit", current_a=0.0, connector=1), "may draw nothing"),
        (line("stopped", transaction_id=7, reason="Local"), "ends transaction 7 (Local)"),
        (line("problem", what="no card"), "no card"),
        (line("meter", energy_wh=1), None),
        ("Traceback (most recent call last):", None),
        ("[1]", None),
        ("", None),
    ],
)
def test_what_a_wallbox_reports_is_said_in_words(said: str, words: str | None) -> None:
    assert wallbox_words(said) == words


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (line("connected", peer_address="::1"), "backend: CP1 has logged in"),
        (
            line("transaction-started", id_tag="ANNA", transaction_id=5000),
            "backend: bills ANNA, transaction 5000",
        ),
        (
            line("transaction-stopped", transaction_id=5000, reason="Local"),
            "backend: transaction 5000 is over (Local)",
        ),
        (line("call", action="Heartbeat"), None),
    ],
)
def test_what_the_backend_reports_is_said_in_words(said: str, words: str | None) -> None:
    assert backend_words(said) == words


def test_the_backend_says_where_it_listens() -> None:
    assert listening_url(line("listening", url="ws://h/")) == "ws://h/"
    assert listening_url(line("connected")) is None


def test_an_event_has_time_place_and_words() -> None:
    wall = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert event_line(wall, "is free", name="Left").endswith(":05  Left    is free")
