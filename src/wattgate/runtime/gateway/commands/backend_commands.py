"""What a backend's commands set in motion, by the policy table."""

from collections.abc import Callable, Mapping
from typing import Final

from wattgate.core.errors import PeerError
from wattgate.core.gateway.commands.access import Standing, require_access
from wattgate.core.gateway.commands.rights import Rights
from wattgate.core.gateway.connectors import BACKEND_CONNECTOR, with_connector
from wattgate.core.gateway.link.link_messages import CertificateMatter, certificate_matter
from wattgate.core.gateway.policy import TRANSACTION, Decision, Rule, Sender, rule_for
from wattgate.core.gateway.profiles.profile_mirror import SET
from wattgate.core.ocpp.frames import Call
from wattgate.core.ocpp.splice import read_scalar
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.commands.card_commands import CardCommands
from wattgate.runtime.gateway.commands.configuration_commands import ConfigurationCommands
from wattgate.runtime.gateway.commands.early_triggers import TRIGGERS, trigger_early
from wattgate.runtime.gateway.commands.maintenance_commands import MaintenanceCommands
from wattgate.runtime.gateway.commands.reservation_commands import ReservationCommands
from wattgate.runtime.gateway.commands.to_wallbox import ToWallbox
from wattgate.runtime.gateway.commands.transaction_commands import REJECTED, TransactionCommands
from wattgate.runtime.gateway.commands.trigger_commands import TriggerCommands
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.gateway.profiles.virtual_charging import VirtualCharging
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse

Handler = Callable[[BackendLink, Ask, Rule], None]

UNKNOWN: Final = '{"status":"Unknown"}'

_ONCE_ACCEPTED = frozenset({"RemoteStartTransaction", "RemoteStopTransaction"})


