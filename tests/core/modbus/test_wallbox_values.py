from wattgate.core.modbus.wallbox_values import WallboxModel, WallboxValues
from wattgate.core.wallbox.sensed import Pilot


def test_a_wallbox_need_not_say_more_than_its_state() -> None:
    values = WallboxValues(pilot=Pilot.A)
    assert (values.energy_wh, values.limit_a, values.is_enabled, values.card) == (
        None,
        None,
        None,
        "",
    )
    assert WallboxModel().serial == ""
