"""Wallbox and backend talk to each other directly: neither is here without the other (mode T).

Nothing is queued and no answer is invented: while the backend is away, the wallbox is not let in,
so that it keeps its messages itself (protocol-rules §1, R47).
"""

import asyncio
from functools import partial
from typing import Final

import structlog

from wattgate.core.gateway.commands.access import NotAllowedError, require_relayed_access
from wattgate.core.gateway.link.link_messages import LinkKeyChange
from wattgate.core.gateway.policy import Sender
from wattgate.core.gateway.relaying import Ending, ending, wait_s
from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.link.relay_link import AWAY, RelayLink
from wattgate.runtime.peer import NoAnswer, OnDone, Outcome, Peer
from wattgate.runtime.station.observer import Observer
from wattgate.runtime.station.relayed_cards import RelayedCards
from wattgate.runtime.station.station import Station

log = structlog.get_logger()

TRY_AGAIN_LATER: Final = 1013
"""WebSocket close code for a wallbox whose backend is away (R47)."""

BACKEND_AWAY: Final = "the backend is away"

_REJECTED: Final = '{"status":"Rejected"}'


class Relay:
    """Mode T for one wallbox, over all its connections."""

    def __init__(self, station: Station, link: RelayLink, observer: Observer) -> None:
        self.link = link
        self.observer = observer
        self.cards = RelayedCards(station, link.identity.link_id)
        self._station = station
        self._pair: Pair | None = None
        self._dialling: asyncio.Task[None] | None = None

    def wallbox_came(self) -> None:
        """Dial the backend for the new connection; the former one's ends with it (R27)."""
        self.wallbox_left()
        peer = self._station.presence.peer
        if peer is not None:
            self._pair = pair = Pair(peer, self)
            self._dialling = self._station.house.tasks.start(
                self._connect(pair), name=f"{self._station.station_id} relay"
            )

    def wallbox_left(self) -> None:
        """The wallbox's connection is gone: so is the backend's."""
        pair, self._pair = self._pair, None
        if self._dialling is not None:
            self._dialling.cancel()
        if pair is not None:
            pair.end()
            self.link.wallbox_left()

    def called(self, ask: Ask) -> None:
        """Pass a message of the wallbox on; an older connection of its is heard no more."""
        if self._pair is not None:
            self._pair.wallbox_called(ask)

    def ends_here(self, ask: Ask, why: Ending | LinkKeyChange) -> None:
        """Answer in the gateway's own name what concerns one of the two links (R36, R37)."""
        commands, again = self.link.own.commands, partial(ask.peer.close, 1000)
        match why:
            case Ending.SIGNING:
                self._station.on_signing(ask)
            case LinkKeyChange():
                self._station.in_background(ask, commands.change_key(ask, why, again))
            case Ending.LINK_CERTIFICATE:
                self._station.in_background(ask, commands.certificate(ask, again))
            case Ending.SEVERAL_KEYS:
                log.warning("ends at the gateway", action=ask.call.action, link=ask.peer.name)
                ask.answer(_REJECTED, "names more than one key")

    async def _connect(self, pair: "Pair") -> None:
        address = pair.wallbox.address
        if not await self.link.dial(pair):
            reason = f"{BACKEND_AWAY}: {self.link.status.reason}"
            self._station.on_turned_away(address, reason)
            pair.wallbox.cut(TRY_AGAIN_LATER, BACKEND_AWAY)


class Pair:
    """One connection of the wallbox, and the one at the backend that lives as long.

    The owner of the backend's peer. What the wallbox sends while that is being made waits.
    """

    def __init__(self, wallbox: Peer, relay: Relay) -> None:
        self.wallbox = wallbox
        self._relay = relay
        self._backend: Peer | None = None
        self._waiting: list[Ask] = []
        self._is_over = False

    def wallbox_called(self, ask: Ask) -> None:
        """Pass a CALL of the wallbox on, and what the backend answers back."""
        why = ending(ask.call, Sender.WALLBOX)
        if why is not None:
            self._relay.ends_here(ask, why)
        elif self._backend is None:
            self._waiting.append(ask)
        else:
            self._relay.observer.saw(ask.call)
            self._backend.ask(
                ask.call.action,
                ask.call.payload_text,
                self._to_wallbox(ask),
                timeout_s=wait_s(ask.call, Sender.WALLBOX),
                source=ask.source,
            )

    def end(self) -> None:
        """The wallbox is gone, or has come anew: nothing may reach it from here any more."""
        self._is_over = True
        if self._backend is not None:
            self._backend.cut(1000, AWAY)

    # PeerOwner, of the backend's side

    def peer_opened(self, peer: Peer) -> None:
        """The backend is there: it hears what the wallbox has said meanwhile."""
        self._backend = peer
        if self._is_over:
            peer.cut(1000, AWAY)
            return
        waiting, self._waiting = self._waiting, []
        for ask in waiting:
            self.wallbox_called(ask)

    def peer_called(self, peer: Peer, call: Call) -> None:
        """Pass a CALL of the backend on, and what the wallbox answers back."""
        ask = Ask(peer, call)
        try:
            link = self._relay.link
            require_relayed_access(call, link.rights, link.standing)
        except NotAllowedError as exc:
            ask.refuse(exc.code, exc.description)
            return
        why = ending(call, Sender.BACKEND)
        if why is not None:
            self._relay.ends_here(ask, why)
            return
        self.wallbox.ask(
            call.action,
            call.payload_text,
            self._to_backend(ask),
            timeout_s=wait_s(call, Sender.BACKEND),
            source=ask.source,
        )

    def peer_closed(self, peer: Peer, code: int, reason: str) -> None:
        """The backend is gone: so is the wallbox, to keep its messages itself."""
        if not self._is_over:
            self._relay.link.lost(code, reason)
            self.wallbox.cut(TRY_AGAIN_LATER, BACKEND_AWAY)

    def _to_backend(self, ask: Ask) -> OnDone:
        def heard(outcome: Outcome) -> None:
            _pass_back(ask, outcome, "the wallbox")
            self._relay.cards.answered(ask.call, outcome)

        return heard

    def _to_wallbox(self, ask: Ask) -> OnDone:
        def heard(outcome: Outcome) -> None:
            if isinstance(outcome, NoAnswer) and not self._is_connected:
                return  # both links end: the wallbox keeps what was not answered
            _pass_back(ask, outcome, "the backend")
            self._relay.link.heard(ask.call.action, outcome)
            self._relay.observer.answered(ask.call, outcome)

        return heard

    @property
    def _is_connected(self) -> bool:
        return self._backend is not None and self._backend.is_open


def _pass_back(ask: Ask, outcome: Outcome, whose: str) -> None:
    """To the letter; who is silent on a live link gets a CALLERROR in its name (R47)."""
    match outcome:
        case CallResult(_, payload_text):
            ask.answer(payload_text)
        case CallError(_, code, description, details_text):
            ask.peer.refuse(ask.call.unique_id, code, description, details_text)
        case NoAnswer(reason, _):
            ask.refuse("GenericError", f"{whose}: {reason}")