class BackendCommandHandler:
    """Handles what one backend asks of one EVSE. Implements BackendCommands."""

    def __init__(
        self,
        station: Station,
        evse: StationEvse,
        backend: EvseBackend,
        virtual: VirtualCharging,
        configuration: ConfigurationCommands,
    ) -> None:
        self._station = station
        self._evse = evse
        self._backend = backend
        self._virtual = virtual
        self._configuration = configuration
        self._to_wallbox = ToWallbox(
            station.presence, backend, station.house.tools.clock, self.require_may
        )
        cards = CardCommands(station, self._to_wallbox.forward)
        reservations = ReservationCommands(station, evse.evse_id, backend, self._to_wallbox.send)
        self._triggers = TriggerCommands(station.presence, backend, self._to_wallbox)
        self._maintenance = MaintenanceCommands(station, evse, backend, self._to_wallbox)
        self._transactions = TransactionCommands(station, evse, backend, virtual, self._to_wallbox)
        self._handlers: Mapping[str, Handler] = {
            "CancelReservation": reservations.cancel,
            "ChangeAvailability": self._maintenance.change_availability,
            "ChangeConfiguration": self._change_configuration,
            "ClearCache": cards.clear_cache,
            "ClearChargingProfile": self._clear_in_observe,
            "DataTransfer": self._transactions.data_transfer,
            "ExtendedTriggerMessage": self._trigger,
            "GetConfiguration": self._get_configuration,
            "GetDiagnostics": self._maintenance.request,
            "GetLog": self._maintenance.request,
            "GetLocalListVersion": cards.list_version,
            "RemoteStartTransaction": self._transactions.remote_start,
            "RemoteStopTransaction": self._transactions.remote_stop,
            "ReserveNow": reservations.reserve,
            "Reset": self._maintenance.whole_wallbox,
            "SendLocalList": cards.send_local_list,
            "SetChargingProfile": self._set_profile_in_observe,
            "SignedUpdateFirmware": self._maintenance.request,
            "TriggerMessage": self._trigger,
            "UnlockConnector": self._maintenance.unlock,
            "UpdateFirmware": self._maintenance.request,
        }

    def backend_called(self, link: BackendLink, ask: Ask) -> None:
        """Handle one command; every one is answered, now or later."""
        try:
            self._backend.north.security.heard(ask.call.action)
            if rule_for(ask.call.action, Sender.BACKEND) is not None:
                self.require_may(ask.call)
        except PeerError as exc:
            ask.refuse(exc.code, exc.description)
        else:
            self.follow_up(link, ask)

    def follow_up(self, link: BackendLink, ask: Ask) -> None:
        """As `backend_called`, for what follows from a command that it was allowed."""
        rule = rule_for(ask.call.action, Sender.BACKEND)
        if rule is None:
            ask.refuse("NotImplemented", f"{ask.call.action} is not known here")
            return
        try:
            self._backend.connectors.require_named(ask.call.action, ask.call.payload_text)
            self._decide(link, ask, rule)
        except PeerError as exc:
            ask.refuse(exc.code, exc.description)

    def require_may(self, call: Call) -> None:
        """Raise NotAllowedError for what the backend may not command now (R106)."""
        standing = Standing.RETIRING if self._backend.retiring else Standing.PRESENT
        require_access(call, self._rights(call), standing)

    def _rights(self, call: Call) -> Rights:
        """Who has become one that listens may still end what it bills, unless its rights are said.

        Nobody else could: whoever bills now does not know that transaction (R60).
        """
        gateway, link_id = self._backend.gateway, self._backend.link_id
        is_to_end = call.action == "RemoteStopTransaction" and gateway.commands is None
        if is_to_end and self._evse.bills(link_id, read_scalar(call.payload_text, TRANSACTION)):
            return Rights.ALL
        return gateway.rights

    def _decide(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        match rule.decide(observing=self._station.house.observing()):
            case Decision.VIRTUALISE:
                self._carry_out(link, ask, rule)
            case _ if ask.call.action in TRIGGERS and not link.is_online:
                trigger_early(link, ask)
            case _ if ask.call.action in _ONCE_ACCEPTED and not link.is_online:
                ask.answer(REJECTED, "not before the boot is accepted (R41)")
            case _:
                self._handlers.get(ask.call.action, self._forward)(link, ask, rule)

    def _carry_out(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        match certificate_matter(ask.call):
            case CertificateMatter.LINK:
                self._link_certificate(link, ask)
            case CertificateMatter.WALLBOX:
                self._maintenance.whole_wallbox(link, ask, rule)
            case None:
                self._station.in_background(ask, self._virtualise(link, ask, rule))

    def _link_certificate(self, link: BackendLink, ask: Ask) -> None:
        work = self._backend.north.commands.certificate(ask, link.log_in_again)
        self._station.in_background(ask, work)

    async def _virtualise(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        answer_text = await self._virtual.handle(ask.call)
        if answer_text is not None:
            ask.answer(answer_text)
        else:
            self._decide(link, ask, rule)  # the mode has changed

    def _forward(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        self._to_wallbox.forward(ask, rule)

    def _change_configuration(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        def relay(told: Ask) -> None:
            self._maintenance.whole_wallbox(link, told, rule)

        self._configuration.change(link, ask, relay)

    def _get_configuration(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        def send(part: Ask, text: str) -> None:
            self._to_wallbox.send(part, rule, text)

        self._configuration.read(link, ask, send)

    def _trigger(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        if certificate_matter(ask.call) is CertificateMatter.LINK:
            self._link_certificate(link, ask)
        else:
            self._triggers.trigger(link, ask, rule)

    def _set_profile_in_observe(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Only the profiles of who bills go into the wallbox (R97)."""
        work = self._map_and_set if self._backend.is_primary else self._virtualise
        self._station.in_background(ask, work(link, ask, rule))

    async def _map_and_set(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        text: str | None = ask.call.payload_text
        if rule.transaction is not None:
            text = await self._transactions.with_our_transaction(
                link, ask.call.payload_text, rule.transaction
            )
        if text is None:
            ask.answer(REJECTED)
        else:
            self._send_profile(ask, rule, await self._virtual.naming.setting(SET, text))

    def _clear_in_observe(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """All profiles of a backend are those of its own connector (R98)."""
        if not self._backend.is_primary:
            self._station.in_background(ask, self._virtualise(link, ask, rule))
            return
        text = self._virtual.naming.clearing(ask.call.payload_text)
        if text is None:
            ask.answer(UNKNOWN, "no profile of this backend (R98)")
            return
        if not self._backend.connectors.alone and read_scalar(text, ("id",)) is None:
            text = with_connector(text, BACKEND_CONNECTOR)
        self._send_profile(ask, rule, text)

    def _send_profile(self, ask: Ask, rule: Rule, text: str) -> None:
        """What the wallbox makes of it is mirrored, for when load management is active (R97)."""
        self._to_wallbox.send(
            ask,
            rule,
            self._backend.connectors.to_wallbox(text, rule.connector),
            lambda: self._virtual.relaying(ask.call),
        )
