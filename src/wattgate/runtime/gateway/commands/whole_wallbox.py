"""What a backend may do to a wallbox that others use as well, by the table (R102, R103)."""

from collections.abc import Callable
from typing import Final, assert_never

from wattgate.core.gateway.commands.wallbox_wide import Course, Place, course
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.commands.virtual_reset import VirtualReset
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.station.open_transactions import billed_by
from wattgate.runtime.station.station import Station

_SHARED: Final = "others use this wallbox as well (R103)"


class WholeWallbox:
    """Lets commands that concern the whole wallbox pass, or says why not."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._reset = VirtualReset(station)

    def may_pass(self, link: BackendLink, ask: Ask) -> bool:
        """Whether the wallbox itself may carry the command out now."""
        return self._course(link, ask) is Course.FORWARD

    def take(self, link: BackendLink, ask: Ask, forward: Callable[[], None]) -> None:
        """Answer the command, now or later; `forward` lets the wallbox carry it out."""
        match self._course(link, ask):
            case Course.FORWARD:
                forward()
            case Course.VIRTUAL_RESET:
                self._reset.begin(link, ask)
            case Course.REJECT:
                ask.answer('{"status":"Rejected"}', _SHARED)
            case Course.LATER:
                ask.refuse("GenericError", "a transaction of somebody else is running (R103)")
            case Course.NOT_SUPPORTED:
                ask.refuse("NotSupported", _SHARED)
            case unreachable:
                assert_never(unreachable)

    def _course(self, link: BackendLink, ask: Ask) -> Course:
        return course(ask.call.action, self._place(link.identity.link_id))

    def _place(self, link_id: str) -> Place:
        station = self._station
        speaks = station.primary or station.evses[0]
        records = station.open.records.values()
        return Place(
            is_main=speaks.backend_of(link_id) is not None,
            foreign_runs=any(billed_by(each) != link_id for each in records),
        )
