"""A backend's charging profiles that are in the wallbox itself, mirrored and handed over (R97).

While load management observes, a backend's profiles go to the wallbox, which accepts or refuses
them. What it accepted is known here, so that load management obeys it from the moment it is active;
what the gateway keeps goes back to the wallbox when load management observes again.
"""

from dataclasses import replace
from typing import Final

from wattgate.core.gateway.connectors import BACKEND_CONNECTOR
from wattgate.core.gateway.profiles.profile_rules import MAX_PROFILES
from wattgate.core.gateway.profiles.virtual_profiles import (
    Change,
    VirtualProfiles,
    read_set_request,
)
from wattgate.core.ocpp.profile_periods import concerns
from wattgate.core.ocpp.profile_text import profile_text
from wattgate.core.ocpp.profiles import Purpose, Running
from wattgate.core.ocpp.schedules import Entry, ProfileStack
from wattgate.core.ocpp.v16._generated import ClearChargingProfileRequest
from wattgate.core.ocpp.validation import decode_payload

SET: Final = "SetChargingProfile"
"""The message that installs a profile."""

CLEAR: Final = "ClearChargingProfile"
"""The message that removes profiles."""

TAKING_EFFECT: Final = {
    SET: frozenset({"Accepted"}),
    # Unknown: the wallbox has no such profile, and so it is gone as well.
    CLEAR: frozenset({"Accepted", "Unknown"}),
}
"""With which answers of the wallbox a message about profiles has had its effect."""


def mirrored(
    profiles: VirtualProfiles,
    action: str,
    payload_text: str,
    running: Running | None,
    *,
    alone: bool,
) -> Change | None:
    """What a message about profiles that the wallbox has carried out means for the mirror.

    `payload_text` names connector and transaction as the backend does. `alone` tells that the
    wallbox has no other EVSE; if it has, what a backend says of connector 0 was said of the EVSE's
    own. None: nothing changes, or a TxProfile came after its transaction, or there are too many.
    Raises PeerError for a payload that only the wallbox understands.
    """
    if action == SET:
        return _accepted(profiles, payload_text, running, alone=alone)
    return _cleared(profiles, payload_text, alone=alone)


def _accepted(
    profiles: VirtualProfiles, payload_text: str, running: Running | None, *, alone: bool
) -> Change | None:
    connector, profile = read_set_request(payload_text)
    if not concerns(profile, running):
        return None
    if profile.purpose is Purpose.TX:
        profile = replace(profile, transaction_id=running.transaction_id if running else None)
    change = profiles.with_profile(_place(connector, profile.purpose, alone=alone), profile)
    return change if len(change.profiles.stack.entries) <= MAX_PROFILES else None


def _place(connector: int, purpose: Purpose, *, alone: bool) -> int:
    """Where a profile counts that the wallbox accepted for a connector (R92)."""
    if purpose is Purpose.CHARGE_POINT_MAX:
        return 0
    return connector if purpose is Purpose.TX_DEFAULT and alone else BACKEND_CONNECTOR


def _cleared(profiles: VirtualProfiles, payload_text: str, *, alone: bool) -> Change | None:
    request = decode_payload(payload_text, ClearChargingProfileRequest)
    purpose = request.charging_profile_purpose
    return profiles.without(
        profile_id=request.id,
        connector=request.connector_id if alone else None,
        purpose=None if purpose is None else Purpose(purpose),
        stack_level=request.stack_level,
    )


def outlasting(
    owed: ProfileStack,
    action: str,
    payload_text: str,
    running: Running | None,
    *,
    alone: bool,
) -> ProfileStack:
    """What is still to be handed over once a message about profiles has gone to the wallbox.

    A profile that the message replaces or removes must not arrive after it. The words and the
    errors are those of `mirrored`.
    """
    change = mirrored(VirtualProfiles(owed), action, payload_text, running, alone=alone)
    if change is None:
        return owed
    left = change.profiles.stack.entries
    return ProfileStack(tuple(entry for entry in owed.entries if entry in left))


def handed_over(entry: Entry, running: Running | None, transaction_id: int | None) -> str | None:
    """The SetChargingProfile that gives a profile to the wallbox, with the backend's connector.

    `transaction_id` is what the wallbox calls the transaction that runs. None: a TxProfile whose
    transaction does not run; a wallbox would refuse it (R92).
    """
    connector, profile = entry
    if not concerns(profile, running):
        return None
    named = transaction_id if profile.purpose is Purpose.TX else None
    text = profile_text(replace(profile, transaction_id=named))
    return f'{{"connectorId":{connector},"csChargingProfiles":{text}}}'
