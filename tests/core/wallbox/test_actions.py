from typing import get_args

from wattgate.core.wallbox.actions import Action
from wattgate.core.wallbox.lines import read_line

LINES = [
    "plug",
    "unplug",
    "rfid A",
    "stop",
    "max 10",
    "sleep",
    "wake",
    "car-max 10",
    "fault OtherError",
    "clear-fault",
    "data V",
    "meter-text x",
    "restart",
    "status",
]


def test_every_action_can_be_typed() -> None:
    assert {type(read_line(line)) for line in LINES} == set(get_args(Action))
