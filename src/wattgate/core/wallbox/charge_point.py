"""The software wallbox: a true OCPP 1.6 charge point, without socket and without clock."""

from datetime import timedelta
from typing import Final

from wattgate.core.ocpp.frames import Call
from wattgate.core.ocpp.schedules import ProfileStack
from wattgate.core.wallbox.actions import Action
from wattgate.core.wallbox.commands import obey
from wattgate.core.wallbox.configuration import Configuration, password_bytes
from wattgate.core.wallbox.connector import Connector
from wattgate.core.wallbox.effects import Effect, Offer, Reboot
from wattgate.core.wallbox.features import listed
from wattgate.core.wallbox.handling import handle, present_fixed, sense
from wattgate.core.wallbox.keeping import keep_first, kept_text, read_kept, restore
from wattgate.core.wallbox.limits import apply_limits, seconds_until_limit_change
from wattgate.core.wallbox.looking import ConnectorLook, look_at
from wattgate.core.wallbox.moment import Moment
from wattgate.core.wallbox.options import Options
from wattgate.core.wallbox.quirks import Quirk, keys_of
from wattgate.core.wallbox.registration import (
    beat,
    boot,
    forget_reports,
    greet,
    introduce,
    make_of,
    report_changes,
    skip_missed,
)
from wattgate.core.wallbox.sealing import Damaged
from wattgate.core.wallbox.sensed import Pilot, Sensed
from wattgate.core.wallbox.state import NoAnswer, Outcome, Registration, State
from wattgate.core.wallbox.transactions import (
    end_broken_off,
    end_still,
    next_sample_at,
    sample,
    send_next,
    start,
)

SLOWNESS_S: Final = 5.0
"""s after which a slow wallbox obeys; R89 gives it 6 to answer."""

_JUST_AFTER_S = 0.001
"""A clock change is awaited a little longer, so that rounding does not wake us before it."""


