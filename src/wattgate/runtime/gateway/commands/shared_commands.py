"""What a backend commands where several EVSEs share its login, by the sharing table.

Every EVSE carries out what is for it as if it were the backend's only one, connector 1.
"""

import json
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Literal, assert_never

import structlog

from wattgate.core.errors import PeerError
from wattgate.core.gateway.commands.access import NotAllowedError
from wattgate.core.gateway.commands.free_connector import (
    Candidate,
    connector_to_keep,
    free_connector,
    why_none_is_kept,
)
from wattgate.core.gateway.commands.reservations import RESERVATION
from wattgate.core.gateway.commands.shared_answers import Answer, combined
from wattgate.core.gateway.commands.sharing import (
    UnknownConnectorError,
    Whom,
    addressee,
    for_one,
    sharing_of,
)
from wattgate.core.gateway.configuration.config_overlay import Entry, asked_keys, overlaid
from wattgate.core.gateway.connectors import BACKEND_CONNECTOR
from wattgate.core.gateway.policy import (
    CONNECTOR,
    POLICY,
    PROFILE_TRANSACTION,
    TRANSACTION,
    Sender,
    rule_for,
)
from wattgate.core.ocpp.frames import Call, CallResult
from wattgate.core.ocpp.splice import Scalar, read_scalar, replace_scalar
from wattgate.core.station.fixed_card import ID_TAG
from wattgate.ports.store import Store
from wattgate.runtime.ask import Ask, is_accepted
from wattgate.runtime.gateway.commands.backend_commands import BackendCommandHandler
from wattgate.runtime.gateway.commands.cost_mapping import mapped_cost
from wattgate.runtime.gateway.commands.early_triggers import TRIGGERS, trigger_early, trigger_here
from wattgate.runtime.gateway.commands.gathering import Gathering, Part
from wattgate.runtime.gateway.commands.transaction_commands import REJECTED
from wattgate.runtime.gateway.delivery.backend_answers import is_transaction_id
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse

log = structlog.get_logger()

CAR_AWAITED_S: Final = 120.0
"""s after a card was shown, or a start commanded, in which the connector counts as taken."""

_CANCEL_RESERVATION: Final = "CancelReservation"
_CLEAR_PROFILE: Final = "ClearChargingProfile"
_DATA_TRANSFER: Final = "DataTransfer"
_GET_CONFIGURATION: Final = "GetConfiguration"
_RESERVE_NOW: Final = "ReserveNow"
_SET_PROFILE: Final = "SetChargingProfile"
_PROFILE_ID: Final = ("csChargingProfiles", "chargingProfileId")


@dataclass(frozen=True, slots=True)
class Member:
    """One of the EVSEs, and who carries out what is for it."""

    station: Station
    evse: StationEvse
    backend: EvseBackend
    commands: BackendCommandHandler

    @property
    def number(self) -> int:
        """Its connector number at the backend."""
        return self.backend.number

    @property
    def is_here(self) -> bool:
        """Whether its wallbox can be asked."""
        return self.station.presence.is_connected

    def has_reserved(self, link_id: str, their_id: Scalar) -> bool:
        """Whether it is reserved under that id of a backend."""
        return self.station.reservations.evse_of(link_id, their_id) == self.evse.evse_id

    def candidate(self, id_tag: str | None) -> Candidate:
        """What is to be known of it where a command for that card names no connector."""
        evse, now = self.evse, self.station.house.tools.clock.monotonic()
        shown_at = evse.card_shown_at
        return Candidate(
            self.number,
            evse.connector.status,
            in_use=evse.in_use,
            awaits_car=shown_at is not None and now - shown_at < CAR_AWAITED_S,
            is_kept=self.station.reservations.is_kept(evse.evse_id, id_tag),
        )


