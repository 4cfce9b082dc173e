"""What a backend commands about transactions: it names them by the ids that it has given (R60)."""

from collections.abc import Callable
from functools import partial

from wattgate.core.gateway.connectors import BACKEND_CONNECTOR, with_connector
from wattgate.core.gateway.policy import TRANSACTION, Path, Rule
from wattgate.core.gateway.profiles.profile_numbers import named_profile
from wattgate.core.ocpp.codes import ErrorCode
from wattgate.core.ocpp.splice import read_scalar, read_scalars, remove_member, replace_scalar
from wattgate.core.station.authorisation import fold
from wattgate.core.station.fixed_card import ID_TAG
from wattgate.core.station.transactions import TransactionRecord
from wattgate.runtime.ask import Ask, is_accepted
from wattgate.runtime.gateway.commands.cost_mapping import cost_for_wallbox, mapped_cost
from wattgate.runtime.gateway.commands.to_wallbox import Heard, ToWallbox
from wattgate.runtime.gateway.delivery.backend_answers import is_transaction_id
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.gateway.profiles.virtual_charging import VirtualCharging, remote_start_profile
from wattgate.runtime.peer import Outcome
from wattgate.runtime.station.open_transactions import billed_by
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse

REJECTED = '{"status":"Rejected"}'


class TransactionCommands:
    """Handles what one backend asks about the transactions of one EVSE."""

    def __init__(
        self,
        station: Station,
        evse: StationEvse,
        backend: EvseBackend,
        virtual: VirtualCharging,
        to_wallbox: ToWallbox,
    ) -> None:
        self._station = station
        self._evse = evse
        self._backend = backend
        self._virtual = virtual
        self._to_wallbox = to_wallbox

    def remote_start(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Name the connector; a profile stays here unless we only observe (R75, R101)."""
        text = with_connector(ask.call.payload_text, BACKEND_CONNECTOR)
        if not self._station.house.observing():
            await_start = partial(self._virtual.await_start, remote_start_profile(text))
            self._start(ask, rule, remove_member(text, "chargingProfile"), await_start)
        elif named_profile(ask.call.action, text) is None:
            self._start(ask, rule, text, partial(self._virtual.await_relayed_start, text))
        elif self._backend.is_primary:
            self._station.in_background(ask, self._start_with_profile(ask, rule, text))
        else:
            ask.answer(REJECTED, "the profile would not be obeyed (R97)")

    async def _start_with_profile(self, ask: Ask, rule: Rule, text: str) -> None:
        """The wallbox itself is to obey the profile, by its own number of it."""
        numbered = await self._virtual.naming.setting(ask.call.action, text)
        self._start(ask, rule, numbered, partial(self._virtual.await_relayed_start, text))

    def _start(self, ask: Ask, rule: Rule, text: str, await_start: Callable[[str], None]) -> None:
        card = fold(str(read_scalar(text, ID_TAG)))

        def sending() -> Heard:
            awaited_before = self._virtual.awaited
            await_start(card)
            now, evse = self._station.house.tools.clock.monotonic(), self._evse
            shown_before, told_before = evse.card_shown_at, evse.commanded_card
            evse.card_shown_at = now  # R57
            evse.commanded_card = told = (card, now)

            def heard(outcome: Outcome) -> None:
                if is_accepted(outcome):
                    return
                self._virtual.no_start(awaited_before)
                if evse.card_shown_at == now:
                    evse.card_shown_at = shown_before
                if evse.commanded_card is told:
                    evse.commanded_card = told_before

            return heard

        text = self._backend.connectors.to_wallbox(text, rule.connector)
        self._to_wallbox.send(ask, rule, text, sending)

    def remote_stop(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Stop the transaction that this backend calls so; another's is unknown to it (R74)."""
        self._station.in_background(ask, self._map_and_stop(link, ask, rule))

    async def _map_and_stop(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        if read_scalar(ask.call.payload_text, TRANSACTION) is None:
            # Some wallbox might stop whatever runs.
            ask.refuse(ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION, "transactionId is missing")
            return
        text = await self.with_our_transaction(link, ask.call.payload_text, TRANSACTION)
        if text is None:
            ask.answer(REJECTED, "unknown transaction (R74)")
        else:
            self._to_wallbox.send(ask, rule, text)

    def data_transfer(self, link: BackendLink, ask: Ask, rule: Rule) -> None:
        """Pass it on to the letter, but for a transaction's costs where those are mapped (R118)."""
        backend_id = mapped_cost(self._backend.gateway, ask.call.payload_text)
        if backend_id is None:
            self._to_wallbox.forward(ask, rule)
        else:
            self._station.in_background(ask, self._cost(link, ask, rule, backend_id))

    async def _cost(self, link: BackendLink, ask: Ask, rule: Rule, backend_id: int) -> None:
        store, link_id = self._station.house.store, link.identity.link_id
        text = await cost_for_wallbox(store, link_id, ask.call.payload_text, backend_id)
        if text is None:
            ask.answer(REJECTED, "about no transaction of this backend (R118)")
        else:
            self._to_wallbox.send(ask, rule, text)

    async def with_our_transaction(
        self, link: BackendLink, payload_text: str, path: Path
    ) -> str | None:
        """The payload with our transaction id; as it is where it names none; None: unknown id."""
        backend_id = read_scalar(payload_text, path)
        if backend_id is None:
            is_open = all(each is None for each in read_scalars(payload_text, path))
            return payload_text if is_open else None  # a wallbox might read one that we do not
        if not is_transaction_id(backend_id):
            return None
        record = await self._station.house.store.transaction_of_backend(
            link.identity.link_id, backend_id
        )
        if record is not None:
            # Another EVSE behind the login may have been given this id since ours.
            record = self._running_as(backend_id, link.identity.link_id) or record
        if record is None:
            shared = self._station.open.shared(backend_id)
            is_its = shared is not None and billed_by(shared) == link.identity.link_id
            return payload_text if is_its else None  # the wallbox has the same id for it
        return replace_scalar(payload_text, path, str(record.transaction_id))

    def _running_as(self, backend_id: int, link_id: str) -> TransactionRecord | None:
        """The open transaction, where the backend of that link calls it so."""
        running = self._evse.transaction
        if running is None or running.id_at(link_id) != backend_id:
            return None
        return running.record
