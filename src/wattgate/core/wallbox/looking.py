"""What can be seen of a connector at one moment."""

from dataclasses import dataclass

from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.wallbox.limits import profiles_limit_a
from wattgate.core.wallbox.meter import Reading
from wattgate.core.wallbox.sensed import Pilot
from wattgate.core.wallbox.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorLook:
    """A connector; currents are A per phase.

    `profiles_a` is what charging profiles allow, None where they say nothing; `hardware_a` what
    the wallbox carries. `is_permitted` tells that a card, or nobody's wish for one, lets the car
    charge. `id_tag` and `transaction_id` are those of the transaction; empty, and None, without.
    """

    status: ConnectorStatus
    pilot: Pilot
    error_code: str
    is_plugged: bool
    is_permitted: bool
    offered_a: float
    profiles_a: float | None
    hardware_a: float
    reading: Reading
    id_tag: str = ""
    transaction_id: int | None = None
    transaction_wh: float = 0.0


def look_at(state: State, place: int) -> ConnectorLook:
    """Look at the connector at a place, counted from 1."""
    connector = state.connectors[place - 1]
    running = connector.transaction
    reading = connector.reading()
    return ConnectorLook(
        status=connector.status,
        pilot=connector.pilot,
        error_code=connector.error_code,
        is_plugged=connector.is_plugged,
        is_permitted=connector.is_permitted,
        offered_a=connector.offered_a,
        profiles_a=profiles_limit_a(state, connector),
        hardware_a=state.max_current_a,
        reading=reading,
        id_tag="" if running is None else running.id_tag,
        transaction_id=None if running is None else running.transaction_id,
        transaction_wh=0.0 if running is None else reading.energy_wh - running.begin.energy_wh,
    )
