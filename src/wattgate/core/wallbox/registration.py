"""Boot, heartbeat and status reports (OCPP 1.6 §4.2, §4.6, §4.9; R41, R46, R49)."""

from functools import partial
from typing import Final

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.profile_text import parse_time
from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.wallbox.answers import BootAnswer, HeartbeatAnswer
from wattgate.core.wallbox.connector import Connector
from wattgate.core.wallbox.moment import stamp
from wattgate.core.wallbox.options import Options
from wattgate.core.wallbox.quirk_messages import Report, reports
from wattgate.core.wallbox.sensed import NO_ERROR
from wattgate.core.wallbox.signed_values import announce_keys
from wattgate.core.wallbox.state import NoAnswer, Outcome, Registration, State, read_answer
from wattgate.core.wallbox.status import steps

OWN_INTERVAL_S: Final = 60
"""Until the next BootNotification where the central system named no interval (R41)."""

_YEARS: Final = range(2000, 2200)
"""A clock that was set to the end of the calendar could not go on."""

_STATUSES: Final = {
    "Accepted": Registration.ACCEPTED,
    "Pending": Registration.PENDING,
    "Rejected": Registration.REJECTED,
}


def ask_again(state: State) -> None:
    """A fixed card that started nothing while nobody could be asked about it is asked about now."""
    for connector in state.connectors:
        connector.is_fixed_due = connector.is_fixed_meant


def greet(state: State) -> None:
    """The link is up: boot unless accepted already (OCPP-J 1.6 §5.4), or wait out a refusal."""
    if state.registration is Registration.ACCEPTED and not state.options.boot_on_reconnect:
        state.heartbeat_at = _next_heartbeat(state)
        ask_again(state)
        return
    state.registration = (
        Registration.UNKNOWN if state.registration is Registration.ACCEPTED else state.registration
    )
    state.boot_at = max(state.now, state.boot_at or state.now)


def boot(state: State) -> None:
    """Send BootNotification."""
    payload = make_of(state.options)
    state.boot_at = None
    state.ask("BootNotification", {k: v for k, v in payload.items() if v}, _booted)


def make_of(options: Options) -> dict[str, str]:
    """What BootNotification says of a wallbox."""
    return {
        "chargePointVendor": options.vendor,
        "chargePointModel": options.model,
        "chargePointSerialNumber": options.serial,
        "firmwareVersion": options.firmware,
    }


def introduce(state: State) -> None:
    """Boot anew without having been away: the wallbox is another than it said."""
    state.registration = Registration.UNKNOWN
    state.boot_at = state.now


def beat(state: State) -> None:
    """Send Heartbeat, and plan the next."""
    state.heartbeat_at = _next_heartbeat(state)
    state.ask("Heartbeat", {}, _beaten)


def report_changes(state: State) -> None:
    """Send each state that was not reported yet; after a break only the last (R49)."""
    status = station_status(state)
    if status is not state.reported:
        report_station(state)
    for connector in state.connectors:
        after = connector.status
        if connector.reported is not after:
            for passed in steps(connector.reported, after):
                _send_status(state, connector.number, passed, connector.error_code)
            connector.reported = after


def forget_reports(state: State) -> None:
    """What was reported before counts no more: the next report is the present state."""
    state.reported = ConnectorStatus.UNKNOWN
    for connector in state.connectors:
        connector.reported = ConnectorStatus.UNKNOWN


def skip_missed(state: State) -> None:
    """While the link was away states came and went; the way between them is not reported (R49)."""
    for connector in state.connectors:
        if connector.reported is not connector.status:
            connector.reported = ConnectorStatus.UNKNOWN


def report_station(state: State) -> None:
    """Send the state of connector 0, the charge point as a whole."""
    state.reported = station_status(state)
    _send_status(state, 0, state.reported, NO_ERROR)


def report_connector(state: State, connector: Connector) -> None:
    """Send the state of one connector as it is."""
    connector.reported = connector.status
    _send_status(state, connector.number, connector.reported, connector.error_code)


def station_status(state: State) -> ConnectorStatus:
    """Connector 0 is Available or Unavailable (OCPP 1.6 §4.9); a running transaction delays it."""
    busy = any(connector.transaction is not None for connector in state.connectors)
    ready = state.is_operative or busy
    return ConnectorStatus.AVAILABLE if ready else ConnectorStatus.UNAVAILABLE


def _send_status(state: State, number: int, status: ConnectorStatus, error_code: str) -> None:
    for report in reports(state.options.quirks, Report(status, error_code)):
        payload = {
            "connectorId": number,
            "errorCode": report.error_code,
            "status": report.status.value,
            "timestamp": stamp(state.clock),
        }
        info = {"info": report.info} if report.info else {}
        state.ask("StatusNotification", {**payload, **info}, partial(_reported, number))


def _reported(number: int, state: State, outcome: Outcome) -> None:
    """A report that went with its link may never have arrived: the next link hears the state."""
    if outcome != NoAnswer(link_lost=True):
        return
    connector = state.connector(number)
    if connector is None:
        state.reported = ConnectorStatus.UNKNOWN
    else:
        connector.reported = ConnectorStatus.UNKNOWN


def _next_heartbeat(state: State) -> float | None:
    interval_s = state.configuration.count("HeartbeatInterval")
    return state.now + interval_s if interval_s else None


def _booted(state: State, outcome: Outcome) -> None:
    if outcome == NoAnswer(link_lost=True):
        return  # the next link begins with a new one
    answer = read_answer(outcome, BootAnswer)
    registration = _STATUSES.get(answer.status) if answer is not None else None
    if answer is None or registration is None:
        state.boot_at = state.now + OWN_INTERVAL_S
        return
    state.registration = registration
    _set_clock(state, answer.current_time)
    state.tell("boot", status=answer.status, interval_s=answer.interval)
    if registration is Registration.ACCEPTED:
        if answer.interval:
            state.configuration.set_count("HeartbeatInterval", answer.interval)
        state.heartbeat_at = _next_heartbeat(state)
        forget_reports(state)
        announce_keys(state)
        ask_again(state)
    else:
        state.boot_at = state.now + (answer.interval or OWN_INTERVAL_S)


def _beaten(state: State, outcome: Outcome) -> None:
    answer = read_answer(outcome, HeartbeatAnswer)
    if answer is not None:
        _set_clock(state, answer.current_time)


def _set_clock(state: State, text: str) -> None:
    """Take over the central system's time; one that cannot be read, or be true, changes nothing.

    A clock that was set wrong on purpose stays so.
    """
    if state.options.clock_offset_s is not None:
        return
    try:
        told = parse_time(text)
    except PeerError:
        state.tell("problem", what=f"the central system's time {text!r} cannot be read")
        return
    if told.year in _YEARS:
        state.clock_offset = told - state.moment.wall
    else:
        state.tell("problem", what=f"the central system's time {text!r} cannot be true")
