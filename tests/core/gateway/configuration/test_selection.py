"""What one backend gets of the meter values that serve all of them (R80, R113)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.gateway.configuration.selection import Paces, Wish, Wishes, selected, wishes_of

ENERGY, CURRENT, SOC = "Energy.Active.Import.Register", "Current.Import", "SoC"
NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)
PERIODIC, BY_CLOCK = "Sample.Periodic", "Sample.Clock"
Json = dict[str, Any]


def sample(
    measurand: str | None = None, context: str | None = None, value: object = "1.10", **more: object
) -> Json:
    """One SampledValue."""
    named = {"measurand": measurand, "context": context}
    return {
        "value": value,
        **{key: each for key, each in named.items() if each is not None},
        **more,
    }


def reading(*samples: object, at_s: float = 0.0) -> Json:
    """One MeterValue, taken so many seconds after noon."""
    stamp = (NOON + timedelta(seconds=at_s)).isoformat().replace("+00:00", "Z")
    return {"timestamp": stamp, "sampledValue": list(samples)}


def message(*readings: object) -> str:
    """MeterValues of connector 2."""
    return json.dumps({"connectorId": 2, "meterValue": list(readings)})


def wishes(**values: str) -> Wishes:
    """What follows of these keys, by the short names of this module."""
    names = {
        "every": "MeterValueSampleInterval",
        "data": "MeterValuesSampledData",
        "clock": "ClockAlignedDataInterval",
        "clock_data": "MeterValuesAlignedData",
    }
    return wishes_of({names[name]: value for name, value in values.items()})


def goes(text: str, wished: Wishes, before: Paces | None = None) -> Json | None:
    """What of it goes, decoded."""
    after, _ = selected(text, wished, before or Paces(), NOON.timestamp())
    return None if after is None else json.loads(after)


def remaining(wished: Wishes, *samples: Json) -> list[Json]:
    """Which samples of one reading go."""
    after = goes(message(reading(*samples)), wished)
    return [] if after is None else after["meterValue"][0]["sampledValue"]


@pytest.mark.parametrize(
    ("values", "wished"),
    [
        ({}, Wishes()),
        ({"Foo": "1"}, Wishes()),
        ({"MeterValueSampleInterval": " 60 "}, Wishes(Wish(60))),
        ({"MeterValueSampleInterval": "soon"}, Wishes()),
        ({"MeterValuesSampledData": ""}, Wishes(Wish(None, frozenset()))),
        (
            {"MeterValuesSampledData": '"SoC, Current.Import.L1-N"'},
            Wishes(Wish(None, frozenset({("SoC", None), ("Current.Import", "L1")}))),
        ),
        ({"MeterValuesSampledData": "SoC,Wishes"}, Wishes()),
        ({"ClockAlignedDataInterval": "900"}, Wishes(Wish(), Wish(900))),
        (
            {"MeterValuesAlignedData": "Voltage"},
            Wishes(Wish(), Wish(None, frozenset({("Voltage", None)}))),
        ),
    ],
)
def test_wishes_are_read_from_values_and_no_sense_wishes_for_whatever_comes_r80(
    values: dict[str, str], wished: Wishes
) -> None:
    assert wishes_of(values) == wished


@pytest.mark.parametrize(
    ("data", "named", "phase", "stays"),
    [
        (ENERGY, None, None, True),
        (ENERGY, ENERGY, None, True),
        (f"{SOC},{ENERGY}", None, None, True),
        (SOC, None, None, False),
        (SOC, "SoC", None, True),
        ("", ENERGY, None, False),
        (CURRENT, CURRENT, "L1", True),
        (CURRENT, f"{CURRENT}.L2", None, True),
        (f"{CURRENT}.L1", CURRENT, "L1", True),
        (f"{CURRENT}.L1", CURRENT, "L1-N", True),
        (f"{CURRENT}.L1-N", CURRENT, "L1", True),
        (f"{CURRENT}.L1", CURRENT, "L2", False),
        (f"{CURRENT}.L1", f"{CURRENT}.L1", None, True),
        (f"{CURRENT}.L1", f"{CURRENT}.L2", None, False),
        ("Voltage.L1-L2", "Voltage", "L1-L2", True),
        ("Voltage.L1", "Voltage", "L1-L2", False),
        # One figure for all phases will do where the wallbox does not tell them apart.
        (f"{CURRENT}.L1", CURRENT, None, True),
    ],
)
def test_a_backend_gets_the_measurands_that_it_asked_for_r80(
    data: str, named: str | None, phase: str | None, stays: bool
) -> None:
    one = sample(named, None, **({} if phase is None else {"phase": phase}))
    other = sample("RPM")
    assert remaining(wishes(data=data), one, other) == ([one] if stays else [])


def test_a_sum_is_nobodys_who_asked_for_a_phase_that_is_there_r80() -> None:
    summed, one = sample(CURRENT), sample(CURRENT, phase="L1")
    assert remaining(wishes(data=f"{CURRENT}.L1"), summed, one) == [one]
    assert remaining(wishes(data=CURRENT), summed, one) == [summed, one]


@pytest.mark.parametrize(
    "odd",
    [
        sample(SOC, "Transaction.Begin"),
        sample(SOC, "Transaction.End"),
        sample(SOC, "Trigger"),
        sample(SOC, "Interruption.Begin"),
        sample(SOC, "Interruption.End"),
        sample(SOC, "Other"),
        sample(SOC, "what?"),
        sample(SOC, "Sample.Clock"),
        {"value": "1", "measurand": SOC, "context": ["Sample.Periodic"]},
    ],
)
def test_what_was_not_taken_periodically_stays_beside_what_goes_not_r113(odd: Json) -> None:
    assert remaining(wishes(every="0", data=""), sample(), odd, sample(CURRENT)) == [odd]


@pytest.mark.parametrize(
    "signed",
    [
        sample(format="SignedData"),
        sample(format="signed_data"),
        sample(value="OCMF|{}|{}"),
        sample(value="hello"),
        sample(value=["1"]),
        sample(BY_CLOCK, format="SignedData"),
    ],
)
def test_a_reading_with_signed_data_goes_as_it_is_with_all_beside_it_r113(signed: Json) -> None:
    nothing = wishes(every="0", data="", clock="0", clock_data="")
    samples = [sample(SOC), signed, sample(CURRENT, BY_CLOCK)]
    text = message(reading(*samples))
    assert selected(text, nothing, Paces(), 0.0) == (text, Paces())


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"meterValue":[]}',
        '{"meterValue":{"sampledValue":[]}}',
        '{"meterValue":[1, null, "x", [{}]]}',
        '{"meterValue":[{}]}',
        '{"meterValue":[{"sampledValue":[]}]}',
        '{"meterValue":[{"sampledValue":7}]}',
        '{"meterValue":[{"sampledValue":[{"value":"1"}, 7]}]}',
        '{"meterValue":[{"sampledValue":[{"value":1e999}]}]}',
    ],
)
def test_what_cannot_be_read_goes_as_it_is(text: str) -> None:
    assert selected(text, wishes(every="0", clock="0"), Paces(), 0.0) == (text, Paces())


@pytest.mark.parametrize(
    ("kind", "wished", "gone"),
    [
        (PERIODIC, {"every": "60"}, [0, 60, 120]),
        (None, {"every": "60"}, [0, 60, 120]),
        (PERIODIC, {"every": "0"}, []),
        (PERIODIC, {"clock": "60"}, list(range(0, 121, 20))),
        (BY_CLOCK, {"clock": "60"}, [0, 60, 120]),
        (BY_CLOCK, {"clock": "0"}, []),
        (BY_CLOCK, {"every": "0"}, list(range(0, 121, 20))),
        # A reading of which nothing is wanted sets no pace.
        (PERIODIC, {"every": "60", "data": SOC}, []),
    ],
)
def test_each_kind_of_samples_has_its_own_pace_r80(
    kind: str | None, wished: dict[str, str], gone: list[int]
) -> None:
    paces, went = Paces(), []
    for at_s in range(0, 121, 20):
        text = message(reading(sample(context=kind), at_s=at_s))
        after, paces = selected(text, wishes(**wished), paces, 0.0)
        went += [] if after is None else [at_s]
        assert after in (None, text)
    assert went == gone


def test_the_pace_counts_what_went_only_r80() -> None:
    wished = wishes(every="60", data=SOC)
    paces = selected(message(reading(sample(CURRENT))), wished, Paces(), 0.0)[1]
    assert paces == Paces()
    text = message(reading(sample(SOC), at_s=20))
    assert selected(text, wished, paces, 0.0)[0] == text


def test_a_reading_without_a_time_counts_by_when_it_came_r80() -> None:
    text, wished = message({"sampledValue": [sample()]}), wishes(every="60")
    first, paces = selected(text, wished, Paces(), 1000.0)
    assert first == text
    assert selected(text, wished, paces, 1030.0)[0] is None
    assert selected(text, wished, paces, 1060.0)[0] == text


def test_several_readings_keep_their_order_and_every_character_r17_r113() -> None:
    begin = reading(sample(context="Transaction.Begin"), at_s=-60)
    clock = reading(sample(CURRENT, BY_CLOCK), at_s=0)
    mixed = reading(sample(), sample(SOC), sample(SOC, BY_CLOCK), at_s=300)
    late = reading(sample(), at_s=310)
    text = (
        message(begin, clock, mixed, late).replace('"1.10"', ' "1.10"').replace("SoC", "So\\u0043")
    )
    after, _ = selected(
        text, wishes(every="60", data=ENERGY, clock="900", clock_data=ENERGY), Paces(), 0.0
    )
    assert after is not None
    assert json.loads(after)["meterValue"] == [begin, mixed | {"sampledValue": [sample()]}]
    assert after.count(' "1.10"') == 2
    assert after.startswith('{"connectorId": 2, "meterValue": [')


def test_a_key_that_comes_twice_hides_no_signed_value_r113() -> None:
    text = (
        '{"meterValue":[{"sampledValue":[{"value":"OCMF|{}|{}"},{"value":"2"}],'
        '"sampledValue":[{"value":"1"},{"value":"3","measurand":"SoC"}]}]}'
    )
    after, _ = selected(text, wishes(data=SOC), Paces(), 0.0)
    assert after is not None
    assert "OCMF|{}|{}" in after
    assert '"2"' not in after


kinds = st.sampled_from([None, PERIODIC, BY_CLOCK, "Transaction.End", "Trigger"])
samples = st.builds(
    sample,
    st.sampled_from([None, ENERGY, CURRENT, SOC]),
    kinds,
    st.sampled_from(["1", "2.50", 3, "OCMF|{}", ""]),
)
readings = st.builds(reading, *[samples] * 3, at_s=st.integers(0, 4000))
texts = st.lists(
    readings, min_size=1, max_size=4, unique_by=lambda each: str(each["timestamp"])
).map(lambda each: message(*each))
wished = st.dictionaries(
    st.sampled_from(["every", "clock"]), st.sampled_from(["0", "60", "900"])
).map(lambda values: wishes(**values))


@given(texts, wished)
def test_what_goes_is_a_part_of_what_came_in_its_order_r80_r113(text: str, wish: Wishes) -> None:
    after = goes(text, wish)
    came = iter(json.loads(text)["meterValue"])
    for each in [] if after is None else after["meterValue"]:
        of = next(one for one in came if one["timestamp"] == each["timestamp"])
        kept = iter(of["sampledValue"])
        assert all(any(one == other for other in kept) for one in each["sampledValue"])
    must = [
        one
        for each in json.loads(text)["meterValue"]
        for one in each["sampledValue"]
        if one["value"] == "OCMF|{}" or one.get("context") in ("Transaction.End", "Trigger")
    ]
    went = [] if after is None else [one for v in after["meterValue"] for one in v["sampledValue"]]
    assert all(one in went for one in must)
