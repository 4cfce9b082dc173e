"""Cards and reservations from afar (OCPP 1.6 §5.1, §5.4, §5.10, §5.13, §5.15)."""

from typing import Final

from wattgate.core.ocpp.profile_text import parse_time
from wattgate.core.ocpp.v16._generated import (
    CancelReservationRequest,
    IdTagInfo,
    ReserveNowRequest,
    SendLocalListRequest,
)
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.wallbox.authorisation import TagInfo
from wattgate.core.wallbox.connector import Connector, Reservation
from wattgate.core.wallbox.state import State

_CANNOT_RESERVE: Final = {
    ConnectorStatus.FAULTED: "Faulted",
    ConnectorStatus.UNAVAILABLE: "Unavailable",
}


def clear_cache(state: State, _payload_text: str) -> object:
    """Empty the authorisation cache; Rejected without one (R55)."""
    if not state.configuration.flag("AuthorizationCacheEnabled"):
        return {"status": "Rejected"}
    state.authorisation.forget()
    return {"status": "Accepted"}


def get_local_list_version(state: State, _payload_text: str) -> object:
    """0 while the list is empty, -1 without one (R55)."""
    if not state.configuration.flag("LocalAuthListEnabled"):
        return {"listVersion": -1}
    return {"listVersion": state.authorisation.list_version}


def send_local_list(state: State, payload_text: str) -> object:
    """Replace or change the local list (OCPP 1.6 §5.15)."""
    request = decode_payload(payload_text, SendLocalListRequest)
    if not state.configuration.flag("LocalAuthListEnabled"):
        return {"status": "NotSupported"}
    full = request.update_type == "Full"
    entries = {
        entry.id_tag: _tag_info(entry.id_tag_info)
        for entry in request.local_authorization_list or ()
    }
    longest = state.configuration.count("LocalAuthListMaxLength")
    if request.list_version < 1 or state.authorisation.length_after(entries, full=full) > longest:
        return {"status": "Failed"}
    if not full and request.list_version <= state.authorisation.list_version:
        return {"status": "VersionMismatch"}
    state.authorisation.update_list(request.list_version, entries, full=full)
    return {"status": "Accepted"}


def reserve_now(state: State, payload_text: str) -> object:
    """Keep a connector for a card; the same reservation id replaces (OCPP 1.6 §5.13)."""
    request = decode_payload(payload_text, ReserveNowRequest)
    until = parse_time(request.expiry_date)
    connector = state.connector(request.connector_id)
    if connector is None:
        return {"status": "Rejected"}
    status = connector.status
    if status in _CANNOT_RESERVE:
        return {"status": _CANNOT_RESERVE[status]}
    if not _is_free_for(connector, request.reservation_id):
        return {"status": "Occupied"}
    _drop_reservation(state, request.reservation_id)
    connector.reservation = Reservation(request.reservation_id, request.id_tag, until)
    return {"status": "Accepted"}


def cancel_reservation(state: State, payload_text: str) -> object:
    """Give the reservation of that id up."""
    request = decode_payload(payload_text, CancelReservationRequest)
    dropped = _drop_reservation(state, request.reservation_id)
    return {"status": "Accepted" if dropped else "Rejected"}


def _is_free_for(connector: Connector, reservation_id: int) -> bool:
    held = connector.reservation
    if held is not None:
        return held.reservation_id == reservation_id
    return connector.status is ConnectorStatus.AVAILABLE


def _drop_reservation(state: State, reservation_id: int) -> bool:
    for connector in state.connectors:
        held = connector.reservation
        if held is not None and held.reservation_id == reservation_id:
            connector.reservation = None
            return True
    return False


def _tag_info(info: IdTagInfo | None) -> TagInfo | None:
    if info is None:
        return None
    return TagInfo(info.status, None if info.expiry_date is None else parse_time(info.expiry_date))
