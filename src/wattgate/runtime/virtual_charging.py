"""A backend's charging profiles, kept by the manager on its behalf (R75, R97-R99)."""

import asyncio
from dataclasses import replace

import msgspec

from wattgate.core.gateway.virtual_profiles import Change, VirtualProfiles
from wattgate.core.ocpp.frames import Call
from wattgate.core.ocpp.validation import decode_payload
from wattgate.ports.store import Change as StoreChange
from wattgate.ports.store import DeleteProfile, ProfileRecord, SaveProfile
from wattgate.runtime.evse_ocpp16 import EvseOcpp16
from wattgate.runtime.station import House


class _RemoteStart(msgspec.Struct):
    # Raw takes anything but does not go into a union: an absent profile reads as null.
    profile: msgspec.Raw = msgspec.field(name="chargingProfile", default=msgspec.Raw(b"null"))


def remote_start_profile(payload_text: str) -> str | None:
    """The chargingProfile of a RemoteStartTransaction, verbatim; None where it has none."""
    text = bytes(decode_payload(payload_text, _RemoteStart).profile).decode()
    return None if text == "null" else text


class VirtualCharging:
    """Answers one backend about charging profiles of one EVSE, and remembers them."""

    def __init__(self, evse: EvseOcpp16, link_id: str, house: House) -> None:
        self._evse = evse
        self._link_id = link_id
        self._house = house
        # A change is decided on what the one before has left.
        self._in_order = asyncio.Lock()

    async def handle(self, call: Call) -> str:
        """Answer SetChargingProfile, ClearChargingProfile or GetCompositeSchedule.

        Raises:
            PeerError: the payload does not fit; the CALLERROR to answer with.
            StoreFailed: it could not be kept; nothing has changed.
        """
        profiles = self._evse.virtual_profiles
        if call.action == "GetCompositeSchedule":
            return profiles.composite(
                call.payload_text,
                self._house.tools.clock.wall(),
                self._evse.running,
                granted_a=self._evse.granted_a(),
                hardware_a=self._evse.hardware_a,
                phases=self._evse.settings.phases,
            )
        async with self._in_order:
            profiles = self._evse.virtual_profiles
            if call.action == "SetChargingProfile":
                verdict = profiles.set_profile(call.payload_text, self._evse.running)
            else:
                verdict = profiles.clear(call.payload_text)
            if verdict.change is not None:
                await self._keep(profiles, verdict.change)
        return verdict.answer_text

    def await_start(self, profile_text: str | None) -> None:
        """Keep the profile of a RemoteStartTransaction for the transaction to come (R75).

        One without a profile takes the place of an earlier one with it.
        """
        profiles = self._evse.virtual_profiles.forget_remote_start()
        if profile_text is not None:
            profiles = profiles.adopt_remote_start(profile_text)
        self._evse.virtual_profiles = profiles

    def no_start(self) -> None:
        """The RemoteStartTransaction came to nothing: the next session is somebody else's."""
        self._evse.virtual_profiles = self._evse.virtual_profiles.forget_remote_start()

    def transaction_changed(self) -> None:
        """Bind what waits for a transaction that began, drop what ended with one."""
        self._house.tasks.spawn(self._follow(), name=f"profiles {self._evse.evse_id}")

    async def _follow(self) -> None:
        async with self._in_order:
            running = self._evse.running
            profiles = self._evse.virtual_profiles
            if running is not None:
                change = profiles.transaction_started(running)
            else:
                change = profiles.transaction_ended()
            if change is not None:
                await self._keep(profiles, change)

    def recover(self, records: tuple[ProfileRecord, ...]) -> None:
        """Take up the profiles stored before a restart."""
        own = [
            (record.profile_id, record.connector, record.profile_text)
            for record in records
            if record.link_id == self._link_id
        ]
        self._evse.virtual_profiles = VirtualProfiles.from_records(own)

    async def _keep(self, before: VirtualProfiles, change: Change) -> None:
        changes: list[StoreChange] = [
            DeleteProfile(self._link_id, profile_id) for profile_id in change.removed_ids
        ]
        if change.kept is not None:
            kept = change.kept
            changes.append(
                SaveProfile(
                    ProfileRecord(self._link_id, kept.profile_id, kept.connector, kept.profile_text)
                )
            )
        await self._house.store.commit(*changes)
        awaiting = self._evse.virtual_profiles.awaiting
        if awaiting is before.awaiting:
            awaiting = change.profiles.awaiting  # else it came while we stored, and stays
        self._evse.virtual_profiles = replace(change.profiles, awaiting=awaiting)
        self._house.something_changed()
