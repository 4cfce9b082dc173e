"""Which EVSE of a wallbox a card is meant for, and which backend judges it there (R101)."""

from dataclasses import dataclass, replace

from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.station.authorisation import Place, fold
from wattgate.core.station.card_routing import REMEMBERED_S, Route, Stall, route
from wattgate.core.station.fixed_card import ID_TAG, with_fixed_card
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.station.open_transactions import billed_by
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse


class CardRouting:
    """Where the cards of one wallbox go."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._accepted_at: dict[tuple[str, str], float] = {}
        """When a card was last accepted, by EVSE and card, monotonic s."""

    def route(self, id_tag: str, now: float) -> Route:
        """Whom to ask about a card that the wallbox shows without naming a connector."""
        station = self._station
        main = station.primary or station.evses[0]
        stalls = [self._stall(evse, id_tag) for evse in station.evses]
        return route(stalls, main.evse_id, now, ask_all=main.wallbox.ask_all_backends)

    def accepted(self, evse: StationEvse, id_tag: str, at: float) -> None:
        """Remember for a while who has accepted a card."""
        recent = self._accepted_at.items()
        self._accepted_at = {key: then for key, then in recent if at - then <= REMEMBERED_S}
        self._accepted_at[evse.evse_id, fold(id_tag)] = at

    def _stall(self, evse: StationEvse, id_tag: str) -> Stall:
        card, link = evse.card_meant(id_tag), evse.link
        return Stall(
            evse.evse_id,
            evse.connector.status,
            card,
            since=evse.connector.since,
            running_card=evse.transaction.record.start.id_tag if evse.transaction else None,
            link_id=None if link is None else link.identity.link_id,
            commanded_at=evse.commanded_at(card),
            asked_at=self._accepted_at.get((evse.evse_id, fold(card))),
            is_reserved=self._station.reservations.is_kept_for(evse.evse_id, card),
        )


@dataclass(frozen=True, slots=True)
class Judge:
    """Who decides about a card that is shown: the backend of `link`; None: it is decided here.

    `place` is for a verdict in place of that backend.
    """

    link: BackendLink | None
    place: Place


def judge_of(evse: StationEvse, id_tag: str) -> Judge:
    """Who decides about a card at an EVSE.

    One that charges there ends it where it began, also after another backend has come: that one
    has nothing to do with the card.
    """
    running = evse.transaction
    if running is None or fold(running.record.start.id_tag) != fold(id_tag):
        return Judge(evse.link, evse.place)
    link_id = billed_by(running.record)
    if link_id is None:
        return Judge(None, replace(evse.place, link_id=None, has_backend=False))
    began_at = evse.backend_of(link_id)
    if began_at is None:
        return Judge(evse.link, evse.place)
    return Judge(began_at.link, replace(evse.place, link_id=link_id, has_backend=True))


def as_read_at(evse: StationEvse, ask: Ask) -> Ask:
    """A message of the wallbox with the fixed card where it names the wallbox's own tag (R57)."""
    if not evse.replaces_free_tag:
        return ask
    free_tag, fixed_card = evse.wallbox.free_tag, evse.settings.fixed_rfid
    text = with_fixed_card(ask.call.payload_text, free_tag, fixed_card)
    return replace(ask, call=replace(ask.call, payload_text=text))


def card_in(ask: Ask) -> str:
    """The idTag of a message that has one."""
    return str(read_scalar(ask.call.payload_text, ID_TAG))
