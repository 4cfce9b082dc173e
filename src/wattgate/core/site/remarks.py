"""What is worth saying about a site that can be run all the same."""

from collections.abc import Callable, Iterator
from typing import Final

from wattgate.core.errors import Problem
from wattgate.core.site.model import LoadManagement, OnDeactivation, Site
from wattgate.core.units import MIN_CHARGE_A

Remark = Callable[[Site], Iterator[Problem]]


def remarks(site: Site) -> tuple[Problem, ...]:
    """Everything worth saying, each with its path in the words of the site file."""
    return tuple(problem for remark in _REMARKS for problem in remark(site))


def _nothing_left(site: Site) -> Iterator[Problem]:
    """A limit below the house's own load is the owner's right; then nobody charges."""
    left_a = site.site.for_charging_a
    managed = site.site.load_management is LoadManagement.ACTIVE and site.evses
    if managed and left_a < MIN_CHARGE_A:
        yield Problem(
            "site › max_current_a",
            f"leaves {left_a:g} A for charging after house_load_a and reserve_a; "
            f"a car needs at least {MIN_CHARGE_A:g} A",
        )


def _open_to_all(site: Site) -> Iterator[Problem]:
    if site.cards:
        return
    for evse in site.evses:
        if evse.enabled and not evse.gateways:
            yield Problem(f'evse "{evse.id}"', "no backend and no cards: everybody may charge")


def _no_password(site: Site) -> Iterator[Problem]:
    if site.ocpp_server.password:
        return
    for station_id in site.station_ids():
        if not site.wallbox(station_id).password:
            yield Problem(
                f'wallbox "{station_id}"',
                "no password: anybody in the network can connect in its place",
            )


def _deactivation(site: Site) -> Iterator[Problem]:
    if site.site.on_deactivation is not OnDeactivation.STOP:
        wish = site.site.on_deactivation.value
        yield Problem(
            "site › on_deactivation",
            f"`{wish}` is not carried out in this version: a deactivated EVSE stops",
        )


def _fixed_rfid(site: Site) -> Iterator[Problem]:
    for evse in site.evses:
        if evse.fixed_rfid:
            yield Problem(
                f'evse "{evse.id}" › fixed_rfid', "is not used in this version: present a card"
            )


_REMARKS: Final[tuple[Remark, ...]] = (
    _nothing_left,
    _open_to_all,
    _no_password,
    _deactivation,
    _fixed_rfid,
)
