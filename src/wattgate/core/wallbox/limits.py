"""What each connector may draw: its hardware and the charging profiles (R92-R96)."""

from math import floor

from wattgate.core.units import MIN_CHARGE_A
from wattgate.core.wallbox.connector import Connector
from wattgate.core.wallbox.quirk_limits import heeded, resumed, shaped
from wattgate.core.wallbox.state import State


def apply_limits(state: State) -> None:
    """Take the limits anew; without any profile only the hardware and a cap beside it limit.

    A limit below 6 A is a pause (R100b).
    """
    allowed = {connector.number: _own_limit_a(state, connector) for connector in state.connectors}
    _share_station_limit(state, allowed)
    for connector in state.connectors:
        limit_a = allowed[connector.number]
        usable_a = resumed(state, connector, limit_a if limit_a >= MIN_CHARGE_A else 0.0)
        if usable_a != connector.limit_a:
            connector.limit_a = usable_a
            state.tell("limit", connector=connector.number, current_a=usable_a)


def seconds_until_limit_change(state: State) -> float | None:
    """When a profile will next say something else; None: never by itself."""
    changes = [
        heeded(state, connector).next_change(
            connector.number, state.clock, connector.running, connector.phases
        )
        for connector in state.connectors
    ]
    waits = [(change - state.clock).total_seconds() for change in changes if change is not None]
    return min(waits, default=None)


def profiles_limit_a(state: State, connector: Connector) -> float | None:
    """A per phase that charging profiles allow now; None where they say nothing."""
    return heeded(state, connector).limit_at(
        connector.number, state.clock, connector.running, connector.phases
    )


def _own_limit_a(state: State, connector: Connector) -> float:
    said_a = profiles_limit_a(state, connector)
    own_a = state.max_current_a if connector.cap_a is None else connector.cap_a
    profiles_a = own_a if said_a is None else shaped(state, said_a)
    return min(state.max_current_a, own_a, profiles_a)


def _share_station_limit(state: State, allowed: dict[int, float]) -> None:
    """ChargePointMaxProfile limits the sum of all connectors (OCPP 1.6 §3.13.1).

    It is shared evenly by as many transactions as it can give 6 A, in the order of connectors.
    """
    total_a = heeded(state).limit_at(0, state.clock, None, state.options.phases)
    wanting = [
        connector.number
        for connector in state.connectors
        if connector.transaction is not None and allowed[connector.number] >= MIN_CHARGE_A
    ]
    if total_a is None or len(wanting) < 2:
        return
    served = min(len(wanting), max(1, floor(total_a / MIN_CHARGE_A)))
    for place, number in enumerate(wanting):
        share_a = total_a / served if place < served else 0.0
        allowed[number] = min(allowed[number], share_a)
