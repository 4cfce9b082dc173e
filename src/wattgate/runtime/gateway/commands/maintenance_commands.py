"""What a backend commands that is about the wallbox itself: availability, firmware, logs, reset."""

from collections.abc import Callable
from typing import Final

from wattgate.core.gateway.commands.availability import INOPERATIVE, OPERATIVE
from wattgate.core.gateway.connectors import BACKEND_CONNECTOR
from wattgate.core.gateway.policy import CONNECTOR, Rule
from wattgate.core.ocpp.frames import CallError
from wattgate.core.ocpp.splice import read_scalar
from wattgate.ports.store import StoreFailed
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.commands.progress_reports import is_declined
from wattgate.runtime.gateway.commands.to_wallbox import Heard, ToWallbox
from wattgate.runtime.gateway.commands.whole_wallbox import WholeWallbox
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse
from wattgate.runtime.store_failures import say_not_stored

_IN_USE: Final = "others use it now (R103)"
_HELD: Final = "another backend holds it inoperative (R86)"


class MaintenanceCommands:
    """Handles what one backend asks of the wallbox of one EVSE."""

    def __init__(
        self, station: Station, evse: StationEvse, backend: EvseBackend, to_wallbox: ToWallbox
    ) -> None:
        self._station = station
        self._evse = evse
        self._backend = backend
        self._to_wallbox = to_wallbox
        self._whole = WholeWallbox(station)

    def whole_wallbox(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Let it pass where it does nothing to others (R102, R103)."""
        text = self._backend.connectors.to_wallbox(ask.call.payload_text, rule.connector)
        self._take(link, ask, rule, lambda then: self._to_wallbox.put(ask, rule, text, then))

    def _take(self, link: BackendLink, ask: Ask, rule: Rule, work: Callable[[Heard], None]) -> None:
        """A car of somebody else may have begun to charge by the time that it is its turn."""

        def begin(then: Heard) -> None:
            if self._whole.may_pass(link, ask):
                work(then)
            else:
                then(NoAnswer(_IN_USE, was_sent=False))

        def forward() -> None:
            self._to_wallbox.in_turn(ask, rule, ask.pass_on, begin)

        self._whole.take(link, ask, forward)

    def unlock(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """A connector that does not exist is NotSupported here (16E 3.85)."""
        if read_scalar(ask.call.payload_text, ("connectorId",)) != BACKEND_CONNECTOR:
            ask.answer('{"status":"NotSupported"}')
            return
        self._to_wallbox.forward(ask, rule)

    # Firmware, diagnostics and logs

    def request(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Whoever asks for it hears how it gets on (R88)."""

        def begin(heard: Heard) -> None:
            self._station.in_background(ask, self._request(link, ask, rule, heard))

        self._take(link, ask, rule, begin)

    async def _request(self, link: BackendLink, ask: Ask, rule: Rule, heard: Heard) -> None:
        """What must be known after a restart is stored before the wallbox is asked."""
        progress, files, call = self._station.progress, self._station.house.files, ask.call
        link_id = self._backend.link_id
        try:
            text, requester = await progress.asked(link_id, call.action, call.payload_text)
            told = await files.told(self._station.station_id, link_id, call.action, text)
        except StoreFailed as exc:
            say_not_stored(exc, action=call.action)
            heard(CallError(call.unique_id, "InternalError", "not stored, please send again"))
            return

        def answered(outcome: Outcome) -> None:
            progress.answered(call.action, requester, outcome)
            if is_declined(outcome):
                files.refused(told)
            heard(outcome)

        if self._whole.may_pass(link, ask):
            self._to_wallbox.put(ask, rule, told.payload_text, answered)
        else:
            answered(NoAnswer(_IN_USE, was_sent=False))

    # Availability

    def change_availability(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """A connector is out of service as long as one of its backends wants it to be (R86)."""
        text = self._backend.connectors.to_wallbox(ask.call.payload_text, rule.connector)
        kind, connector = read_scalar(text, ("type",)), read_scalar(text, CONNECTOR)
        known, link_id = self._station.availability, self._backend.link_id
        if kind not in (OPERATIVE, INOPERATIVE) or not isinstance(connector, int):
            self._to_wallbox.send(ask, rule, text)
        elif kind == OPERATIVE and known.is_held_beside(self._evse, link_id):
            self._station.in_background(ask, self._let_go(ask, connector))
        else:
            self._change(ask, rule, text, str(kind), connector)

    async def _let_go(self, ask: Ask, connector: int) -> None:
        await self._station.availability.let_go(self._evse, self._backend.link_id, connector)
        ask.answer('{"status":"Scheduled"}', _HELD)

    def _change(self, ask: Ask, rule: Rule, text: str, kind: str, connector: int) -> None:
        known, evse, link_id = self._station.availability, self._evse, self._backend.link_id

        def is_held() -> bool:
            """Another may have taken it out of service while this waited for its turn."""
            return kind == OPERATIVE and known.is_held_beside(evse, link_id)

        async def keep(outcome: Outcome) -> None:
            await known.answered(evse, link_id, connector, kind, outcome)
            ask.pass_on(outcome)

        def heard(outcome: Outcome) -> None:
            was_sent = not isinstance(outcome, NoAnswer) or outcome.was_sent
            work = keep(outcome) if was_sent or not is_held() else self._let_go(ask, connector)
            self._station.in_background(ask, work)

        def begin(then: Heard) -> None:
            if is_held():
                then(NoAnswer(_HELD, was_sent=False))
            else:
                self._to_wallbox.put(ask, rule, text, then)

        known.sending(evse, link_id, kind)
        self._to_wallbox.in_turn(ask, rule, heard, begin)
