"""Who of a wallbox's backends hears how an upload or a download gets on: who asked for it (R88).

A log and signed firmware are told apart by a number that the backend gives (requestId). Two
backends may give the same one; then the wallbox gets another.
"""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Final

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.gateway.policy import Path
from wattgate.core.ocpp.validation import decode_payload

REQUEST: Final[Path] = ("requestId",)

NOTICES: Final[Mapping[str, str]] = {
    "GetDiagnostics": "DiagnosticsStatusNotification",
    "GetLog": "LogStatusNotification",
    "SignedUpdateFirmware": "SignedFirmwareStatusNotification",
    "UpdateFirmware": "FirmwareStatusNotification",
}
"""By command, the notice that tells how it gets on."""

FIRST_OF_OURS: Final = 1_000_000
"""The numbers that we give begin here."""

REMEMBERED: Final = 16
"""Requests of a kind that are remembered of each backend; a wallbox carries out one at a time."""


class Requester(msgspec.Struct, frozen=True):
    """A request: whose it was, and its number at the wallbox and at the backend; None without."""

    link_id: str
    number: int | None = None
    theirs: int | None = None


class Requests(msgspec.Struct, frozen=True):
    """The requests of one kind, the newest last."""

    known: tuple[Requester, ...] = ()

    def numbered(self, link_id: str, theirs: int) -> int:
        """The number for the wallbox: theirs, unless another backend's request has it."""
        for each in self.known:
            if (each.link_id, each.theirs) == (link_id, theirs) and each.number is not None:
                return each.number
        taken = {each.number for each in self.known}
        if theirs not in taken:
            return theirs
        return next(each for each in count(FIRST_OF_OURS) if each not in taken)

    def with_one(self, requester: Requester) -> "Requests":
        """A request more; it takes the place of the oldest of that backend, never of another's."""
        before = [each for each in self.known if each != requester]
        own = [each for each in before if each.link_id == requester.link_id]
        oldest = own[0] if len(own) >= REMEMBERED else None
        return Requests((*(each for each in before if each is not oldest), requester))

    def without(self, requester: Requester) -> "Requests":
        """The wallbox has not taken it on."""
        return Requests(tuple(each for each in self.known if each != requester))

    def requester(self, number: int | None) -> Requester | None:
        """Whose request a notice is about; None where nobody is known to have asked.

        One without a number is about the newest.
        """
        told = (each for each in reversed(self.known) if number in (None, each.number))
        return next(told, None)


def requests_text(requests: Requests) -> str:
    """The requests as text, for the store."""
    return msgspec.json.encode(requests).decode()


def read_requests(text: str) -> Requests:
    """Read what `requests_text` wrote; none for anything else."""
    try:
        return decode_payload(text, Requests)
    except PeerError:
        return Requests()


def hearers(
    requester: str | None, main: str | None, triggered: Iterable[str], *, is_idle: bool
) -> tuple[str, ...]:
    """The links that hear of a notice, the one first whose answer the wallbox gets.

    `requester` asked for what it is about, `main` hears of what nobody asked for. That nothing is
    under way (`is_idle`) is said only to those that have `triggered` it, if somebody has.
    """
    asked = sorted(triggered)
    concerned = requester or main
    if concerned is None or (is_idle and asked and concerned not in asked):
        return tuple(asked)
    return (concerned, *(each for each in asked if each != concerned))
