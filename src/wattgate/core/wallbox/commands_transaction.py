"""Transactions from afar (OCPP 1.6 §5.11, §5.12, §5.18)."""

from functools import partial
from typing import Final

import msgspec

from wattgate.core.ocpp.profile_text import parse_profile
from wattgate.core.ocpp.profiles import Profile, Purpose
from wattgate.core.ocpp.v16._generated import (
    RemoteStopTransactionRequest,
    UnlockConnectorRequest,
)
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.wallbox.authorisation import ACCEPTED
from wattgate.core.wallbox.commands_charging import check_unit, fits
from wattgate.core.wallbox.presenting import authorise, claim, free_connector
from wattgate.core.wallbox.state import Registration, State
from wattgate.core.wallbox.transactions import stop

_ACCEPTED: Final = {"status": "Accepted"}
_REJECTED: Final = {"status": "Rejected"}


class _StartRequest(msgspec.Struct, rename="camel"):
    """RemoteStartTransaction.req, the profile kept as text."""

    id_tag: str
    connector_id: int | None = None
    charging_profile: msgspec.Raw = msgspec.Raw(b"null")


def remote_start(state: State, payload_text: str) -> object:
    """Act as if a card was presented; without AuthorizeRemoteTxRequests it needs no check."""
    request = decode_payload(payload_text, _StartRequest)
    profile = _profile(request)
    if profile is not None:
        check_unit(state, profile)
    connector = free_connector(state, request.connector_id, request.id_tag)
    if connector is None or state.registration is Registration.PENDING:
        return _REJECTED
    if profile is not None and not (profile.purpose is Purpose.TX and fits(state, profile)):
        return _REJECTED
    on_verdict = partial(claim, connector, request.id_tag, profile)
    if state.configuration.flag("AuthorizeRemoteTxRequests"):
        authorise(state, request.id_tag, on_verdict)
    else:
        on_verdict(state, ACCEPTED)
    return _ACCEPTED


def remote_stop(state: State, payload_text: str) -> object:
    """End the transaction of that id."""
    request = decode_payload(payload_text, RemoteStopTransactionRequest)
    for connector in state.connectors:
        running = connector.transaction
        if running is not None and running.transaction_id == request.transaction_id:
            if state.registration is Registration.PENDING:
                return _REJECTED
            stop(state, connector, "Remote")
            return _ACCEPTED
    return _REJECTED


def unlock_connector(state: State, payload_text: str) -> object:
    """Release the plug; a running transaction ends first (OCPP 1.6 §5.18).

    Where nothing holds the plug that is NotSupported, and the transaction goes on (R108).
    """
    request = decode_payload(payload_text, UnlockConnectorRequest)
    connector = state.connector(request.connector_id)
    if connector is None or not state.options.has_lock:
        return {"status": "NotSupported"}
    stop(state, connector, "UnlockCommand")
    return {"status": "Unlocked"}


def _profile(request: _StartRequest) -> Profile | None:
    text = bytes(request.charging_profile).decode()
    return None if text == "null" else parse_profile(text)
