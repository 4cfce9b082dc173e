import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.station.measurements import (
    Measurement,
    is_triggered,
    newest_stamp,
    read_meter_values,
)

NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)
NOW = 1000.0
BEFORE = Measurement({0: 5.0, 1: 5.0, 2: 5.0}, 3000.0, 700.0, 900.0, 900.0, 900.0)
ENERGY, POWER, CURRENT = "Energy.Active.Import.Register", "Power.Active.Import", "Current.Import"


def a_payload(*samples: dict[str, Any]) -> str:
    meter_value = {"timestamp": "2026-05-15T12:00:00Z", "sampledValue": samples}
    return json.dumps({"connectorId": 1, "meterValue": [meter_value]})


def a_sample(value: object, measurand: str | None = None, **rest: str) -> dict[str, Any]:
    return {"value": value} | ({"measurand": measurand} if measurand else {}) | rest


def take(text: str, before: Measurement = BEFORE) -> Measurement:
    """What is known after a payload that came at noon by the wallbox's clock."""
    return read_meter_values(text, before, now=NOW, its_time=NOON)


def read(*samples: dict[str, Any]) -> Measurement:
    return take(a_payload(*samples), Measurement())


@pytest.mark.parametrize(
    ("sample", "energy_wh"),
    [
        (a_sample("1234"), 1234.0),
        (a_sample("1234.5", ENERGY), 1234.5),
        (a_sample("1234", ENERGY, unit="Wh"), 1234.0),
        (a_sample("1.5", ENERGY, unit="kWh"), 1500.0),
        (a_sample("0", ENERGY, format="Raw"), 0.0),
        (a_sample(1234, ENERGY), 1234.0),
        (a_sample("7", ENERGY, phase="L1"), None),
        (a_sample("7", "Energy.Active.Export.Register"), None),
        (a_sample("7", "Energy.Active.Import.Interval"), None),
    ],
)
def test_energy_is_the_import_register_and_the_default_measurand(
    sample: dict[str, Any], energy_wh: float | None
) -> None:
    at = None if energy_wh is None else NOW
    assert read(sample) == Measurement(energy_wh=energy_wh, energy_at=at)


@pytest.mark.parametrize(
    ("sample", "power_w"),
    [
        (a_sample("3680", POWER), 3680.0),
        (a_sample("3680", POWER, unit="W"), 3680.0),
        (a_sample("3.68", POWER, unit="kW"), 3680.0),
        (a_sample("3680", POWER, unit="Wh"), 3680.0),  # lbbrhzn#1617: tagged as energy
        (a_sample("3680", POWER, phase="L1"), None),
        (a_sample("3680", "Power.Offered"), None),
    ],
)
def test_power_is_the_total_in_watts_whatever_unit_it_is_tagged_with(
    sample: dict[str, Any], power_w: float | None
) -> None:
    at = None if power_w is None else NOW
    assert read(sample) == Measurement(power_w=power_w, power_at=at)


@pytest.mark.parametrize(
    ("samples", "currents_a", "largest_a"),
    [
        ([a_sample("16", CURRENT, phase="L1")], {0: 16.0}, 16.0),
        (
            [a_sample("6", CURRENT, phase=phase, unit="A") for phase in ("L1", "L2", "L3")],
            {0: 6.0, 1: 6.0, 2: 6.0},
            6.0,
        ),
        (
            [a_sample(str(6 + n), CURRENT, phase=f"L{n}-N") for n in (1, 2, 3)],
            {0: 7.0, 1: 8.0, 2: 9.0},
            9.0,
        ),  # evcc#16966
        ([a_sample("10", CURRENT)], {0: 10.0, 1: 10.0, 2: 10.0}, 10.0),
        ([a_sample("10", CURRENT, phase="N")], {}, None),
        ([a_sample("10", CURRENT, phase="L1-L2")], {}, None),
        ([a_sample("10", CURRENT), a_sample("0", CURRENT, phase="L3")], {0: 10, 1: 10, 2: 0}, 10.0),
        ([a_sample("0", CURRENT, phase="L3"), a_sample("10", CURRENT)], {0: 10, 1: 10, 2: 0}, 10.0),
        ([a_sample("32", "Current.Offered")], {}, None),
    ],
)
def test_currents_are_read_by_phase_and_one_without_a_phase_counts_on_all(
    samples: list[dict[str, Any]], currents_a: dict[int, float], largest_a: float | None
) -> None:
    measurement = read(*samples)
    assert measurement.currents_a == currents_a
    assert measurement.currents_at == (NOW if currents_a else None)
    assert measurement.largest_current_a == largest_a


@pytest.mark.parametrize(
    "sample",
    [
        a_sample("", CURRENT, phase="L1"),  # evcc#18109
        a_sample(" ", POWER),
        a_sample("42", "SoC", unit="V"),  # evcc#18109
        a_sample("230", "Voltage", phase="L1-N", unit="V"),
        a_sample("NaN", POWER),
        a_sample("inf", ENERGY),
        a_sample("-Infinity", CURRENT),
        a_sample("1e308", ENERGY, unit="kWh"),
        a_sample("12,5", POWER),
        a_sample("n/a", POWER),
        a_sample(None, POWER),
        {"measurand": POWER},
        a_sample("1234", ENERGY, format="SignedData"),
        a_sample("OCMF|{}|{}", ENERGY, format="SignedData"),
        a_sample("5", "Own.Invention"),
    ],
)
def test_a_value_that_says_nothing_changes_nothing_and_spoils_no_other_r112(
    sample: dict[str, Any],
) -> None:
    assert take(a_payload(sample)) == BEFORE
    after = take(a_payload(sample, a_sample("800", ENERGY)))
    assert after == replace(BEFORE, energy_wh=800.0, energy_at=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{bad",
        "null",
        "[]",
        "{}",
        '{"meterValue":[]}',
        '{"meterValue":[{}]}',
        '{"meterValue":{}}',
        '{"meterValue":[{"sampledValue":[{"value":"5","phase":7}]}]}',
        '{"meterValue":' + "[" * 5000 + "]" * 5000 + "}",
    ],
)
def test_a_payload_that_says_nothing_changes_nothing(text: str) -> None:
    assert take(text) == BEFORE
    assert newest_stamp(text) is None
    assert not is_triggered(text)


