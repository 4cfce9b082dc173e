import json

import msgspec
import pytest
from tests.support.demo_answers import SITE, evse, snapshot

from wattgate.cli.demo_snapshot import Snapshot


def test_the_room_for_cars_is_what_house_and_reserve_leave() -> None:
    assert snapshot().place.room_a == 30


def test_currents_are_counted_on_the_phases_of_the_site() -> None:
    found = snapshot(
        evse("left", offered_a=10, drawn_a=(10, 9, 8)), evse("right", offered_a=12, drawn_a=(7,))
    )
    assert found.offered_to_all_a() == (10, 22, 10)
    assert found.drawn_by_all_a() == (10, 16, 8)


def test_an_evse_of_unknown_wiring_counts_on_every_phase() -> None:
    assert snapshot(evse("new", offered_a=6)).offered_to_all_a() == (6, 6, 6)


def test_nothing_measured_is_nothing_drawn() -> None:
    assert snapshot(evse("left")).drawn_by_all_a() == (0, 0, 0)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"status": "Available", "transaction": None}, ""),
        ({"status": "Unknown", "transaction": None}, ""),
        ({"status": "Preparing", "transaction": None}, "no card yet"),
        ({"may_charge": False}, "bad card"),
        ({"offered_a": 10, "drawn_a": (8, 8, 8)}, "the car"),
        ({"offered_a": 10, "drawn_a": (9.6, 9.6, 9.6)}, "the house"),
        ({"offered_a": 10, "status": "SuspendedEV"}, "the car"),
        ({"offered_a": 10}, "the house"),
        ({"offered_a": 0, "status": "SuspendedEVSE"}, "the house"),
        ({"offered_a": 16, "drawn_a": (16, 16, 16)}, "the wallbox"),
    ],
)
def test_who_limits_an_evse_is_named(facts: dict[str, object], words: str) -> None:
    found = snapshot(evse("left", **facts))
    assert found.limited_by(found.evses[0]) == words


def test_the_energy_is_that_of_the_open_transaction() -> None:
    charging, free = snapshot(evse("left"), evse("middle", transaction=None)).evses
    assert charging.energy_kwh == 1.5
    assert free.energy_kwh is None


def test_a_wallbox_that_is_away_has_no_state() -> None:
    assert snapshot(evse("left", connected=False)).evses[0].state == "not connected"
    assert snapshot(evse("left")).evses[0].state == "charging"


@pytest.mark.parametrize(
    ("facts", "online"),
    [
        ({}, True),
        ({"connected": False}, False),
        ({"backend": None}, False),
        ({"backend": "registering"}, False),
    ],
)
def test_all_are_online_when_each_has_wallbox_and_backend(
    facts: dict[str, object], online: bool
) -> None:
    assert snapshot(evse("left"), evse("middle", **facts)).is_online is online


def test_an_answer_of_another_kind_is_not_guessed_at() -> None:
    with pytest.raises(msgspec.DecodeError):
        Snapshot.read(json.dumps(SITE).encode(), b'{"detail": "?"}')
