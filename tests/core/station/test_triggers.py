import pytest

from wattgate.core.station.triggers import MeterTriggers


def test_the_first_values_after_our_trigger_are_ours_r88() -> None:
    triggers = MeterTriggers()
    assert not triggers.is_own(1, now=0)
    triggers.expect(1, now=1)
    assert not triggers.is_own(2, now=2)
    assert triggers.is_own(1, now=6)
    assert not triggers.is_own(1, now=6)


def test_what_comes_later_than_that_was_not_triggered_r88() -> None:
    triggers = MeterTriggers()
    triggers.expect(1, now=0)
    assert not triggers.is_own(1, now=5.1)


@pytest.mark.parametrize(
    ("connector", "backend_at", "is_own"),
    [(1, 0.0, False), (None, 0.0, False), (2, 0.0, True), (1, -3.1, True), (None, 1.5, False)],
)
def test_what_a_backend_triggered_too_is_its_own_r88(
    connector: int | None, backend_at: float, is_own: bool
) -> None:
    triggers = MeterTriggers()
    triggers.backend_asked(connector, backend_at)
    triggers.expect(1, now=0)
    assert triggers.is_own(1, now=2) is is_own