def test_the_newest_of_several_meter_values_counts_and_what_was_before_is_not_touched() -> None:
    values = [{"sampledValue": [a_sample(value, CURRENT, phase="L2")]} for value in ("9", "11")]
    after = take(json.dumps({"meterValue": values}))
    assert after == replace(BEFORE, currents_a={0: 5.0, 1: 11.0, 2: 5.0}, currents_at=NOW)
    assert BEFORE.currents_a == {0: 5.0, 1: 5.0, 2: 5.0}


def a_stamped_payload(*values: tuple[object, str]) -> str:
    """A current of all phases for each time stamp."""
    each = [{"timestamp": at, "sampledValue": [a_sample(value, CURRENT)]} for at, value in values]
    return json.dumps({"meterValue": each})


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("2026-05-15T12:00:00Z", NOW),
        ("2026-05-15T11:59:30Z", NOW - 30),
        ("2026-05-15T11:30:00Z", NOW - 1800),
        ("2026-05-15T12:00:07Z", NOW),  # never newer than now
        ("2026-05-15T13:59:30+02:00", NOW - 30),
        ("half past nine", NOW),
        ("", NOW),
        (None, NOW),
        (17, NOW),
    ],
)
def test_a_sample_is_as_old_as_its_stamp_says_by_the_wallbox_clock_r48(
    stamp: object, at: float
) -> None:
    assert take(a_stamped_payload((stamp, "7")), Measurement()).currents_at == at


@pytest.mark.parametrize(
    ("sample", "later"),
    [
        (a_sample("9", CURRENT, phase="L1"), "currents_at"),
        (a_sample("9", POWER), "power_at"),
        (a_sample("9", ENERGY), "energy_at"),
    ],
)
def test_values_that_waited_in_the_wallbox_replace_none_that_are_newer(
    sample: dict[str, Any], later: str
) -> None:
    text = a_payload(sample)
    waited = read_meter_values(text, BEFORE, now=NOW, its_time=NOON + timedelta(seconds=101))
    assert waited == BEFORE
    in_time = read_meter_values(text, BEFORE, now=NOW, its_time=NOON + timedelta(seconds=100))
    assert in_time != BEFORE
    assert getattr(in_time, later) == 900.0


def test_the_newest_of_several_stamped_values_counts_in_whatever_order_they_are() -> None:
    stamped = [("2026-05-15T11:59:50Z", "11"), ("2026-05-15T11:59:20Z", "9")]
    for values in (stamped, stamped[::-1]):
        text = a_stamped_payload(*values)
        after = take(text, Measurement())
        assert (after.currents_a[0], after.currents_at) == (11.0, NOW - 10)
        assert newest_stamp(text) == NOON - timedelta(seconds=10)


def test_a_phase_that_was_told_apart_is_no_longer_assumed() -> None:
    known = read(a_sample("10", CURRENT))
    assert known.assumed == {0, 1, 2}
    known = take(a_payload(a_sample("10", CURRENT, phase="L2")), known)
    assert known.assumed == {0, 2}
    by_phase = [a_sample("10", CURRENT, phase=phase) for phase in ("L1", "L3")]
    known = take(a_payload(*by_phase), known)
    assert known.assumed == frozenset()


@pytest.mark.parametrize(
    ("samples", "triggered"),
    [
        ([a_sample("7", CURRENT, context="Trigger")], True),
        ([a_sample(7, context="Trigger"), a_sample("3680", POWER, context="Trigger")], True),
        ([a_sample("7", CURRENT)], False),
        ([a_sample("7", CURRENT, context="Sample.Periodic")], False),
        ([a_sample("7", context="Trigger"), a_sample("7", context="Sample.Clock")], False),
        ([a_sample("7", context="Trigger", format="SignedData")], False),
        ([a_sample("OCMF|{}|{}", context="Trigger")], False),
        ([], False),
    ],
)
def test_only_plain_figures_that_a_trigger_asked_for_are_triggered_r88(
    samples: list[dict[str, Any]], triggered: bool
) -> None:
    assert is_triggered(a_payload(*samples)) is triggered


VALUES = st.one_of(st.text(), st.floats().map(str), st.floats(allow_nan=False).map(str), st.none())


@given(
    VALUES,
    st.sampled_from([ENERGY, POWER, CURRENT]),
    st.sampled_from(["kWh", "kW", "Wh", "W", "A", "V", "Celcius", ""]),
)
def test_whatever_a_wallbox_writes_only_finite_numbers_are_kept(
    value: str | None, measurand: str, unit: str
) -> None:
    after = read(a_sample(value, measurand, unit=unit))
    kept = [*after.currents_a.values(), after.power_w, after.energy_wh]
    assert all(isfinite(number) for number in kept if number is not None)
