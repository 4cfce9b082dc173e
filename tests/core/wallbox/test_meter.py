import pytest

from wattgate.core.wallbox.meter import (
    MEASURANDS,
    Context,
    Reading,
    sampled_values,
    signed_value,
)

READING = Reading(1234.9, currents_a=(10.0, 0.0, 0.0), power_w=2300.0, offered_a=16.0)


@pytest.mark.parametrize(
    ("measurand", "texts", "unit"),
    [
        ("Energy.Active.Import.Register", ["1234"], "Wh"),
        ("Power.Active.Import", ["2300.0"], "W"),
        ("Current.Import", ["10.0", "0.0", "0.0"], "A"),
        ("Current.Offered", ["16.0"], "A"),
        ("Voltage", ["230.0", "230.0", "230.0"], "V"),
    ],
)
def test_a_measurand_has_its_value_and_unit(measurand: str, texts: list[str], unit: str) -> None:
    values = sampled_values(READING, [measurand], Context.PERIODIC)
    assert [value["value"] for value in values] == texts
    assert {value["unit"] for value in values} == {unit}
    assert {value["measurand"] for value in values} == {measurand}
    assert {value["context"] for value in values} == {"Sample.Periodic"}


def test_currents_and_voltages_name_their_phase() -> None:
    values = sampled_values(READING, ["Current.Import", "Voltage"], Context.TRIGGER)
    assert [v["phase"] for v in values] == ["L1", "L2", "L3", "L1-N", "L2-N", "L3-N"]


def test_every_measurand_gives_something() -> None:
    assert all(sampled_values(READING, [name], Context.BEGIN) for name in MEASURANDS)


@pytest.mark.parametrize("text", ['OCMF|{"FV":"1.0"}|{"SD":"30"}', "<x/>\\ \u00e4", ""])
def test_a_signed_reading_keeps_its_text_p17(text: str) -> None:
    value = signed_value(text, Context.END)
    assert value["value"] == text
    assert value["format"] == "SignedData"
    assert value["context"] == "Transaction.End"
