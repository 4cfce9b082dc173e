import pytest

from wattgate.core.modbus.power_brain_map import POWER_BRAIN
from wattgate.core.wallbox.deciding import Decider, Limit
from wattgate.core.wallbox.modbus_side import ModbusSide, Stored, Volatile


def test_what_is_stored_is_what_the_map_calls_not_volatile() -> None:
    writable = {each.name: each.is_volatile for each in POWER_BRAIN if each.is_writable}
    stored = {name for name, is_volatile in writable.items() if not is_volatile}
    assert stored == set(Stored.__dataclass_fields__)
    assert set(Volatile.__dataclass_fields__) <= set(writable) - stored


@pytest.mark.parametrize(
    ("said", "now", "limit"),
    [
        ({}, 0.0, (Decider.MODBUS, 16.0)),
        ({"charging_cur_limit": 10.0}, 0.0, (Decider.MODBUS, 10.0)),
        ({"charging_cur_limit": 32.0}, 0.0, (Decider.MODBUS, 16.0)),
        ({"charging_enable": 0}, 0.0, (Decider.MODBUS, 0.0)),
        ({}, 299.9, (Decider.MODBUS, 16.0)),
        ({}, 300.0, (Decider.FAIL_SAFE, 6.0)),
        ({"charging_enable": 0}, 300.0, (Decider.FAIL_SAFE, 6.0)),
        ({"fail_safe_current": 0.0}, 300.0, (Decider.FAIL_SAFE, 0.0)),
        ({"fail_safe_duration": 0}, 1e9, (Decider.MODBUS, 16.0)),
        ({"disconnect_cp": 5}, 0.0, (Decider.MODBUS, 16.0)),
    ],
)
def test_the_master_is_heeded_while_it_is_heard_r100i(
    said: dict[str, float], now: float, limit: tuple[Decider, float]
) -> None:
    side = ModbusSide(16.0, 0.0)
    side.write(said)
    assert side.limit(now) == Limit(*limit)


def test_what_is_stored_for_it_applies_with_the_next_start() -> None:
    side = ModbusSide(16.0, 0.0)
    side.write({"def_charg_cur_limit": 63.0, "def_charging_enable": 0, "def_fixed_current": 20.0})
    assert side.volatile == Volatile(0.0, 16.0, 1)
    side.begin(500.0)
    assert side.volatile == Volatile(20.0, 16.0, 0)
    assert side.silent_at() == 800.0
