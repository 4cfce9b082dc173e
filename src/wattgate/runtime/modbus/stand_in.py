"""The charge point that stands for a wallbox on Modbus (R108, docs/adr/0025).

It is the software wallbox with the device as its hardware, linked to the manager in memory. So
cards, transactions, profiles and everything else of OCPP are for such a wallbox what they are for
any other.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol, assert_never

import structlog
from msgspec.structs import replace

from wattgate.core.modbus.wallbox_values import WallboxModel, WallboxValues
from wattgate.core.ocpp.frames import Call
from wattgate.core.site.model import EvseSettings
from wattgate.core.wallbox.actions import PresentCard
from wattgate.core.wallbox.charge_point import ChargePoint
from wattgate.core.wallbox.effects import (
    Answer,
    CutPilot,
    Effect,
    Happened,
    Keep,
    Offer,
    Reboot,
    Reconnect,
    Refuse,
    SelectPhases,
    SendCall,
)
from wattgate.core.wallbox.moment import Moment
from wattgate.core.wallbox.sensed import Sensed
from wattgate.core.wallbox.state import NoAnswer
from wattgate.ports.links import Receiver
from wattgate.ports.store import SaveNote, Store
from wattgate.runtime import peer as peers
from wattgate.runtime.modbus.effects_in_order import EffectsInOrder
from wattgate.runtime.modbus.stand_in_kept import Kept
from wattgate.runtime.modbus.stand_in_options import CONNECTOR, options_of
from wattgate.runtime.modbus.stand_in_senses import Senses
from wattgate.runtime.peer import Peer, Tools
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

LOST_S: Final = 60.0
"""s without the wallbox after which its charge point is faulted (R109)."""

START_S: Final = 1.0
"""s that it takes to start anew after a reset."""

_GOING_AWAY: Final = 1001


class Wallbox(Protocol):
    """The device, as far as its stand-in has to do with it."""

    @property
    def model(self) -> WallboxModel | None:
        """What it says of its make; None while it was not heard."""
        ...

    @property
    def connection(self) -> int:
        """A new number for each connection to it."""
        ...

    def offer(self, current_a: float | None) -> None:
        """Let it have at most so much, A per phase."""
        ...


class StandIn:
    """One of them; `dial` links a receiver to the manager's side of the charge point."""

    def __init__(
        self,
        settings: Callable[[], EvseSettings],
        wallbox: Wallbox,
        dial: Callable[[Receiver], None],
        store: Store,
        tools: Tools,
        tasks: Supervisor,
        kept: Kept,
    ) -> None:
        self._settings = settings
        self._wallbox = wallbox
        self._dial = dial
        self._tools = tools
        self._kept = kept
        self._evse_id = settings().id
        self._senses = Senses(kept.register, self._evse_id)
        options = options_of(settings(), kept.model)
        self._charge_point = ChargePoint(options, self._moment(), kept.charge_point)
        self._effects = EffectsInOrder(self, self._note, store, tasks, f"stand-in {self._evse_id}")
        self._peer: Peer | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._lost_timer: asyncio.TimerHandle | None = None
        self._offered_a = 0.0
        self._is_out_of_reach = False
        self._is_up = False
        self._is_running = False

    async def run(self) -> None:
        """Stand for the wallbox until cancelled.

        Its charge point comes up as soon as the wallbox is heard, or is known not to be there.
        """
        self._is_running = True
        try:
            self._senses_say(self._senses.unknown)
            self.lost()
            await asyncio.get_running_loop().create_future()
        finally:
            self._is_running = False
            self.found()
            self._set_timer(None)

    # What the wallbox does

    def heard(self, values: WallboxValues) -> None:
        """It was looked at."""
        self.found()
        is_another = self._be_what_it_is()
        wall = self._tools.clock.wall()
        sensed = self._senses.heard(values, self._settings(), wall, is_another=is_another)
        self._senses_say(sensed)
        if self._is_out_of_reach:
            self._is_out_of_reach = False
            self._wallbox.offer(self._offered_a)
        card = self._senses.card(values, self._wallbox.connection)
        if card is not None:
            self._take(self._charge_point.handle(PresentCard(card, CONNECTOR), self._moment()))
        self._come_up()

    def lost(self) -> None:
        """It does not answer any more; what runs goes on, and is a fault after LOST_S."""
        if self._lost_timer is None:
            loop = asyncio.get_running_loop()
            self._lost_timer = loop.call_later(LOST_S, self._is_lost)

    def found(self) -> None:
        """It answers again."""
        if self._lost_timer is not None:
            self._lost_timer.cancel()
            self._lost_timer = None

    def _is_lost(self) -> None:
        self._is_out_of_reach = True
        self._senses_say(self._senses.out_of_reach)
        self._come_up()

    # What the manager wants of it

    def let(self, current_a: float | None) -> None:
        """Load management lets it have so much, A per phase; None: it has no say."""
        self._take(self._charge_point.capped(CONNECTOR, current_a, self._moment()))

    # The peer's owner

    def peer_opened(self, peer: Peer) -> None:
        """The manager can be asked."""
        self._peer = peer
        self._take(self._charge_point.connected(self._moment()))

    def peer_called(self, peer: Peer, call: Call) -> None:
        """The manager asks; on a link that was hung up nobody listens."""
        if peer is self._peer:
            self._take(self._charge_point.called(call, self._moment()))

    def peer_closed(self, peer: Peer, code: int, reason: str) -> None:
        """The link is gone: what waited for it is of no use any more, and a new one is made."""
        self._peer = None
        self._effects.link_lost()
        self._take(self._charge_point.disconnected(self._moment(), reason))
        asyncio.get_running_loop().call_later(START_S, self._link_up)

    # Inside

    def _come_up(self) -> None:
        if not self._is_up:
            self._is_up = True
            self._link_up()

    def _link_up(self) -> None:
        if self._peer is None and self._is_running:
            self._dial(Peer(self._evse_id, self, self._tools))

    def _be_what_it_is(self) -> bool:
        """Its make, or its settings, may be others than they were (R110).

        Answers whether it is not even the same wallbox.
        """
        before, model = self._kept.model, self._wallbox.model or self._kept.model
        self._kept = replace(self._kept, model=model)
        self._take(self._charge_point.becomes(options_of(self._settings(), model), self._moment()))
        return bool(before.serial and model.serial) and before.serial != model.serial

    def _senses_say(self, sensed: Sensed) -> None:
        self._take(self._charge_point.sensed(CONNECTOR, sensed, self._moment()))

    def _moment(self) -> Moment:
        clock = self._tools.clock
        return Moment(clock.monotonic(), clock.wall())

    def _take(self, effects: list[Effect]) -> None:
        if self._is_running:
            self._effects.take(effects)
            self._set_timer(self._charge_point.deadline())

    def _set_timer(self, deadline: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if deadline is not None:
            delay_s = max(0.0, deadline - self._tools.clock.monotonic())
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._tick)

    def _tick(self) -> None:
        self._take(self._charge_point.tick(self._moment()))

    def _note(self, text: str) -> SaveNote:
        """What is stored of it: the meter as it is now, since it only rises."""
        self._kept = replace(self._kept, charge_point=text, register=self._senses.register)
        return self._kept.note(self._evse_id)

    # Its hands

    def offer(self, current_a: float) -> None:
        """Let the wallbox have so much.

        A fault because it is out of reach takes nothing from it: when it is back it goes on.
        """
        self._offered_a = current_a
        if not self._is_out_of_reach:
            self._wallbox.offer(current_a)

    def perform(self, effect: Effect) -> None:
        """Carry out one effect."""
        match effect:
            case SendCall(number, action, payload_text):
                self._ask(number, action, payload_text)
            case Answer(unique_id, payload_text):
                if self._peer is not None:
                    self._peer.answer(unique_id, payload_text)
            case Refuse(unique_id, code, description):
                if self._peer is not None:
                    self._peer.refuse(unique_id, code, description)
            case Reboot():
                self._hang_up("the charge point starts anew")
            case Reconnect():
                self._hang_up("the charge point comes back")
            case Happened():
                self._happened(effect)
            case Offer() | Keep() | CutPilot() | SelectPhases():
                pass  # carried out in order, or the device's own affair
            case _:
                assert_never(effect)

    def _happened(self, what: Happened) -> None:
        """The traffic view shows everything but what went wrong before there was any."""
        if what.kind == "problem" and not self._is_up:
            log.warning("what was kept cannot be read", evse=self._evse_id, **what.facts)

    def _ask(self, number: int, action: str, payload_text: str) -> None:
        if self._peer is not None:
            self._peer.ask(action, payload_text, partial(self._ended, number))

    def _hang_up(self, reason: str) -> None:
        if self._peer is not None:
            self._peer.close(_GOING_AWAY, reason)

    def _ended(self, number: int, outcome: peers.Outcome) -> None:
        answer = None if isinstance(outcome, peers.NoAnswer) else outcome
        ended = answer or NoAnswer(link_lost=self._peer is None)
        self._take(self._charge_point.answered(number, ended, self._moment()))
