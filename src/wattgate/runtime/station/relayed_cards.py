"""What backend and wallbox agree on about cards in mode T, for a later change to hold."""

from wattgate.core.ocpp.frames import Call
from wattgate.ports.store import ForgetTags, StoreFailed
from wattgate.runtime.ask import is_accepted
from wattgate.runtime.gateway.commands.list_mirror import ListMirror
from wattgate.runtime.peer import Outcome
from wattgate.runtime.station.station import Station
from wattgate.runtime.store_failures import say_not_stored


class RelayedCards:
    """Follows SendLocalList and ClearCache of one link; nobody waits for it (R55, R56)."""

    def __init__(self, station: Station, link_id: str) -> None:
        self._station = station
        self._house = station.house
        self._link_id = link_id
        self._mirror = ListMirror(station.house)

    def answered(self, call: Call, outcome: Outcome) -> None:
        """The wallbox has answered a command of the backend."""
        name = f"{call.action} of {self._link_id}"
        if call.action == "SendLocalList" and is_accepted(outcome):
            self._station.local_lists.took(self._link_id)
            work = self._mirror.accepted(self._link_id, call.payload_text)
            self._house.tasks.spawn(work, name=name)
        elif call.action == "ClearCache":
            self._house.cards.forget(self._link_id)
            self._house.tasks.spawn(self._forget(), name=name)

    async def _forget(self) -> None:
        try:
            await self._house.store.commit(ForgetTags(self._link_id))
        except StoreFailed as exc:
            say_not_stored(exc, cards=self._link_id)
