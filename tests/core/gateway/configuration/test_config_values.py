import pytest

from wattgate.core.gateway.configuration.config_values import (
    MEASURANDS,
    any_text,
    are_measurands,
    is_count,
    is_count_from_one,
    is_flag,
    is_name,
    names_of,
    split_phase,
)


def test_a_list_is_read_in_its_order() -> None:
    assert names_of(" b, a ,,c") == ("b", "a", "c")
    assert len(MEASURANDS) == 22


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("Current.Import", ("Current.Import", None)),
        ("Current.Import.L1", ("Current.Import", "L1")),
        ("Voltage.L1-N", ("Voltage", "L1-N")),
        ("Voltage.L1-L2", ("Voltage", "L1-L2")),
        ("Current.Import.N", ("Current.Import", "N")),
        ("Current.Import.L4", ("Current.Import.L4", None)),
    ],
)
def test_the_phase_may_stand_behind_the_measurand(name: str, split: tuple[str, str | None]) -> None:
    assert split_phase(name) == split


def test_what_makes_sense_is_told_by_each_check_r80_r83() -> None:
    assert any_text("")
    assert is_count("0")
    assert not is_count("-1")
    assert is_count_from_one("1")
    assert not is_count_from_one("0")
    assert is_flag("TRUE")
    assert not is_flag("1")
    assert are_measurands("SoC,Voltage.L1")
    assert not are_measurands("SoC,Wishes")
    assert is_name("a")
    assert not is_name(" ")
