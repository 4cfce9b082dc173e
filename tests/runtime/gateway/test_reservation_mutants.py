"""Defects in the map of reservation ids, planted one at a time: random stories find each (R105)."""

from collections.abc import Callable

import msgspec
import pytest
from tests.support.reservation_story import tell_of_reservations
from tests.support.virtual_time import run_virtual

from wattgate.core.gateway.commands.reservations import Reservation, ReservationBook
from wattgate.core.ocpp.splice import Scalar
from wattgate.runtime.gateway.commands.reservations import Reservations

SEEDS = range(12)
"""As many as the honest manager passes in test_reservations."""

Plant = Callable[[pytest.MonkeyPatch], None]


def raw_ids(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReservationBook, "_new_id", lambda _, their_id, __: their_id)


def ids_of_any_link(patch: pytest.MonkeyPatch) -> None:
    def of_anybody(self: ReservationBook, _: str, their_id: Scalar) -> Reservation | None:
        return next((each for each in self.entries.values() if each.their_id == their_id), None)

    patch.setattr(ReservationBook, "of", of_anybody)


def cancels_by_the_wallboxs_id(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReservationBook, "cancelled_id", lambda _, __, their_id, ___: their_id)


def starts_name_our_id(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReservationBook, "for_link", lambda _, __, text, ___: text)


def starts_name_none(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReservationBook, "_at", lambda _, __: None)


def a_new_id_each_time(patch: pytest.MonkeyPatch) -> None:
    asked = ReservationBook.asked

    def anew(self: ReservationBook, link_id: str, text: str, *rest: object) -> Reservation:
        known = asked(self, link_id, text, *rest)  # type: ignore[arg-type]
        return msgspec.structs.replace(known, our_id=max(self.entries, default=0) + 1)

    patch.setattr(ReservationBook, "asked", anew)


def lost_at_restart(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Reservations, "recover", lambda _, __: None)


def what_holds_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    of = ReservationBook.of

    def what_is_over(self: ReservationBook, link_id: str, their_id: Scalar) -> Reservation | None:
        known = of(self, link_id, their_id)
        return None if known is not None and known.holds else known

    patch.setattr(ReservationBook, "of", what_is_over)


def answered_for_the_other(patch: pytest.MonkeyPatch) -> None:
    """The ids of the two links are swapped on the way to the wallbox."""
    entries_of = ReservationBook.cancelled_id

    def swapped(self: ReservationBook, link_id: str, their_id: int, sole: str | None) -> int | None:
        others = [each.link_id for each in self.entries.values() if each.link_id != link_id]
        return entries_of(self, others[0] if others else link_id, their_id, sole)

    patch.setattr(ReservationBook, "cancelled_id", swapped)


PLANTS: tuple[Plant, ...] = (
    raw_ids,
    ids_of_any_link,
    cancels_by_the_wallboxs_id,
    starts_name_our_id,
    starts_name_none,
    a_new_id_each_time,
    lost_at_restart,
    what_holds_is_forgotten,
    answered_for_the_other,
)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_every_planted_defect_is_found(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        for seed in SEEDS:
            run_virtual(tell_of_reservations(seed))
