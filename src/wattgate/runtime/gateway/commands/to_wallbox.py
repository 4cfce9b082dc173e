"""How a backend's commands get to the wallbox, and its answers back."""

from collections.abc import Callable

from wattgate.core.gateway.commands.access import NotAllowedError
from wattgate.core.gateway.policy import Rule
from wattgate.core.ocpp.frames import Call, CallError, CallResult
from wattgate.core.ocpp.session import Priority
from wattgate.ports.clock import Clock
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.peer import NoAnswer, Outcome, Peer
from wattgate.runtime.station.presence import Presence

Heard = Callable[[Outcome], None]
Sending = Callable[[], Heard]
"""Called when the command is sent; what it gives is called when the wallbox has answered."""

_URGENT = frozenset({"RemoteStopTransaction", "UnlockConnector", "Reset"})

_IN_ORDER = frozenset({"ChangeAvailability"})
"""Of these the last one counts: none may be passed by one that another backend sent later (R86)."""


class ToWallbox:
    """Sends what one backend commands at one EVSE.

    Of a backend that only listens one command is under way at a time, behind all others (R106).
    `require_may` raises NotAllowedError for what it may not command now.
    """

    def __init__(
        self,
        presence: Presence,
        backend: EvseBackend,
        clock: Clock,
        require_may: Callable[[Call], None],
    ) -> None:
        self._presence = presence
        self._backend = backend
        self._clock = clock
        self._require_may = require_may

    def forward(self, ask: Ask, rule: Rule) -> None:
        """Send it as it is, but for the connector; raises PeerError for one that is not there."""
        text = self._backend.connectors.to_wallbox(ask.call.payload_text, rule.connector)
        self.send(ask, rule, text)

    def send(
        self,
        ask: Ask,
        rule: Rule,
        payload_text: str,
        sending: Sending | None = None,
        rewrite: Callable[[str], str] | None = None,
    ) -> None:
        """Send it with this payload, and answer the backend as the wallbox does.

        `rewrite` makes of the wallbox's answer what the backend gets.
        """

        def heard(outcome: Outcome) -> None:
            match outcome:
                case CallResult(_, answer_text):
                    answer_text = self._backend.connectors.to_backend(
                        answer_text, rule.answer_connector
                    )
                    ask.answer(rewrite(answer_text) if rewrite is not None else answer_text)
                case CallError() | NoAnswer():
                    ask.pass_on(outcome)

        self.ask(ask, rule, payload_text, heard, sending)

    def ask(
        self, ask: Ask, rule: Rule, payload_text: str, heard: Heard, sending: Sending | None = None
    ) -> None:
        """As `send`, but `heard` answers the backend, now or later; it is called once."""
        self.in_turn(
            ask, rule, heard, lambda then: self.put(ask, rule, payload_text, then, sending)
        )

    def in_turn(self, ask: Ask, rule: Rule, heard: Heard, work: Callable[[Heard], None]) -> None:
        """Do what ends with a command to the wallbox when the backend's turn comes.

        `work` sees to it that what it gets is called, once, with how that went. It is not done
        where it is too late for that, or where the backend has lost the right to it meanwhile.
        """
        if not self._backend.is_report:
            work(heard)
            return
        turns = self._backend.north.turns[self._presence.station_id]
        too_late_at = self._clock.monotonic() + rule.timeout_s

        def then_the_next(outcome: Outcome) -> None:
            try:
                heard(outcome)
            finally:
                turns.ended()

        def begin() -> None:
            refusal = self._refusal(ask, too_late_at)
            if refusal is None:
                work(then_the_next)
            else:
                then_the_next(NoAnswer(refusal, was_sent=False))

        if not turns.begin(begin):
            heard(NoAnswer("too many of your commands wait for it already", was_sent=False))

    def _refusal(self, ask: Ask, too_late_at: float) -> str | None:
        """Why what has waited for its turn is not done any more; None where it is."""
        if self._clock.monotonic() >= too_late_at:
            return "your commands before this one took too long"
        try:
            self._require_may(ask.call)
        except NotAllowedError as exc:
            return exc.description
        return None

    def put(
        self, ask: Ask, rule: Rule, payload_text: str, heard: Heard, sending: Sending | None = None
    ) -> None:
        """Send it at once, for what waits for its turn itself; `heard` is called once."""
        peer = self._presence.peer
        if peer is None:
            heard(NoAnswer("it is not connected", was_sent=False))
            return
        also_tell = sending() if sending is not None else None

        def settle(outcome: Outcome) -> None:
            if also_tell is not None:
                also_tell(outcome)
            heard(outcome)

        self._put(peer, ask, rule, payload_text, settle)

    def _put(self, peer: Peer, ask: Ask, rule: Rule, payload_text: str, heard: Heard) -> None:
        peer.ask(
            ask.call.action,
            payload_text,
            heard,
            timeout_s=rule.timeout_s,
            priority=self._priority(ask.call.action),
            source=ask.source,
        )

    def _priority(self, action: str) -> Priority:
        if self._backend.is_report and action not in _IN_ORDER:
            return Priority.REPORT
        return Priority.STOP if action in _URGENT else Priority.BACKEND
