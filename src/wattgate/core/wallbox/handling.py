"""What a person's action changes in the wallbox."""

from dataclasses import replace
from typing import assert_never

from wattgate.core.wallbox import actions as do
from wattgate.core.wallbox.answers import DataAnswer
from wattgate.core.wallbox.connector import Connector
from wattgate.core.wallbox.moment import stamp
from wattgate.core.wallbox.presenting import present
from wattgate.core.wallbox.sensed import NO_ERROR, PLUGGED, Pilot, Sensed
from wattgate.core.wallbox.state import Outcome, State, read_answer
from wattgate.core.wallbox.transactions import end_broken_off, stop

_AtConnector = (
    do.Plug
    | do.Unplug
    | do.PressStop
    | do.SetCarCurrent
    | do.FallAsleep
    | do.WakeUp
    | do.ShowFault
    | do.ClearFault
)


def handle(state: State, action: do.Action) -> None:
    """Carry out an action; a connector that the wallbox does not have is told as a problem."""
    match action:
        case do.PresentCard(id_tag, place):
            offset = state.options.first_connector - 1
            present(state, id_tag, None if place is None else place + offset)
        case do.SetHardwareCurrent(current_a):
            state.max_current_a = current_a
        case do.SendData():
            _send_data(state, action)
        case do.AddSignedText(text):
            state.signed_texts.append(text)
        case do.PowerCycle():
            _power_cycle(state)
        case do.ShowState():
            _show(state)
        case _:
            connector = state.at_place(action.connector)
            if connector is None:
                state.tell("problem", what=f"there is no connector {action.connector}")
            else:
                _handle_at(state, connector, action)


def _handle_at(state: State, connector: Connector, action: _AtConnector) -> None:
    match action:
        case do.Plug():
            _plug(state, connector)
        case do.Unplug():
            _unplug(state, connector)
        case do.PressStop():
            stop(state, connector, "Local")
        case do.SetCarCurrent(current_a):
            connector.car = replace(connector.car, max_current_a=current_a)
        case do.FallAsleep():
            connector.car = replace(connector.car, is_asleep=True)
        case do.WakeUp():
            connector.car = replace(connector.car, is_asleep=False)
        case do.ShowFault(code):
            connector.error_code = code
        case do.ClearFault():
            connector.error_code = NO_ERROR
        case _:
            assert_never(action)


def sense(state: State, connector: Connector, sensed: Sensed) -> None:
    """Take in what the hardware senses; a car that comes or goes is what its plug is.

    A pilot that is cut or broken (E, F) says nothing about the car: what was known still holds.
    """
    connector.sensed = sensed
    connector.register_wh = max(connector.register_wh, sensed.energy_wh)
    connector.error_code = sensed.error_code
    end_broken_off(state, connector)
    if sensed.pilot in PLUGGED and not connector.is_plugged:
        _plug(state, connector)
    elif sensed.pilot is Pilot.A and connector.is_plugged:
        _unplug(state, connector)


def _plug(state: State, connector: Connector) -> None:
    """Plug in; where a card is fixed it is presented unless one was (P30, R57)."""
    connector.is_plugged = True
    was_presented = connector.claim is not None or state.now < connector.presented_until
    connector.is_fixed_meant = connector.is_fixed_due = not was_presented


def present_fixed(state: State, connector: Connector) -> None:
    """Present the fixed card, if there is one and it is its turn."""
    fixed = state.options.fixed_id_tag
    if fixed and connector.is_fixed_due and connector.can_start and connector.claim is None:
        connector.is_fixed_due = False
        present(state, fixed, connector.number)


def _unplug(state: State, connector: Connector) -> None:
    """Pull the plug: a transaction ends, unless StopTransactionOnEVSideDisconnect is off."""
    if state.configuration.flag("StopTransactionOnEVSideDisconnect"):
        stop(state, connector, "EVDisconnected")
    connector.is_plugged = False
    connector.is_done = False
    connector.claim = None
    connector.is_fixed_meant = connector.is_fixed_due = False
    connector.presented_until = 0.0


def _send_data(state: State, action: do.SendData) -> None:
    if not state.is_ready:
        state.tell("problem", what="not connected: vendor data is not sent")
        return
    payload = {
        "vendorId": action.vendor,
        "messageId": action.message_id,
        "data": action.text,
    }
    present_fields = {name: text for name, text in payload.items() if text is not None}
    state.ask("DataTransfer", present_fields, _data_answered)


def _data_answered(state: State, outcome: Outcome) -> None:
    answer = read_answer(outcome, DataAnswer)
    status, data = (None, None) if answer is None else (answer.status, answer.data_text())
    state.tell("data-answer", status=status, data=data)


def _power_cycle(state: State) -> None:
    for connector in state.connectors:
        stop(state, connector, "PowerLoss")
    state.reboot_at = state.now


def _show(state: State) -> None:
    for connector in state.connectors:
        running = connector.transaction
        state.tell(
            "state",
            connector=connector.number,
            status=connector.status.value,
            plugged=connector.is_plugged,
            transaction_id=None if running is None else running.transaction_id,
            limit_a=connector.limit_a,
            profiles=sum(on in (0, connector.number) for on, _ in state.profiles.entries),
            clock=stamp(state.clock),
            offered_a=round(connector.offered_a, 1),
            current_a=round(connector.drawn_a, 1),
            power_w=round(connector.power_w, 1),
            energy_wh=int(connector.register_wh),
            soc_percent=round(connector.car.state_of_charge * 100, 1),
            online=state.is_online,
            queued=len(state.queue),
        )
