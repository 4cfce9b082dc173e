"""From what the manager knows of a wallbox on Modbus to what the API and its warnings say."""

from math import inf
from typing import Final

from wattgate.adapters.web.modbus_dto import Modbus, ModbusFailSafe, ModbusTrouble
from wattgate.core.modbus.wallbox_values import WallboxValues
from wattgate.core.wallbox.sensed import Pilot
from wattgate.runtime.evse_state import EvseState
from wattgate.runtime.modbus.evse_modbus import EvseModbus
from wattgate.runtime.modbus.fail_safe import FailSafeKeeper
from wattgate.runtime.station.station_evse import StationEvse

_HABIT: Final = 3
"""Raised limits that are no accident."""

_WHILE_STOPPED: Final = " while the manager is stopped, as a serial line has one master"

_NOTHING_SAID: Final = WallboxValues(pilot=Pilot.A)


def modbus_of(evse: StationEvse) -> Modbus | None:
    """What is known of its Modbus side; None for other wallboxes."""
    if not isinstance(evse, EvseModbus):
        return None
    device, health = evse.device, evse.device.health
    values = device.values or _NOTHING_SAID
    return Modbus(
        address=evse.settings.address,
        unit=evse.settings.connector,
        definition=device.definition.name,
        answers=health.is_connected,
        trouble=_trouble(evse),
        polls=health.polls,
        failures=health.failures,
        limit_a=values.limit_a,
        is_enabled=values.is_enabled,
        signalled_a=values.signalled_a,
        phases=values.phases,
        raised_by_others=health.raises,
        fail_safe=_fail_safe(device.fail_safe),
    )


def is_silent(state: EvseState) -> str | None:
    """It does not answer, or has never done so."""
    evse = state.evse
    trouble = _trouble(evse) if isinstance(evse, EvseModbus) else None
    if trouble is None or evse.is_connected:
        return None
    since = trouble.since.strftime("%Y-%m-%d %H:%M")
    return (
        f"The wallbox has not answered on Modbus since {since} UTC: {trouble.reason}. "
        f"`wattgate modbus probe {evse.settings.address} --unit {evse.settings.connector}` "
        f"looks at it{_WHILE_STOPPED if evse.settings.address.startswith('/') else ''}."
    )


def is_overruled(state: EvseState) -> str | None:
    """Somebody else writes its limit, and not only once, to try something out."""
    evse = state.evse
    raises = evse.device.health.raises if isinstance(evse, EvseModbus) else 0
    if raises < _HABIT:
        return None
    return (
        f"Somebody else has raised the limit of the wallbox {raises} times over that of load "
        "management, which takes it back each time. Let the other controller write no limits, or "
        'set load_management to "observe".'
    )


def has_no_fail_safe(state: EvseState) -> str | None:
    """It draws what it likes once it is alone, and so counts for that while it is silent."""
    evse = state.evse
    if not isinstance(evse, EvseModbus) or not evse.is_connected or not evse.device.is_led:
        return None
    if evse.device.fail_safe.is_there:
        return None
    return (
        "The wallbox goes on as it is when it hears nothing of the manager: it has no fail-safe, "
        f"or none is set. While it is silent it counts for its {evse.hardware_a:g} A."
    )


def _trouble(evse: EvseModbus) -> ModbusTrouble | None:
    trouble = evse.device.health.trouble
    return None if trouble is None else ModbusTrouble(trouble.reason, trouble.at)


def _fail_safe(keeper: FailSafeKeeper) -> ModbusFailSafe | None:
    if not keeper.is_there:
        return None
    current_a = keeper.setting.current_a
    return ModbusFailSafe(keeper.setting.after_s, None if current_a == inf else current_a)
