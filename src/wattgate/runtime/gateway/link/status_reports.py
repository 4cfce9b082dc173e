"""The present status of every connector, on its way to one backend (OCPP 1.6 §4.9, R49)."""

from typing import Final

from wattgate.core.gateway.traffic.traffic_line import Copy
from wattgate.core.ocpp.session import Priority
from wattgate.runtime.peer import Outcome, Peer

AS_REPORTED: Final = "as last reported"
"""What the traffic view says of a StatusNotification."""

_WAIT_S: Final = 60.0


class StatusReports:
    """The last StatusNotification of each connector, as the backend numbers them; 0 is the whole.

    A backend hears what holds, not what was: of reports that wait, only the newest is sent.
    """

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}
        self._told: dict[int, str] = {}
        self._outdated: set[int] = set()

    def note(self, connector: int, payload_text: str) -> None:
        """Keep a report for the next login."""
        self._texts[connector] = payload_text
        self._outdated.discard(connector)

    def outdated(self, connector: int) -> None:
        """Its wallbox has booted since, and will report it anew."""
        self._outdated.add(connector)

    def forget(self, connector: int) -> None:
        """The backend hears of this connector no more."""
        self._texts.pop(connector, None)

    def send(self, peer: Peer, connector: object) -> None:
        """Tell the last report of a connector, or of all where none is named.

        It does not hold up what is billed.
        """
        for number in sorted(self._texts):
            if connector is None or number == connector:
                self._ask(peer, number)

    def send_present(self, peer: Peer) -> None:
        """Tell all that hold after a boot: those of a wallbox that has booted come from itself."""
        for number in sorted(self._texts.keys() - self._outdated):
            self._ask(peer, number)

    def _ask(self, peer: Peer, number: int) -> None:
        payload_text = self._texts[number]
        self._told[number] = payload_text
        peer.ask(
            "StatusNotification",
            payload_text,
            _ignore,
            timeout_s=_WAIT_S,
            priority=Priority.POLL,
            coalesce_key=_key(number),
            source=Copy(payload_text, AS_REPORTED),
        )

    async def send_all(self, peer: Peer) -> None:
        """Tell all after a login, one by one: the queue overtakes none, however slow it is."""
        self._told.clear()
        for number in sorted(self._texts):
            payload_text = self._texts.get(number)
            if payload_text is None or self._told.get(number) == payload_text:
                continue  # it is forgotten, or has changed and was told at once, meanwhile
            await peer.call(
                "StatusNotification",
                payload_text,
                timeout_s=_WAIT_S,
                coalesce_key=_key(number),
                source=Copy(payload_text, AS_REPORTED),
            )


def _key(connector: int) -> str:
    return f"status {connector}"


def _ignore(outcome: Outcome) -> None:
    """An answer that says nothing."""