class ChargePoint:
    """Takes what happens and the time of it; gives effects, in order, and the next deadline.

    Nothing the central system sends raises.
    """

    def __init__(self, options: Options, moment: Moment, kept: str | None = None) -> None:
        """Switch it on. `kept` is the text of its last Keep, None where there is none.

        A text that is damaged counts as none, and is told as a problem.
        """
        numbers = range(options.first_connector, options.first_connector + options.connectors)
        first = {
            "NumberOfConnectors": str(numbers[-1]),
            "SupportedFeatureProfiles": listed(options.features),
            **keys_of(options.quirks),
            **options.configuration,
        }
        configuration = Configuration(first)
        self._state = State(
            options=options,
            moment=moment,
            configuration=configuration,
            key_text=configuration.text("AuthorizationKey"),
            max_current_a=options.max_current_a,
            clock_offset=timedelta(seconds=options.clock_offset_s or 0.0),
            connectors=tuple(
                Connector(
                    number=number,
                    phases=options.phases,
                    car=options.car,
                    limit_a=options.max_current_a,
                    updated_at=moment.now,
                    permission=options.permission,
                )
                for number in numbers
            ),
        )
        if kept is not None:
            self._restore(kept)

    def _restore(self, text: str) -> None:
        state = self._state
        try:
            restore(state, read_kept(text, len(state.connectors)))
        except Damaged as damaged:
            state.tell("problem", what=str(damaged))
        if state.options.has_hardware:
            for connector in state.connectors:  # until the hardware has said something
                connector.sensed = Sensed(_unseen(connector), energy_wh=connector.register_wh)
        else:
            for connector in state.connectors:
                end_broken_off(state, connector)

    @property
    def password(self) -> bytes | None:
        """The password that an AuthorizationKey set (R24); None while none was set."""
        return password_bytes(self._state.key_text)

    def connected(self, moment: Moment) -> list[Effect]:
        """The link to the central system is up."""
        self._advance(moment)
        self._state.is_online = True
        self._state.tell("connected")
        skip_missed(self._state)
        greet(self._state)
        return self._settle()

    def disconnected(self, moment: Moment, reason: str = "") -> list[Effect]:
        """The link is gone; what was asked stays unanswered. Does nothing when there was none."""
        self._advance(moment)
        if self._state.is_online:
            self._state.is_online = False
            self._state.tell("disconnected", reason=reason)
            self._drop_calls()
        return self._settle()

    def called(self, call: Call, moment: Moment) -> list[Effect]:
        """The central system asks."""
        self._advance(moment)
        delay_s = SLOWNESS_S if self._state.plays(Quirk.SLOW) else 0.0
        self._state.postponed.append((moment.now + delay_s, call))
        return self._settle()

    def answered(self, number: int, outcome: Outcome, moment: Moment) -> list[Effect]:
        """A SendCall ended; a number that is open no more changes nothing."""
        self._advance(moment)
        on_done = self._state.calls.pop(number, None)
        if on_done is not None:
            on_done(self._state, outcome)
        return self._settle()

    def handle(self, action: Action, moment: Moment) -> list[Effect]:
        """Somebody does something at the wallbox."""
        self._advance(moment)
        handle(self._state, action)
        return self._settle()

    def sensed(self, number: int, sensed: Sensed, moment: Moment) -> list[Effect]:
        """The hardware of a connector says what it senses; one that does not exist says nothing."""
        self._advance(moment)
        connector = self._state.connector(number)
        if connector is not None:
            sense(self._state, connector, sensed)
        return self._settle()

    def capped(self, number: int, cap_a: float | None, moment: Moment) -> list[Effect]:
        """Another master lets a connector have `cap_a` A per phase; None: it limits nothing.

        What is offered is the least of it, the profiles and the hardware; below 6 A it is a pause,
        which never ends a transaction (P31, P32).
        """
        self._advance(moment)
        connector = self._state.connector(number)
        if connector is not None:
            connector.cap_a = cap_a
        return self._settle()

    def becomes(self, options: Options, moment: Moment) -> list[Effect]:
        """It turns out to be of another make or model, or to carry another current.

        Nothing else of `options` may differ. A make that the central system was told otherwise is
        told anew, by a boot notification.
        """
        self._advance(moment)
        before, self._state.options = self._state.options, options
        if before.max_current_a != options.max_current_a:
            self._state.max_current_a = options.max_current_a
        if make_of(before) != make_of(options):
            introduce(self._state)
        return self._settle()

    def selected(self, number: int, phases: int, moment: Moment) -> list[Effect]:
        """So many phases of a connector are used from now on; limits in W mean another current."""
        self._advance(moment)
        connector = self._state.connector(number)
        if connector is not None:
            connector.phases = phases
        return self._settle()

    def look(self, place: int = 1) -> ConnectorLook:
        """What can be seen of a connector, counted from 1, since the last that happened."""
        return look_at(self._state, place)

    def kept(self) -> str:
        """What a Keep would say now."""
        return kept_text(self._state)

    def tick(self, moment: Moment) -> list[Effect]:
        """Time has passed."""
        self._advance(moment)
        return self._settle()

    def deadline(self) -> float | None:
        """When `tick` is due, monotonic s; None: not before something happens."""
        state = self._state
        times = [state.reboot_at, *self._online_times()]
        times += [due for due, _call in state.postponed]
        for connector in state.connectors:
            times += self._connector_times(connector)
        wait_s = seconds_until_limit_change(state)
        if wait_s is not None:
            times.append(state.now + wait_s + _JUST_AFTER_S)
        return min((time for time in times if time is not None), default=None)

    def _online_times(self) -> tuple[float | None, ...]:
        state = self._state
        if not state.is_online:
            return ()
        if not state.is_ready:
            return (state.boot_at,)
        return (state.boot_at, state.heartbeat_at, state.queue.deadline())

    def _connector_times(self, connector: Connector) -> list[float | None]:
        state = self._state
        times: list[float | None] = []
        if connector.claim is not None:
            times.append(connector.claim.until)
        if connector.reservation is not None:
            left_s = (connector.reservation.until - state.clock).total_seconds()
            times.append(state.now + left_s + _JUST_AFTER_S)
        running = connector.transaction
        if running is not None:
            times.append(next_sample_at(state, running))
            times.append(None if running.ending is None else running.ending.until)
        change_s = connector.seconds_until_change(state.options.speed)
        if change_s is not None:
            times.append(state.now + change_s + _JUST_AFTER_S)
        return times

    def _advance(self, moment: Moment) -> None:
        self._state.moment = moment
        for connector in self._state.connectors:
            connector.advance(moment.now, self._state.options.speed)

    def _settle(self) -> list[Effect]:
        """Draw the consequences of what happened, and hand out the effects."""
        state = self._state
        while state.postponed and state.postponed[0][0] <= state.now:
            obey(state, state.postponed.popleft()[1])
        for connector in state.connectors:
            self._expire(connector)
            end_still(state, connector)
            present_fixed(state, connector)
            if connector.claim is not None and connector.is_plugged and connector.can_start:
                start(state, connector, connector.claim)
        apply_limits(state)
        self._signal()
        self._tell_statuses()
        self._send_what_is_due()
        if state.reboot_at is not None and (len(state.queue) == 0 or state.now >= state.reboot_at):
            self._reboot()
        effects, state.effects = state.effects, []
        return keep_first(state, effects)

    def _expire(self, connector: Connector) -> None:
        state = self._state
        claim, reservation = connector.claim, connector.reservation
        if claim is not None and claim.until is not None and state.now >= claim.until:
            connector.claim = None
        if reservation is not None and state.clock >= reservation.until:
            connector.reservation = None

    def _signal(self) -> None:
        """Tell the hardware what to offer, where that has changed."""
        state = self._state
        for connector in state.connectors if state.options.has_hardware else ():
            if connector.offered_a != connector.signalled_a:
                connector.signalled_a = connector.offered_a
                state.effects.append(Offer(connector.number, connector.offered_a))

    def _tell_statuses(self) -> None:
        for connector in self._state.connectors:
            status = connector.status
            if status is not connector.told:
                connector.told = status
                self._state.tell(
                    "status",
                    connector=connector.number,
                    status=status.value,
                    error_code=connector.error_code,
                )

    def _send_what_is_due(self) -> None:
        """Samples are taken on line and off; the rest waits for the central system."""
        state = self._state
        for connector in state.connectors:
            running = connector.transaction
            due_at = None if running is None else next_sample_at(state, running)
            if running is not None and due_at is not None and state.now >= due_at:
                sample(state, connector, running)
        if state.is_online and state.boot_at is not None and state.now >= state.boot_at:
            boot(state)
        if not state.is_ready:
            return
        report_changes(state)
        send_next(state)
        if state.heartbeat_at is not None and state.now >= state.heartbeat_at:
            beat(state)

    def _drop_calls(self) -> None:
        """Nobody will answer any more: each call learns it, none of them starts a new one.

        Nobody waits for answers either.
        """
        self._state.postponed.clear()
        calls, self._state.calls = self._state.calls, {}
        for on_done in calls.values():
            on_done(self._state, NoAnswer(link_lost=True))

    def _reboot(self) -> None:
        """Start anew: queue, configuration, local list and availability outlive it."""
        state = self._state
        state.reboot_at = None
        state.is_online = False
        self._drop_calls()
        state.registration = Registration.UNKNOWN
        state.boot_at = state.heartbeat_at = None
        forget_reports(state)
        for connector in state.connectors:
            connector.claim = None
            connector.is_done = False
            connector.is_fixed_due = connector.is_fixed_meant
        if state.plays(Quirk.KEY_AFTER_RESTART):
            state.key_text = state.configuration.text("AuthorizationKey")
        if state.plays(Quirk.FORGETS_PROFILES):
            state.profiles = ProfileStack()
            apply_limits(state)
        self._tell_statuses()
        state.tell("restart")
        state.effects.append(Reboot())


def _unseen(connector: Connector) -> Pilot:
    """What the pilot is taken for until the hardware has been looked at.

    An end that waits for the meter must not take that for a look.
    """
    running = connector.transaction
    if running is not None and running.ending is not None:
        return Pilot.E
    return Pilot.B if connector.is_plugged else Pilot.A
