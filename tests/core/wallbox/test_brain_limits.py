from dataclasses import replace
from typing import Any

import pytest
from tests.support.wallboxes import Wallbox, charging

from wattgate.core.wallbox.brain_limits import OwnSide, ocpp_a
from wattgate.core.wallbox.deciding import Decider, Decision
from wattgate.core.wallbox.modbus_side import ModbusSide
from wattgate.core.wallbox.pauses import PhaseSwitch

LOOK = charging().machine.look()


def own(**written: float) -> OwnSide:
    side = ModbusSide(16.0, 0.0)
    side.write(written)
    return OwnSide(side, has_modbus=True, cable_a=20.0, switch=PhaseSwitch(3, 3))


@pytest.mark.parametrize(
    ("written", "now", "decision"),
    [
        ({}, 0.0, (Decider.HARDWARE, 16.0)),
        ({"charging_cur_limit": 9.0}, 0.0, (Decider.MODBUS, 9.0)),
        ({"fixed_current": 13.0}, 0.0, (Decider.CABLE, 13.0)),
        ({"fixed_current": 5.0}, 0.0, (Decider.CABLE, 0.0)),
        ({}, 300.0, (Decider.FAIL_SAFE, 6.0)),
    ],
)
def test_the_strictest_decides(
    written: dict[str, float], now: float, decision: tuple[Decider, float]
) -> None:
    assert own(**written).decision(LOOK, now) == Decision(*decision)


@pytest.mark.parametrize("field", ["cut", "switch"])
def test_a_pause_of_its_own_stops_everything(field: str) -> None:
    assert not own().is_cut
    made = own()
    getattr(made, field).until = 100.0
    assert made.is_cut
    assert made.decision(LOOK, 0.0).current_a == 0.0


def test_without_modbus_nobody_is_waited_for() -> None:
    made = own()
    made.has_modbus = False
    assert (made.silent_at(), made.is_silent(1e6)) == (None, False)
    assert made.decision(LOOK, 1e6) == Decision(Decider.HARDWARE, 16.0)
    assert own().silent_at() == 300.0


def test_a_cable_that_is_not_there_limits_nothing() -> None:
    look = Wallbox().machine.look()
    assert own().cable_current_a(look) == 0.0
    assert Decider.CABLE in {limit.by for limit in own().limits(look, 0.0)}
    assert min(limit.current_a for limit in own().limits(look, 0.0)) == 16.0


def facts(**changes: Any) -> float:  # noqa: ANN401 - the fields of ConnectorLook
    return ocpp_a(replace(LOOK, **changes))


@pytest.mark.parametrize(
    ("changes", "allowed_a"),
    [
        ({}, 16.0),
        ({"profiles_a": 10.0}, 10.0),
        ({"profiles_a": 32.0}, 16.0),
        ({"is_permitted": False}, 0.0),
    ],
)
def test_what_the_central_system_allows(changes: dict[str, Any], allowed_a: float) -> None:
    assert facts(**changes) == allowed_a
