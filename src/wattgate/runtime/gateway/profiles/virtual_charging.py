"""A backend's charging profiles, kept by the manager on its behalf (R75, R97-R99).

While load management is active they stay here; while it observes they are in the wallbox, and what
it accepted is mirrored here. Going from one to the other, the backend finds what it was told is
installed.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Final

import msgspec
import structlog

from wattgate.core.errors import PeerError
from wattgate.core.gateway.profiles.composite_schedule import composite_answer
from wattgate.core.gateway.profiles.profile_mirror import SET
from wattgate.core.ocpp.frames import Call
from wattgate.core.ocpp.profiles import Profile, Running
from wattgate.core.ocpp.schedules import Entry
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.station.authorisation import fold
from wattgate.ports.store import ProfileRecord
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.profiles.kept_profiles import KeptProfiles
from wattgate.runtime.gateway.profiles.profile_hand_over import ProfileHandOver
from wattgate.runtime.gateway.profiles.profile_mirroring import ProfileMirror
from wattgate.runtime.gateway.profiles.profile_naming import ProfileNaming
from wattgate.runtime.peer import Outcome
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse

log = structlog.get_logger()

NOT_NOW: Final = '{"status":"Rejected"}'
"""The answer to SetChargingProfile where nobody would obey the profile."""

RETRY_S: Final = 30.0
"""s until the wallbox is tried again with profiles that did not get through."""


class _RemoteStart(msgspec.Struct):
    # Raw takes anything but does not go into a union: an absent profile reads as null.
    profile: msgspec.Raw = msgspec.field(name="chargingProfile", default=msgspec.Raw(b"null"))


def remote_start_profile(payload_text: str) -> str | None:
    """The chargingProfile of a RemoteStartTransaction, verbatim; None where it has none."""
    text = bytes(decode_payload(payload_text, _RemoteStart).profile).decode()
    return None if text == "null" else text


@dataclass(frozen=True, slots=True)
class Awaited:
    """What the last start from afar said of the transaction to come.

    `card`, folded, is whose transaction that is. `relayed`: the wallbox itself has the profile.
    """

    profile: Profile | None = None
    card: str = ""
    relayed: bool = False


_NOTHING: Final = Awaited()


class VirtualCharging:
    """Answers one backend about charging profiles of one EVSE, and remembers them.

    `on_intrusion` is called when a profile of the backend's may have got into the wallbox, or one
    of ours out of it, after load management took over; unless it is replaced, the wallbox is swept.
    """

    def __init__(
        self,
        evse: StationEvse,
        backend: EvseBackend,
        station: Station,
        kept_as: str,
    ) -> None:
        """`kept_as` is the name under which the store keeps the profiles."""
        self.kept_as = kept_as
        self.on_intrusion: Callable[[], None] = self._sweep
        self.backend = backend
        self._evse = evse
        self._house = house = station.house
        self.naming = ProfileNaming(backend, kept_as, station.profile_ids)
        self._kept = KeptProfiles(evse, backend, kept_as, house)
        self._to_wallbox = ProfileHandOver(
            evse,
            backend,
            self.naming,
            station.presence,
            house.tools.clock,
            house.observing,
            self._intruded,
        )
        self._mirror = ProfileMirror(
            evse, backend, house, self._kept, self._to_wallbox, self._intruded
        )
        self._start_was_relayed = False
        self._awaited_card = ""
        self._is_retrying = False
        self._had_the_wallbox = backend.rules_wallbox

    def recover(self, records: tuple[ProfileRecord, ...]) -> None:
        """Take up the profiles stored before a restart."""
        self._kept.recover(records)

    @property
    def _running(self) -> Running | None:
        return self._evse.running_at(self.backend)

    @property
    def _told_running(self) -> Running | None:
        """The transaction, where the backend was told of it: of no other can it limit anything."""
        transaction = self._evse.transaction
        if transaction is None or self.backend.link_id not in transaction.record.start.link_ids:
            return None
        return self._running

    # Active: the wallbox hears nothing of it

    async def handle(self, call: Call) -> str | None:
        """Answer SetChargingProfile, ClearChargingProfile or GetCompositeSchedule.

        None: load management has gone over to observe meanwhile, it is for the wallbox now. There
        are only the profiles of who bills in it; while they rule, no other backend can set any.

        Raises:
            PeerError: the payload does not fit; the CALLERROR to answer with.
            StoreFailed: it could not be kept; nothing has changed.
        """
        if call.action == "GetCompositeSchedule":
            return self._composite(call)
        async with self._kept.in_order:
            if self._house.observing() and self.backend.is_primary:
                return None
            before = self._kept.now
            if call.action == SET and self._house.observing():
                return NOT_NOW
            if call.action == SET:
                verdict = before.set_profile(call.payload_text, self._told_running)
            else:
                verdict = before.clear(call.payload_text)
            if verdict.change is not None:
                await self._kept.keep(before, verdict.change)
        return verdict.answer_text

    def _composite(self, call: Call) -> str:
        evse = self._evse
        return composite_answer(
            evse.allowances,
            call.payload_text,
            self._house.tools.clock.wall(),
            limit_a=min(evse.granted_a(), evse.hardware_a),
            phases=evse.settings.phases,
        )

    # Observe: the wallbox has them

    def relaying(self, call: Call) -> Callable[[Outcome], None]:
        """A SetChargingProfile or ClearChargingProfile goes to the wallbox now.

        What is returned is to be told how that ended; what the wallbox did is mirrored then.
        """
        return self._mirror.relaying(call)

    async def hand_over(self) -> bool:
        """Give the backend's profiles to the wallbox, from which ours have been removed.

        Harmless at any time, and again: the wallbox gets what it has once more. False where some
        did not get through; it is tried again until all is there or load management is active.
        """
        async with self._kept.in_order:
            self._to_wallbox.owe_all()
        return await self._deliver()

    async def _deliver(self) -> bool:
        is_done = await self._to_wallbox.deliver()
        if not is_done and not self._is_retrying:
            self._is_retrying = True
            self._house.tasks.spawn(self._retry(), name=f"hand-over {self._evse.evse_id}")
        return is_done

    async def _retry(self) -> None:
        while not self._to_wallbox.is_done:
            await asyncio.sleep(RETRY_S)
            await self._to_wallbox.deliver()
        self._is_retrying = False

    # RemoteStartTransaction

    @property
    def awaited(self) -> Awaited:
        """What is to hold again where a newer start comes to nothing."""
        return Awaited(self._kept.now.awaiting, self._awaited_card, self._start_was_relayed)

    def await_start(self, profile_text: str | None, card: str) -> None:
        """Keep the profile of a RemoteStartTransaction for the transaction of that card (R75).

        One without a profile takes the place of an earlier one with it.
        """
        profiles = self._kept.now.forget_remote_start()
        if profile_text is not None:
            profiles = profiles.adopt_remote_start(profile_text)
        self._start_was_relayed, self._awaited_card = False, card
        self.backend.profiles = profiles

    def await_relayed_start(self, payload_text: str, card: str) -> None:
        """As `await_start`, for a RemoteStartTransaction that goes to the wallbox as it is."""
        self.no_start()
        try:
            text = remote_start_profile(payload_text)
            self.await_start(text, card)
        except PeerError as exc:
            log.warning(
                "a start carries a profile that cannot be read here",
                evse=self._evse.evse_id,
                reason=str(exc),
            )
            self._start_was_relayed = True
        else:
            self._start_was_relayed = text is not None

    def no_start(self, before: Awaited = _NOTHING) -> None:
        """The RemoteStartTransaction came to nothing: the next session is somebody else's.

        It is that of the start `before`, unless its car charges already.
        """
        awaited = _NOTHING if self._evse.in_use else before
        self._start_was_relayed, self._awaited_card = awaited.relayed, awaited.card
        self.backend.profiles = replace(self._kept.now, awaiting=awaited.profile)

    # Transactions

    def transaction_changed(self) -> None:
        """Bind what waits for a transaction that began, drop what ended with one."""
        was_relayed = False
        if self._running is not None:
            was_relayed, self._start_was_relayed = self._start_was_relayed, False
            if not self._is_awaited:
                self.backend.profiles = self._kept.now.forget_remote_start()
        self._house.tasks.spawn(
            self._follow(was_relayed=was_relayed), name=f"profiles {self._evse.evse_id}"
        )

    @property
    def _is_awaited(self) -> bool:
        """Whether what runs began with the card of the last start, as far as the wallbox says."""
        transaction = self._evse.transaction
        card = "" if transaction is None else fold(transaction.record.start.id_tag)
        return card in ("", self._awaited_card) or self._evse.replaces_free_tag

    async def _follow(self, *, was_relayed: bool) -> None:
        async with self._kept.in_order:
            before, running = self._kept.now, self._running
            if running is not None:
                change = before.transaction_started(running)
            else:
                change = before.transaction_ended()
            if change is not None:
                await self._kept.keep_anyway(before, change)
        if was_relayed and not self._house.observing():
            self._intruded()  # the wallbox has begun to obey the profile that came with the start
        elif change is not None and change.kept is not None and not was_relayed:
            self._to_wallbox.owe(*self._entries_of(change.kept.profile_id))
            await self._deliver()

    def _entries_of(self, profile_id: int) -> list[Entry]:
        entries = self._kept.now.stack.entries
        return [(at, profile) for at, profile in entries if profile.profile_id == profile_id]

    # The role and the rights of the backend

    def has_changed_sides(self) -> bool:
        """Whether the wallbox is its to rule since the last time of asking, or no longer is."""
        before, self._had_the_wallbox = self._had_the_wallbox, self.backend.rules_wallbox
        return before != self._had_the_wallbox

    async def take_out(self) -> None:
        """Remove its profiles from the wallbox, and keep them: they are not its to rule now."""
        async with self._kept.in_order:
            ids = sorted({profile.profile_id for _, profile in self._kept.now.stack.entries})
            self._to_wallbox.owe_nothing()
        for profile_id in ids:
            await self._to_wallbox.remove(profile_id)

    # The end

    async def withdraw(self, used_ids: Collection[int]) -> None:
        """The backend is the EVSE's no more: what it has set holds no longer, here or there.

        `used_ids` are profiles of other backends of the wallbox: those stay in it, where no numbers
        of ours tell them apart.
        """
        async with self._kept.in_order:
            before = self._kept.now
            ids = {profile.profile_id for _, profile in before.stack.entries}
            change = before.without(profile_id=None, connector=None, purpose=None, stack_level=None)
            if change is not None:
                await self._kept.keep_anyway(before, change)
        if self._house.observing():
            for profile_id in sorted(each for each in ids if self._is_alone_with(each, used_ids)):
                await self._to_wallbox.remove(profile_id)

    def _is_alone_with(self, profile_id: int, used_ids: Collection[int]) -> bool:
        """Whether the wallbox has no profile of somebody else under that number."""
        has_own = self.naming.number_of(profile_id) not in (None, profile_id)
        return has_own or profile_id not in used_ids

    # After load management took over

    def _intruded(self) -> None:
        log.warning("a profile changed behind load management", evse=self._evse.evse_id)
        self.on_intrusion()

    def _sweep(self) -> None:
        self._house.tasks.spawn(self._evse.sweep(), name=f"sweep {self._evse.evse_id}")
