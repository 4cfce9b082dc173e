import pytest

from wattgate.core.wallbox.deciding import Decider, Decision, Limit, strictest

OCPP, MODBUS, HARDWARE = Decider.OCPP, Decider.MODBUS, Decider.HARDWARE


@pytest.mark.parametrize(
    ("limits", "decision"),
    [
        ([(OCPP, 16.0), (MODBUS, 10.0)], (MODBUS, 10.0)),
        ([(MODBUS, 32.0), (OCPP, 5.9)], (OCPP, 0.0)),
        ([(OCPP, 0.0), (MODBUS, 0.0)], (MODBUS, 0.0)),
        ([(MODBUS, 16.0), (OCPP, 16.0), (HARDWARE, 16.0)], (HARDWARE, 16.0)),
        ([(OCPP, 10.19)], (OCPP, 10.1)),
    ],
)
def test_the_lowest_wins_and_below_6_a_is_a_pause_r100b(
    limits: list[tuple[Decider, float]], decision: tuple[Decider, float]
) -> None:
    made = [Limit(by, current_a) for by, current_a in limits]
    assert strictest(made) == Decision(*decision)
    assert strictest(made[::-1]) == Decision(*decision)
