"""What a definition leaves out is said before somebody relies on it."""

from dataclasses import replace

import pytest

from wattgate.core.modbus.definition_reading import read_definition
from wattgate.core.modbus.power_brain_definition import POWER_BRAIN_DEFINITION
from wattgate.core.modbus.remarks import remarks_on
from wattgate.core.site.model import DeviceType, EvseSettings

EVSE = EvseSettings(id="yard", device_type=DeviceType.MODBUS, address="192.0.2.7")
STATE = """
name = "own"
title = "Own"
source = "Own"
[read.state]
address = 1
[[states]]
state = 1
pilot = "A"
"""
LIMIT = "[write.limit]\naddress = 3\noff = 0\n"
FAIL_SAFE = "[write.fail_safe_time]\naddress = 4\nstored = {}\n"
ENERGY = "[read.energy]\naddress = 2\n"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", ["has no limit", "has no energy counter"]),
        (LIMIT, ["has no fail-safe", "has no energy counter"]),
        (LIMIT + ENERGY, ["has no fail-safe"]),
        (ENERGY, ["has no limit"]),
        (LIMIT + "stored = true\n" + ENERGY, ["has no fail-safe", "keeps its limit in flash"]),
        (
            LIMIT + "[write.enable]\naddress = 5\nstored = true\n" + ENERGY,
            ["has no fail-safe", "keeps its limit in flash"],
        ),
        (LIMIT + FAIL_SAFE.format("false") + ENERGY, ["loses its fail-safe with a restart"]),
        (LIMIT + FAIL_SAFE.format("true") + ENERGY, []),
    ],
)
def test_what_is_missing_is_said(more: str, said: list[str]) -> None:
    problems = list(remarks_on(EVSE, read_definition(STATE + more)))
    assert [each.path for each in problems] == ['evse "yard" › definition'] * len(said)
    for problem, words in zip(problems, said, strict=True):
        assert words in problem.message


def test_a_definition_that_cannot_be_used_is_said_of_what_is_out_of_service() -> None:
    (problem,) = remarks_on(replace(EVSE, enabled=False), None)
    assert problem.path == 'evse "yard" › definition'
    assert "nobody speaks to this wallbox" in problem.message
    assert "counts for its max_current_a (16 A)" in problem.message


def test_nothing_is_missing_in_a_power_brain() -> None:
    assert list(remarks_on(EVSE, POWER_BRAIN_DEFINITION)) == []
