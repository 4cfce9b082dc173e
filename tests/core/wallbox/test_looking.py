from tests.support.wallboxes import CARD, Wallbox, charging, set_limit

from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.wallbox.actions import Plug, SetCarCurrent
from wattgate.core.wallbox.looking import ConnectorLook
from wattgate.core.wallbox.meter import Reading
from wattgate.core.wallbox.sensed import Pilot


def test_a_connector_without_a_car() -> None:
    assert Wallbox().machine.look() == ConnectorLook(
        status=ConnectorStatus.AVAILABLE,
        pilot=Pilot.A,
        error_code="NoError",
        is_plugged=False,
        is_permitted=False,
        offered_a=0.0,
        profiles_a=None,
        hardware_a=16.0,
        reading=Reading(0.0, (0.0, 0.0, 0.0), 0.0, 0.0),
    )


def test_a_car_that_waits_and_one_that_charges() -> None:
    wallbox = Wallbox()
    wallbox.act(Plug())
    assert wallbox.machine.look().pilot is Pilot.B
    wallbox = charging()
    set_limit(wallbox, 12.0)
    wallbox.act(SetCarCurrent(10.0))
    wallbox.later(36)
    look = wallbox.machine.look()
    assert (look.pilot, look.profiles_a, look.offered_a) == (Pilot.C, 12.0, 12.0)
    assert (look.id_tag, look.transaction_id, look.transaction_wh) == (CARD, 77, 69.0)
    assert look.reading.current_a == 10.0


def test_other_phases_of_a_connector_that_is_not_there_change_nothing() -> None:
    wallbox = Wallbox()
    wallbox.machine.selected(2, 1, wallbox.moment)
    assert len(wallbox.machine.look().reading.currents_a) == 3
