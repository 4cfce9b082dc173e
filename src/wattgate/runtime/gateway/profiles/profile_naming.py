"""How one backend's messages about profiles name them to the wallbox (R98, R101, R105)."""

from wattgate.core.gateway.profiles.profile_numbers import named_profile, renumbered
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.profiles.profile_ids import ProfileIds


class ProfileNaming:
    """Puts the wallbox's numbers into messages of one backend; `owner` is whose profiles they are.

    A wallbox with one EVSE has the profiles of one backend, by the backend's own numbers.
    """

    def __init__(self, backend: EvseBackend, owner: str, ids: ProfileIds) -> None:
        self._backend = backend
        self._owner = owner
        self._ids = ids

    async def setting(self, action: str, payload_text: str) -> str:
        """A message that brings a profile, if any, with its number in the wallbox.

        Raises:
            StoreFailed: there is no number for it.
        """
        named = named_profile(action, payload_text)
        if named is None or self._backend.connectors.alone:
            return payload_text
        number = await self._ids.number(self._owner, named, self._in_use)
        return renumbered(action, payload_text, number)

    def clearing(self, payload_text: str) -> str | None:
        """A ClearChargingProfile in the wallbox's numbers; None: the backend has no such profile.

        What it had before its profiles got numbers is in the wallbox by its own.
        """
        named = named_profile("ClearChargingProfile", payload_text)
        if named is None or self._backend.connectors.alone:
            return payload_text
        number = self.number_of(named)
        return None if number is None else renumbered("ClearChargingProfile", payload_text, number)

    def number_of(self, their_id: int) -> int | None:
        """What the wallbox calls a profile; None for one that the backend does not have."""
        if self._backend.connectors.alone:
            return their_id
        known = self._ids.known(self._owner, their_id)
        return known or (their_id if their_id in self._in_use else None)

    @property
    def _in_use(self) -> set[int]:
        profiles = self._backend.profiles
        ids = {profile.profile_id for _, profile in profiles.stack.entries}
        return ids if profiles.awaiting is None else ids | {profiles.awaiting.profile_id}
