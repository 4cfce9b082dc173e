"""Which reservation of a backend is which at its wallbox, and for whom a connector is kept (R105).

The backend chooses the id of a reservation (OCPP 1.6 §5.13). Where several may reserve at one
wallbox, two may choose the same: the wallbox gets ids of ours then, and each backend hears of its
own only.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Final

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.codes import ErrorCode
from wattgate.core.ocpp.splice import Scalar, read_scalar, remove_member, replace_scalar
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.station.authorisation import fold
from wattgate.core.station.clock import read_stamp

RESERVATION: Final = ("reservationId",)

KEPT: Final = timedelta(days=7)
"""For how long after its expiry a start is waited for that names it: wallboxes queue them (R68)."""

MOST: Final = 50
"""Reservations that are remembered of one link; of more, those that are over go first."""

_LARGEST: Final = 2**63
"""Where numbers end that can be stored; an integer of OCPP has 32 bits."""


class Reservation(msgspec.Struct, frozen=True):
    """A reservation of one backend link.

    `their_id` is the backend's id, `our_id` the wallbox's. `id_tag` is the card that it is for,
    folded. `holds`: the wallbox has accepted it, and it was not cancelled since.
    """

    link_id: str
    their_id: int
    our_id: int
    evse_id: str
    id_tag: str
    expires_at: datetime
    holds: bool = False


def asked_id(payload_text: str) -> int:
    """The id that a ReserveNow or a CancelReservation names.

    Raises:
        PeerError: it names none, or something else than a whole number.
    """
    asked = read_scalar(payload_text, RESERVATION)
    if asked is None:
        raise PeerError("reservationId is missing", code=ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION)
    number = _whole(asked)
    if number is None:
        raise PeerError("reservationId is no integer", code=ErrorCode.TYPE_CONSTRAINT_VIOLATION)
    return number


def is_readable(payload_text: str) -> bool:
    """Whether `asked_id` reads the payload."""
    return _whole(read_scalar(payload_text, RESERVATION)) is not None


def _whole(value: Scalar) -> int | None:
    """1.0 is 1 to JSON; None for what is no whole number, or too large a one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None
    return int(value) if abs(value) < _LARGEST else None


@dataclass(frozen=True, slots=True)
class ReservationBook:
    """The reservations of one wallbox, by the wallbox's ids, also such as are over."""

    entries: Mapping[int, Reservation] = field(default_factory=dict)

    def of(self, link_id: str, their_id: Scalar) -> Reservation | None:
        """What a backend link calls so; None for nothing."""
        return next(
            (
                each
                for each in self.entries.values()
                if (each.link_id, each.their_id) == (link_id, their_id)
            ),
            None,
        )

    def asked(
        self, link_id: str, payload_text: str, evse_id: str, sole: str | None, wall_now: datetime
    ) -> Reservation:
        """What a backend's ReserveNow asks for at that EVSE, under the id that the wallbox gets.

        The same id again is the same reservation, which the wallbox replaces. `sole` is the only
        link that may reserve at this wallbox, None where there are several: only its ids stay as
        they are. An expiry that cannot be read is the wallbox's to judge; here it counts as now.

        Raises:
            PeerError: it names no id.
        """
        their_id = asked_id(payload_text)
        before = self.of(link_id, their_id)
        our_id = before.our_id if before is not None else self._new_id(their_id, link_id == sole)
        expires_at = read_stamp(read_scalar(payload_text, ("expiryDate",))) or wall_now
        id_tag = fold(str(read_scalar(payload_text, ("idTag",))))
        return Reservation(link_id, their_id, our_id, evse_id, id_tag, expires_at)

    def _new_id(self, their_id: int, may_stay: bool) -> int:
        if may_stay and their_id not in self.entries:
            return their_id
        return next(number for number in count(1) if number not in self.entries)

    def cancelled_id(self, link_id: str, their_id: int, sole: str | None) -> int | None:
        """What the wallbox calls the reservation that a backend link cancels.

        None where the link has none of that id: it is not told those of others, nor may it touch
        them. The only one that may reserve can mean one from before we kept a book.
        """
        known = self.of(link_id, their_id)
        if known is not None:
            return known.our_id
        return their_id if link_id == sole and their_id not in self.entries else None

    def for_link(self, link_id: str, payload_text: str, sole: str | None) -> str:
        """A StartTransaction as that backend link hears it: with its own id, or with none."""
        named = read_scalar(payload_text, RESERVATION)
        if named is None:
            return payload_text
        known = self._at(named)
        if link_id != (sole if known is None else known.link_id):
            return remove_member(payload_text, *RESERVATION)
        if known is None or known.our_id == known.their_id:
            return payload_text
        return replace_scalar(payload_text, RESERVATION, str(known.their_id))

    def _at(self, named: Scalar) -> Reservation | None:
        """The one that the wallbox calls so; some put it in quotes."""
        return next(
            (each for each in self.entries.values() if str(each.our_id) == str(named)), None
        )

    def named(self, payload_text: str) -> int | None:
        """The wallbox's id of the reservation that a StartTransaction uses up; None for none."""
        named = read_scalar(payload_text, RESERVATION)
        known = None if named is None else self._at(named)
        return None if known is None else known.our_id

    def kept_for(self, evse_id: str, wall_now: datetime) -> frozenset[str]:
        """The cards, folded, that an EVSE is reserved for now; none where it is not."""
        return frozenset(
            each.id_tag
            for each in self.entries.values()
            if each.evse_id == evse_id and each.holds and wall_now < each.expires_at
        )

    def abandoned(self, links: Collection[str], wall_now: datetime) -> tuple[int, ...]:
        """The wallbox's ids of those that hold, but whose backend may not reserve any more."""
        return tuple(
            each.our_id
            for each in self.entries.values()
            if each.holds and wall_now < each.expires_at and each.link_id not in links
        )

    def noted(self, reservation: Reservation) -> "ReservationBook":
        """With this reservation, in the place of one of the same id."""
        return ReservationBook({**self.entries, reservation.our_id: reservation})

    def without(self, our_id: int) -> "ReservationBook":
        """Without the one of that id."""
        return ReservationBook(
            {number: each for number, each in self.entries.items() if number != our_id}
        )

    def over(self, our_id: int) -> "ReservationBook":
        """With the one of that id at its end; starts may still name it."""
        known = self.entries.get(our_id)
        return self if known is None else self.noted(msgspec.structs.replace(known, holds=False))

    def outdated(self, wall_now: datetime) -> frozenset[int]:
        """The wallbox's ids of those that need not be remembered any more."""
        old = {each.our_id for each in self.entries.values() if each.expires_at + KEPT <= wall_now}
        by_link: dict[str, list[Reservation]] = {}
        for each in self.entries.values():
            by_link.setdefault(each.link_id, []).append(each)
        surplus = (
            sorted(each, key=lambda one: (one.holds, one.expires_at))[: max(0, len(each) - MOST)]
            for each in by_link.values()
        )
        return frozenset(old.union(each.our_id for link in surplus for each in link))


def reservation_text(reservation: Reservation) -> str:
    """A reservation as text, for the store."""
    return msgspec.json.encode(reservation).decode()


def read_reservation(text: str) -> Reservation | None:
    """Read what `reservation_text` wrote; None for anything else."""
    try:
        return decode_payload(text, Reservation)
    except PeerError:
        return None
