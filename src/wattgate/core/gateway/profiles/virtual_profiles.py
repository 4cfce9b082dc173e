"""The charging profiles of one backend, kept for it in the gateway (R97-R99).

The backend sees one connector, number 1, and 0 for the whole charge point. While load management is
active, its profiles never reach the wallbox; what they allow is one of the limits that are obeyed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.gateway.connectors import BACKEND_CONNECTOR
from wattgate.core.gateway.profiles.allowances import Allowance
from wattgate.core.gateway.profiles.profile_rules import (
    MAX_PROFILES,
    check_connector,
    fits,
    is_in_place,
)
from wattgate.core.ocpp.codes import ErrorCode
from wattgate.core.ocpp.profile_text import parse_profile, profile_text
from wattgate.core.ocpp.profiles import Profile, Purpose, Running
from wattgate.core.ocpp.schedules import ProfileStack
from wattgate.core.ocpp.v16._generated import (
    ClearChargingProfileRequest,
    ClearChargingProfileResponse,
    SetChargingProfileResponse,
)
from wattgate.core.ocpp.v16.payload import payload_text as text_of
from wattgate.core.ocpp.validation import decode_payload

_NO_PROFILES: Final = ProfileStack()


class _SetRequest(msgspec.Struct, rename="camel"):
    connector_id: int
    cs_charging_profiles: msgspec.Raw


@dataclass(frozen=True, slots=True)
class KeptProfile:
    """A profile to store: `connector` as the backend numbers it, csChargingProfiles as text."""

    profile_id: int
    connector: int
    profile_text: str


@dataclass(frozen=True, slots=True)
class Change:
    """Profiles changed: store `kept`, delete `removed_ids`, then go on with `profiles`."""

    profiles: "VirtualProfiles"
    kept: KeptProfile | None = None
    removed_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The backend's answer, to be sent once `change` is stored; None: nothing changed."""

    answer_text: str
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class VirtualProfiles:
    """What one backend has set; a value. Transaction ids are the backend's own.

    `awaiting` came with a RemoteStartTransaction whose transaction has not started yet; it is not
    stored, a restart of the gateway forgets it.
    """

    stack: ProfileStack = _NO_PROFILES
    awaiting: Profile | None = None

    @classmethod
    def from_records(cls, records: Iterable[tuple[int, int, str]]) -> "VirtualProfiles":
        """Take up what was stored: (profile id, connector, csChargingProfiles) each."""
        stack = ProfileStack()
        for _, connector, text in records:
            stack = stack.installed(connector, parse_profile(text))
        return cls(stack)

    def set_profile(self, payload_text: str, running: Running | None) -> Verdict:
        """Answer SetChargingProfile (R97).

        Raises PeerError for a payload that does not fit (R11) and for a connector that does not
        exist (PropertyConstraintViolation).
        """
        connector, profile = read_set_request(payload_text)
        check_connector(connector)
        if not (fits(profile) and is_in_place(connector, profile, running)):
            return _set_answer("Rejected")
        if profile.purpose is Purpose.TX and running is not None:
            # Named or not, it is for what runs now and never for the next one.
            profile = replace(profile, transaction_id=running.transaction_id)
        change = self.with_profile(connector, profile)
        if len(change.profiles.stack.entries) > MAX_PROFILES:
            return _set_answer("Rejected")
        return _set_answer("Accepted", change)

    def clear(self, payload_text: str) -> Verdict:
        """Answer ClearChargingProfile, which touches this backend's own profiles only (R98).

        Raises PeerError as `set_profile`; with an id nothing but the id is looked at.
        """
        request = decode_payload(payload_text, ClearChargingProfileRequest)
        if request.id is None and request.connector_id is not None:
            check_connector(request.connector_id)
        purpose = request.charging_profile_purpose
        change = self.without(
            profile_id=request.id,
            connector=request.connector_id,
            purpose=None if purpose is None else Purpose(purpose),
            stack_level=request.stack_level,
        )
        status: Literal["Accepted", "Unknown"] = "Unknown" if change is None else "Accepted"
        return Verdict(text_of(ClearChargingProfileResponse(status=status)), change)

    def allowance(self, running: Running | None, *, may_set: bool = True) -> Allowance:
        """What they allow, where the backend knows `running`.

        Of one that has no right to set profiles, what it sets with a start counts alone (R75).
        """
        if may_set:
            return Allowance(self.stack, running)
        entries = [entry for entry in self.stack.entries if entry[1].purpose is Purpose.TX]
        return Allowance(ProfileStack(tuple(entries)), running)

    def adopt_remote_start(self, text: str) -> "VirtualProfiles":
        """Keep the chargingProfile of a RemoteStartTransaction for the transaction to come (R75).

        Raises PeerError as `parse_profile`, and for a profile that is no TxProfile (16 §5.11) or
        that is larger than the backend was told.
        """
        profile = parse_profile(text)
        if profile.purpose is not Purpose.TX or not fits(profile):
            raise PeerError(
                "chargingProfile is no TxProfile within the limits of the configuration",
                code=ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
            )
        return replace(self, awaiting=replace(profile, transaction_id=None))

    def forget_remote_start(self) -> "VirtualProfiles":
        """The RemoteStartTransaction came to nothing: no transaction gets its profile."""
        return replace(self, awaiting=None)

    def transaction_started(self, running: Running) -> Change | None:
        """Bind the profile of the RemoteStartTransaction to what started; None: nothing changes.

        What was for another transaction goes, whose end was not seen, or not stored (R92).
        """
        kept = (entry for entry in self.stack.entries if _may_be_of(entry[1], running))
        stack = ProfileStack(tuple(kept))
        if self.awaiting is None:
            return self._changed_to(stack, None)
        bound = replace(self.awaiting, transaction_id=running.transaction_id)
        change = VirtualProfiles(stack).with_profile(BACKEND_CONNECTOR, bound)
        gone = _ids(self.stack) - _ids(change.profiles.stack)
        return replace(change, removed_ids=tuple(sorted(gone)))

    def transaction_ended(self) -> Change | None:
        """Drop every TxProfile, they end with their transaction (R92); None: there is none.

        What waits for the next transaction stays.
        """
        stack, _ = self.stack.cleared(purpose=Purpose.TX)
        return self._changed_to(stack, self.awaiting)

    def with_profile(self, connector: int, profile: Profile) -> Change:
        """Install a profile, whatever it says, exactly as it would be read back from the store."""
        text = profile_text(profile)
        stack = self.stack.installed(connector, parse_profile(text))
        return Change(
            VirtualProfiles(stack, self.awaiting),
            KeptProfile(profile.profile_id, connector, text),
            tuple(sorted(_ids(self.stack) - _ids(stack))),
        )

    def without(
        self,
        *,
        profile_id: int | None,
        connector: int | None,
        purpose: Purpose | None,
        stack_level: int | None,
    ) -> Change | None:
        """Remove what matches, as `ProfileStack.cleared`; None: there is nothing of the kind."""

        def rest_of(stack: ProfileStack) -> ProfileStack:
            return stack.cleared(
                profile_id=profile_id, connector=connector, purpose=purpose, stack_level=stack_level
            )[0]

        awaiting = self.awaiting
        if awaiting is not None:
            alone = ProfileStack().installed(BACKEND_CONNECTOR, awaiting)
            awaiting = awaiting if rest_of(alone).entries else None
        return self._changed_to(rest_of(self.stack), awaiting)

    def _changed_to(self, stack: ProfileStack, awaiting: Profile | None) -> Change | None:
        after = VirtualProfiles(stack, awaiting)
        removed_ids = tuple(sorted(_ids(self.stack) - _ids(stack)))
        return None if after == self else Change(after, removed_ids=removed_ids)


def read_set_request(payload_text: str) -> tuple[int, Profile]:
    """The connector and the profile of a SetChargingProfile.

    Raises PeerError for a payload that does not fit (R11).
    """
    request = decode_payload(payload_text, _SetRequest)
    return request.connector_id, parse_profile(bytes(request.cs_charging_profiles).decode())


def _may_be_of(profile: Profile, running: Running) -> bool:
    """Whether a profile can have been set for what has only just begun: by its number alone."""
    named = profile.transaction_id
    return profile.purpose is not Purpose.TX or (
        named is not None and named == running.transaction_id
    )


def _ids(stack: ProfileStack) -> set[int]:
    return {profile.profile_id for _, profile in stack.entries}


def _set_answer(status: Literal["Accepted", "Rejected"], change: Change | None = None) -> Verdict:
    return Verdict(text_of(SetChargingProfileResponse(status=status)), change)
