import json
from math import isfinite
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.station.measurements import Measurement, read_meter_values

BEFORE = Measurement({0: 5.0, 1: 5.0, 2: 5.0}, 3000.0, 700.0)
ENERGY, POWER, CURRENT = "Energy.Active.Import.Register", "Power.Active.Import", "Current.Import"


def a_payload(*samples: dict[str, Any]) -> str:
    meter_value = {"timestamp": "2026-05-15T12:00:00Z", "sampledValue": samples}
    return json.dumps({"connectorId": 1, "meterValue": [meter_value]})


def a_sample(value: object, measurand: str | None = None, **rest: str) -> dict[str, Any]:
    return {"value": value} | ({"measurand": measurand} if measurand else {}) | rest


def read(*samples: dict[str, Any]) -> Measurement:
    return read_meter_values(a_payload(*samples), Measurement())


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
    assert read(sample) == Measurement(energy_wh=energy_wh)


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
    assert read(sample) == Measurement(power_w=power_w)


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
        ([a_sample("32", "Current.Offered")], {}, None),
    ],
)
def test_currents_are_read_by_phase_and_one_without_a_phase_counts_on_all(
    samples: list[dict[str, Any]], currents_a: dict[int, float], largest_a: float | None
) -> None:
    measurement = read(*samples)
    assert measurement == Measurement(currents_a=currents_a)
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
    assert read_meter_values(a_payload(sample), BEFORE) == BEFORE
    after = read_meter_values(a_payload(sample, a_sample("800", ENERGY)), BEFORE)
    assert after == Measurement(BEFORE.currents_a, BEFORE.power_w, 800.0)


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
    assert read_meter_values(text, BEFORE) == BEFORE


def test_the_newest_of_several_meter_values_counts_and_what_was_before_is_not_touched() -> None:
    values = [{"sampledValue": [a_sample(value, CURRENT, phase="L2")]} for value in ("9", "11")]
    after = read_meter_values(json.dumps({"meterValue": values}), BEFORE)
    assert after == Measurement({0: 5.0, 1: 11.0, 2: 5.0}, 3000.0, 700.0)
    assert BEFORE.currents_a == {0: 5.0, 1: 5.0, 2: 5.0}


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
