from typing import Any

import msgspec
import pytest
from tests.support.evse_answers import evse as answer

from wattgate.cli.evse_answers import Evse, Modbus
from wattgate.cli.evse_modbus_words import modbus_facts
from wattgate.cli.evse_words import everything

MODBUS = {
    "address": "192.0.2.7", "unit": 1, "definition": "power-brain", "answers": True,
    "trouble": None, "polls": 40, "failures": 1, "limit_a": 16.0, "is_enabled": True,
    "phases": 3, "raised_by_others": 0, "fail_safe": {"after_s": 180.0, "current_a": 6.0},
}  # fmt: skip
TROUBLE = {"reason": "nobody listens", "since": "2026-05-15T12:00:00Z"}


def facts(**changed: Any) -> dict[str, str]:  # noqa: ANN401 - as in JSON
    return dict(modbus_facts(msgspec.convert(MODBUS | changed, Modbus)))


@pytest.mark.parametrize(
    ("changed", "name", "words"),
    [
        ({}, "on Modbus", "192.0.2.7, unit 1, read as power-brain"),
        ({}, "it answers", "40 looks answered, 1 failed"),
        ({}, "in its registers", "limit 16 A, enabled, 3 phases"),
        ({"is_enabled": False}, "in its registers", "limit 16 A, disabled, 3 phases"),
        ({"phases": 1}, "in its registers", "limit 16 A, enabled, 1 phase"),
        ({"limit_a": None, "is_enabled": None, "phases": None}, "in its registers", ""),
        ({}, "its fail-safe", "6 A after 180 s without the manager"),
        (
            {"fail_safe": {"after_s": 60, "current_a": None}},
            "its fail-safe",
            "a current of its own after 60 s without the manager",
        ),
        ({"fail_safe": None}, "its fail-safe", "none known"),
        ({"raised_by_others": 4}, "raised by others", "4 times"),
    ],
)
def test_each_fact_of_the_modbus_side_is_a_line(
    changed: dict[str, object], name: str, words: str
) -> None:
    assert facts(**changed)[name] == words


@pytest.mark.parametrize(
    ("answers", "begins"), [(True, "not always, since "), (False, "no, since ")]
)
def test_trouble_is_told_with_its_reason(answers: bool, begins: str) -> None:
    words = facts(answers=answers, trouble=TROUBLE)["it answers"]
    assert words.startswith(begins)
    assert words.endswith(": nobody listens; 40 looks answered, 1 failed")


def test_they_are_among_the_other_facts_of_the_evse() -> None:
    evse = msgspec.convert(answer(modbus=MODBUS), Evse)
    lines = [" ".join(line.split()) for line in everything(evse)]
    assert "on Modbus 192.0.2.7, unit 1, read as power-brain" in lines
    assert "writes to its flash 3" in lines
    assert any(line.endswith(f"; wallbox {evse.wallbox}") for line in lines), "no connector"
    for absent in ("raised by others", "ends by itself", "profiles written"):
        assert not any(line.startswith(absent) for line in lines)