class SharedCommands:
    """Handles what one backend asks of several EVSEs, one at least. Implements BackendCommands."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._members: dict[int, Member] = {}

    @property
    def members(self) -> tuple[Member, ...]:
        """Who is there, by their numbers."""
        return tuple(member for _, member in sorted(self._members.items()))

    @property
    def _serving(self) -> tuple[Member, ...]:
        """Those that the site still has behind this login; all where it has none: they say so."""
        serving = tuple(each for each in self.members if not each.backend.retiring)
        return serving or self.members

    @property
    def _present(self) -> tuple[Member, ...]:
        """Those that can be asked; all where none can: they say why."""
        return tuple(each for each in self._serving if each.is_here) or self._serving

    def join(self, member: Member) -> None:
        """From now on the backend's commands are for this EVSE, too."""
        self._members[member.number] = member

    def leave(self, number: int) -> None:
        """An EVSE is the backend's no more."""
        del self._members[number]

    def backend_called(self, link: BackendLink, ask: Ask) -> None:
        """Handle one command; every one is answered, now or later."""
        try:
            self._require_may(ask)
            if ask.call.action in TRIGGERS and not link.is_online:
                trigger_early(link, ask)
                return
            whom = addressee(ask.call.action, ask.call.payload_text, self._members)
            if self._listens and trigger_here(link, ask):
                return
        except UnknownConnectorError as exc:
            self._refuse_connector(ask, exc)
        except PeerError as exc:
            ask.refuse(exc.code, exc.description)
        else:
            self._hand_on(link, ask, whom)

    @property
    def _listens(self) -> bool:
        """Whether the backend only listens: the wallbox is not to be bothered for it (R106)."""
        return all(member.backend.is_report for member in self._serving)

    def _require_may(self, ask: Ask) -> None:
        """Raise NotAllowedError for what the backend may command at none of its connectors."""
        if rule_for(ask.call.action, Sender.BACKEND) is None:
            return  # it is not known here, whoever asks
        refusals: list[NotAllowedError] = []
        for member in self._serving:
            try:
                member.commands.require_may(ask.call)
            except NotAllowedError as exc:
                refusals.append(exc)
            else:
                return
        raise refusals[0]

    def _refuse_connector(self, ask: Ask, exc: UnknownConnectorError) -> None:
        answer_text = sharing_of(ask.call.action).unknown
        if answer_text is None:
            ask.refuse(exc.code, exc.description)
        else:
            ask.answer(answer_text, exc.description)

    def _hand_on(self, link: BackendLink, ask: Ask, whom: int | Whom) -> None:
        match whom:
            case Whom.ALL | Whom.WALLBOXES | Whom.PRESENT | Whom.FIRST:
                self._ask(link, ask, self._all_of(whom))
            case Whom.TRANSACTION:
                self._in_background(ask, self._ask_owner(link, ask))
            case Whom.FREE | Whom.NOBODY if len(self._members) == 1:
                self._ask(link, ask, self.members)
            case Whom.FREE:
                self._ask_free(link, ask)
            case Whom.NOBODY:
                ask.answer(REJECTED, "a limit on the sum of EVSEs that share a login (R92)")
            case int() if ask.call.action == _SET_PROFILE:
                self._in_background(ask, self._set_profile(link, ask, self._members[whom]))
            case int():
                self._ask(link, ask, (self._members[whom],))
            case _:
                assert_never(whom)

    def _all_of(
        self, whom: Literal[Whom.ALL, Whom.WALLBOXES, Whom.PRESENT, Whom.FIRST]
    ) -> tuple[Member, ...]:
        match whom:
            case Whom.ALL:
                return self._serving
            case Whom.WALLBOXES:
                return _one_each(self._serving)
            case Whom.PRESENT:
                return _one_each(self._present)
            case Whom.FIRST:
                return self._present[:1]
            case _:
                assert_never(whom)

    def _in_background(self, ask: Ask, work: Coroutine[Any, Any, None]) -> None:
        self.members[0].station.in_background(ask, work)

    # To one, or to several

    def _ask(
        self, link: BackendLink, ask: Ask, members: Sequence[Member], told: str | None = None
    ) -> None:
        """Have them carry it out, with the payload `told` where it is not that of the backend."""
        gathering = Gathering(ask, len(members), partial(self._combined, link, ask, members))
        text = told or for_one(ask.call.action, ask.call.payload_text)
        for member in members:
            member.commands.backend_called(link, gathering.part(member.number, text))

    def _combined(
        self, link: BackendLink, ask: Ask, members: Sequence[Member], answers: Sequence[Answer]
    ) -> Answer:
        answer = combined(sharing_of(ask.call.action).combining, answers)
        if not isinstance(answer, CallResult):
            return answer
        if ask.call.action == _SET_PROFILE and is_accepted(answer):
            self._forget_elsewhere(link, ask, members)
        if ask.call.action == _RESERVE_NOW and is_accepted(answer):
            self._give_up_elsewhere(link, ask, members)
        return replace(answer, payload_text=self._as_told(ask.call, answer.payload_text))

    def _as_told(self, call: Call, answer_text: str) -> str:
        """The answer in the backend's numbers."""
        rule = POLICY.get(call.action)
        if rule is not None and rule.answer_connector is not None:
            asked = read_scalar(call.payload_text, rule.answer_connector)
            return replace_scalar(
                answer_text, rule.answer_connector, json.dumps(asked), missing_ok=True
            )
        if call.action == _GET_CONFIGURATION:
            count = Entry("NumberOfConnectors", str(max(self._members)), readonly=True)
            return overlaid(answer_text, [count], asked_keys(call.payload_text))
        return answer_text

    def _ask_free(self, link: BackendLink, ask: Ask) -> None:
        if ask.call.action == _RESERVE_NOW:
            self._ask_to_keep(link, ask)
            return
        id_tag = read_scalar(ask.call.payload_text, ID_TAG)
        card = id_tag if isinstance(id_tag, str) else None
        free = free_connector(self._candidates(card))
        if free is None:
            ask.answer(REJECTED, "no connector is free")
        else:
            self._ask(link, ask, (self._members[free],))

    def _ask_to_keep(self, link: BackendLink, ask: Ask) -> None:
        """One for any connector is for one of them; the same again stays where it is (16 §5.13)."""
        link_id = link.identity.link_id
        their_id = read_scalar(ask.call.payload_text, RESERVATION)
        again = (each.number for each in self.members if each.has_reserved(link_id, their_id))
        candidates = self._candidates(None)
        free = next(again, None) or connector_to_keep(candidates)
        if free is None:
            status = why_none_is_kept(candidates)
            ask.answer(f'{{"status":"{status}"}}', "no connector is free to be kept")
        else:
            text = replace_scalar(ask.call.payload_text, CONNECTOR, str(BACKEND_CONNECTOR))
            self._ask(link, ask, (self._members[free],), text)

    def _candidates(self, id_tag: str | None) -> list[Candidate]:
        return [
            member.candidate(id_tag)
            for member in self.members
            if member.is_here and not member.backend.retiring
        ]

    # By transaction

    async def _ask_owner(self, link: BackendLink, ask: Ask) -> None:
        first = self._present[0]
        if ask.call.action != _DATA_TRANSFER:
            asked = read_scalar(ask.call.payload_text, TRANSACTION)
        else:
            asked = mapped_cost(first.backend.gateway, ask.call.payload_text)
            if asked is None:
                self._ask(link, ask, (first,))
                return
        owner = await self._owner(link, asked)
        if owner is None and len(self._members) == 1:
            owner = self.members[0].evse.evse_id  # it knows what began in mode T as well
        member = next((each for each in self.members if each.evse.evse_id == owner), None)
        if member is None:
            ask.answer(REJECTED, "unknown transaction (R74)")
        else:
            self._ask(link, ask, (member,))

    async def _owner(self, link: BackendLink, backend_id: Scalar) -> str | None:
        """The EVSE with the transaction that the backend calls so; None for an unknown one."""
        if not is_transaction_id(backend_id):
            return None
        for member in self.members:
            transaction = member.evse.transaction
            if transaction is not None and transaction.id_at(link.identity.link_id) == backend_id:
                return member.evse.evse_id
        record = await self._store.transaction_of_backend(link.identity.link_id, backend_id)
        return None if record is None else record.start.evse_id

    # Profiles

    async def _set_profile(self, link: BackendLink, ask: Ask, member: Member) -> None:
        """One for a transaction is for its EVSE and for no other (R92)."""
        named = read_scalar(ask.call.payload_text, PROFILE_TRANSACTION)
        judges_itself = named is None or len(self._members) == 1
        if judges_itself or await self._owner(link, named) == member.evse.evse_id:
            self._ask(link, ask, (member,))
        else:
            ask.answer(REJECTED, "no transaction of that connector (R92)")

    def _forget_elsewhere(self, link: BackendLink, ask: Ask, members: Sequence[Member]) -> None:
        """A profile takes the place of the one with the same id, wherever that is (R93)."""
        profile_id = read_scalar(ask.call.payload_text, _PROFILE_ID)
        for member in self.members:
            entries = member.backend.profiles.stack.entries
            is_there = any(profile.profile_id == profile_id for _, profile in entries)
            if is_there and member not in members:
                _undo(link, ask, member, _CLEAR_PROFILE, f'{{"id":{profile_id}}}')

    def _give_up_elsewhere(self, link: BackendLink, ask: Ask, members: Sequence[Member]) -> None:
        """So does a reservation, also where that is another wallbox (16 §5.13)."""
        their_id = read_scalar(ask.call.payload_text, RESERVATION)
        for member in self.members:
            is_there = member.has_reserved(link.identity.link_id, their_id)
            if is_there and member not in members:
                _undo(link, ask, member, _CANCEL_RESERVATION, f'{{"reservationId":{their_id}}}')


def _one_each(members: Iterable[Member]) -> tuple[Member, ...]:
    """Of each wallbox the first: it speaks for the others."""
    firsts: dict[str, Member] = {}
    for member in members:
        firsts.setdefault(member.station.station_id, member)
    return tuple(firsts.values())


def _undo(link: BackendLink, ask: Ask, member: Member, action: str, payload_text: str) -> None:
    """End at an EVSE what the backend has at another one by now.

    It may be allowed to do the one, and not the other.
    """
    call = replace(ask.call, action=action, payload_text=payload_text)
    note = partial(_undone, member.evse.evse_id, action)
    member.commands.follow_up(link, Part(ask.peer, call, note))


def _undone(evse_id: str, action: str, answer: Answer) -> None:
    if not is_accepted(answer):
        log.warning("what was replaced elsewhere may still hold", evse=evse_id, action=action)
