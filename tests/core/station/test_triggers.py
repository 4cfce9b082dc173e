import pytest

from wattgate.core.station.triggers import Triggers

NOBODY: frozenset[str] = frozenset()


def test_the_first_values_after_our_trigger_are_for_nobody_else_r88() -> None:
    triggers = Triggers()
    assert triggers.askers(1, now=0) is None
    triggers.expect(1, now=1)
    assert triggers.askers(2, now=2) is None
    assert triggers.askers(1, now=6) == NOBODY
    assert triggers.askers(1, now=6) is None


def test_what_comes_later_than_that_was_not_triggered_r88() -> None:
    triggers = Triggers()
    triggers.expect(1, now=0)
    triggers.asked("one", "MeterValues", 2, now=0)
    assert triggers.askers(1, now=5.1) is None
    assert triggers.askers(2, now=5.1) is None


@pytest.mark.parametrize(
    ("connector", "backend_at", "heard"),
    [
        (1, 0.0, {"one"}),
        (None, 0.0, {"one"}),
        (2, 0.0, NOBODY),
        (1, -3.1, NOBODY),
        (1, 1.5, {"one"}),
    ],
)
def test_what_a_backend_triggered_too_is_its_own_r88(
    connector: int | None, backend_at: float, heard: frozenset[str]
) -> None:
    triggers = Triggers()
    triggers.asked("one", "MeterValues", connector, backend_at)
    triggers.expect(1, now=0)
    assert triggers.askers(1, now=2) == heard


def test_values_are_for_all_that_asked_and_for_no_other_r88() -> None:
    triggers = Triggers()
    triggers.asked("one", "MeterValues", 1, now=0)
    triggers.asked("two", "MeterValues", None, now=1)
    triggers.asked("three", "MeterValues", 2, now=1)
    triggers.asked("four", "FirmwareStatusNotification", None, now=1)
    assert triggers.askers(1, now=2) == frozenset({"one", "two"})
    assert triggers.askers(1, now=5.5) == frozenset({"two"})


def test_other_messages_are_told_apart_by_their_kind_r88() -> None:
    triggers = Triggers()
    triggers.asked("one", "FirmwareStatusNotification", None, now=0)
    triggers.asked("two", "LogStatusNotification", None, now=4)
    assert triggers.links("FirmwareStatusNotification", None, now=5) == {"one"}
    assert triggers.links("FirmwareStatusNotification", None, now=5.1) == NOBODY
    assert triggers.links("LogStatusNotification", None, now=5.1) == {"two"}
