"""The life of a transaction: start, samples, stop (OCPP 1.6 §4.7, §4.8, §4.10)."""

from datetime import datetime
from functools import partial
from typing import Final

from wattgate.core.ocpp.profiles import Purpose
from wattgate.core.wallbox.answers import StartAnswer, StopAnswer
from wattgate.core.wallbox.authorisation import ACCEPTED
from wattgate.core.wallbox.connector import Claim, Connector, Ending, Transaction
from wattgate.core.wallbox.meter import Context, Reading, SampledValue, sampled_values, signed_value
from wattgate.core.wallbox.moment import stamp
from wattgate.core.wallbox.offline_queue import TransactionMessage
from wattgate.core.wallbox.quirk_limits import defaults_of
from wattgate.core.wallbox.quirk_messages import measured
from wattgate.core.wallbox.quirk_profiles import keep
from wattgate.core.wallbox.quirks import Quirk
from wattgate.core.wallbox.signed_values import signed_begin, signed_end, signed_sample
from wattgate.core.wallbox.state import (
    NoAnswer,
    Outcome,
    State,
    ignore,
    json_text,
    read_answer,
)

STILL_S: Final = 15.0
"""s for which the end of a transaction waits for a meter that lags behind to stand still."""

_AT_A_WORD: Final = frozenset({"Local", "Remote", "DeAuthorized", "UnlockCommand"})
"""Reasons that come while current flows, and do not take the wallbox away."""

_RESTARTS: Final = frozenset({"HardReset", "SoftReset", "PowerLoss"})
"""Reasons after which a fixed card counts again for the car that is still here."""


def start(state: State, connector: Connector, claim: Claim) -> None:
    """Begin a transaction for a claim; its StartTransaction is queued (R58)."""
    state.transactions += 1
    reading = connector.reading()
    connector.transaction = running = Transaction(
        number=state.transactions,
        id_tag=claim.id_tag,
        started_at=state.clock,
        begin=reading,
        sampled_at=state.now,
        begin_data=_sampled(state, reading, "StopTxnSampledData", Context.BEGIN),
        defaults=defaults_of(state.profiles),
    )
    payload: dict[str, object] = {
        "connectorId": connector.number,
        "idTag": claim.id_tag,
        "meterStart": int(reading.energy_wh),
        "timestamp": stamp(state.clock),
    }
    if connector.reservation is not None:
        payload["reservationId"] = connector.reservation.reservation_id
    _queue(state, "StartTransaction", payload, state.transactions)
    _queue_values(state, connector, running, signed_begin(state, running))
    if claim.profile is not None:
        keep(state, connector.number, claim.profile)
    connector.claim = connector.reservation = None
    connector.is_done = connector.is_fixed_meant = connector.is_fixed_due = False
    state.tell("starting", connector=connector.number, id_tag=claim.id_tag)


def stop(
    state: State,
    connector: Connector,
    reason: str,
    id_tag: str | None = None,
    at: datetime | None = None,
) -> None:
    """End the connector's transaction, if one runs; its StopTransaction is queued.

    `reason` is spelled as in OCPP 1.6 §7.36; `id_tag` is the card that ended it; `at` is when, if
    not now. Profiles of the transaction end with it (R92). Where the meter lags behind, the end
    waits until nothing flows any more: what flowed up to then belongs to it.
    """
    transaction = connector.transaction
    if transaction is None or _waits(state, connector, transaction, reason, id_tag):
        return
    ending = transaction.ending or Ending(reason, id_tag, state.now)
    _end(state, connector, transaction, ending, at)


def _end(
    state: State,
    connector: Connector,
    transaction: Transaction,
    ending: Ending,
    at: datetime | None = None,
) -> None:
    reason, id_tag = ending.reason, ending.id_tag
    reading = connector.reading()
    ended_at = at or state.clock
    payload: dict[str, object] = {
        "meterStop": int(reading.energy_wh),
        "timestamp": stamp(ended_at),
        "reason": reason,
    }
    if id_tag is not None:
        payload["idTag"] = id_tag
    signed = signed_end(state, transaction, reason, ended_at, reading.energy_wh)
    if data := _stop_data(state, transaction, connector, ended_at, signed):
        payload["transactionData"] = data
    _queue(state, "StopTransaction", payload, transaction.number)
    state.profiles, _count = state.profiles.cleared(connector=connector.number, purpose=Purpose.TX)
    connector.transaction = None
    connector.is_done = connector.is_plugged
    is_of_fixed = transaction.id_tag == state.options.fixed_id_tag
    connector.is_fixed_meant = is_of_fixed and reason in _RESTARTS and connector.is_plugged
    state.tell(
        "stopped",
        connector=connector.number,
        transaction_id=transaction.transaction_id,
        energy_wh=int(reading.energy_wh) - int(transaction.begin.energy_wh),
        reason=reason,
    )


def _waits(
    state: State, connector: Connector, transaction: Transaction, reason: str, id_tag: str | None
) -> bool:
    """Whether the end has to wait for the meter; what was the first reason stays it."""
    if reason not in _AT_A_WORD or not state.options.meter_lags:
        return False
    if transaction.ending is None and connector.is_flowing:
        transaction.ending = Ending(reason, id_tag, state.now + STILL_S)
    return transaction.ending is not None


def end_still(state: State, connector: Connector) -> None:
    """End the transaction that somebody has ended, once its meter stands still."""
    transaction = connector.transaction
    if transaction is None or transaction.ending is None:
        return
    if not connector.is_flowing or state.now >= transaction.ending.until:
        _end(state, connector, transaction, transaction.ending)


def end_broken_off(state: State, connector: Connector) -> None:
    """End the transaction that a loss of power broke off, if one was (OCPP 1.6 §7.36).

    What the meter shows beyond what was kept has flowed before the power went: it belongs to it.
    """
    if connector.broken_off is not None:
        connector.transaction, connector.broken_off = connector.broken_off, None
        stop(state, connector, "PowerLoss", at=connector.power_lost_at)


def sample(state: State, connector: Connector, transaction: Transaction) -> None:
    """Take a periodic sample of a transaction; its MeterValues is queued."""
    transaction.sampled_at = state.now
    signed = _signed_values(state, Context.PERIODIC)
    signed += signed_sample(state, transaction, state.clock, connector.register_wh)
    values = meter_values(state, connector, Context.PERIODIC) + signed
    tell_meter(state, connector)
    _queue_values(state, connector, transaction, values, is_expendable=not signed)


def sample_on_request(state: State, connector: Connector) -> None:
    """Send one MeterValues now, in context Trigger; not queued (R58)."""
    values = meter_values(state, connector, Context.TRIGGER)
    payload: dict[str, object] = {
        "connectorId": connector.number,
        "meterValue": [_element(state, values)],
    }
    if connector.transaction is not None and connector.transaction.transaction_id is not None:
        payload["transactionId"] = connector.transaction.transaction_id
    tell_meter(state, connector)
    if values:
        state.ask("MeterValues", payload, ignore)


def next_sample_at(state: State, transaction: Transaction) -> float | None:
    """When the next periodic sample is due, monotonic s; None: MeterValueSampleInterval is 0."""
    if state.plays(Quirk.NO_METER_VALUES):
        return None
    interval_s = state.configuration.count("MeterValueSampleInterval")
    return transaction.sampled_at + interval_s if interval_s else None


def send_next(state: State) -> None:
    """Send the queue's next message, if one may go now."""
    message = state.queue.take(state.now)
    if message is not None:
        state.ask_text(message.action, message.payload_text, partial(_settled, message))


def meter_values(state: State, connector: Connector, context: Context) -> list[SampledValue]:
    """A sample of what MeterValuesSampledData names."""
    return _sampled(state, connector.reading(), "MeterValuesSampledData", context)


def tell_meter(state: State, connector: Connector) -> None:
    """Let people know what the meter shows."""
    reading = connector.reading()
    state.tell(
        "meter",
        connector=connector.number,
        energy_wh=int(reading.energy_wh),
        power_w=round(reading.power_w, 1),
        current_a=round(reading.current_a, 1),
        offered_a=round(reading.offered_a, 1),
    )


def _stop_data(
    state: State,
    transaction: Transaction,
    connector: Connector,
    ended_at: datetime,
    signed: list[SampledValue],
) -> list[dict[str, object]]:
    end = _sampled(state, connector.reading(), "StopTxnSampledData", Context.END)
    end += [*_signed_values(state, Context.END), *signed]
    begin = transaction.begin_data
    return [
        {"timestamp": stamp(at), "sampledValue": values}
        for at, values in ((transaction.started_at, begin), (ended_at, end))
        if values
    ]


def _sampled(state: State, reading: Reading, key: str, context: Context) -> list[SampledValue]:
    """A sample of what a configuration key names."""
    values = sampled_values(reading, state.configuration.names(key), context)
    return measured(state.options.quirks, values)


def _signed_values(state: State, context: Context) -> list[SampledValue]:
    values = [signed_value(text, context) for text in state.signed_texts]
    state.signed_texts.clear()
    return values


def _element(state: State, values: list[SampledValue]) -> dict[str, object]:
    return {"timestamp": stamp(state.clock), "sampledValue": values}


def _queue(
    state: State, action: str, payload: object, transaction: int, *, is_expendable: bool = False
) -> None:
    state.queue.add(TransactionMessage(action, json_text(payload), transaction, is_expendable))


def _queue_values(
    state: State,
    connector: Connector,
    transaction: Transaction,
    values: list[SampledValue],
    *,
    is_expendable: bool = False,
) -> None:
    """Queue a MeterValues of a transaction, if there is anything to say."""
    if values:
        payload = {"connectorId": connector.number, "meterValue": [_element(state, values)]}
        _queue(state, "MeterValues", payload, transaction.number, is_expendable=is_expendable)


def _settled(message: TransactionMessage, state: State, outcome: Outcome) -> None:
    """What became of a queued message (R66: a lost link is no attempt)."""
    if outcome == NoAnswer(link_lost=True):
        state.queue.lost()
        return
    if not _understood(message, state, outcome):
        given_up = state.queue.failed(
            state.now,
            attempts=state.configuration.count("TransactionMessageAttempts"),
            interval_s=state.configuration.count("TransactionMessageRetryInterval"),
        )
        if given_up is not None:
            state.tell("given-up", action=given_up.action)


def _understood(message: TransactionMessage, state: State, outcome: Outcome) -> bool:
    """Whether the central system took the message; then its answer has been acted upon."""
    if message.action == "StartTransaction":
        started = read_answer(outcome, StartAnswer)
        if started is None:
            return False
        state.queue.bind(message.transaction, started.transaction_id)
        state.queue.delivered()
        _started(state, message.transaction, started)
        return True
    stopped = read_answer(outcome, StopAnswer)
    if stopped is None:
        return False
    state.queue.delivered()
    return True


def _started(state: State, number: int, answer: StartAnswer) -> None:
    for connector in state.connectors:
        transaction = connector.transaction
        if transaction is None or transaction.number != number:
            continue
        info = answer.id_tag_info.value()
        transaction.transaction_id = answer.transaction_id
        state.authorisation.remember(transaction.id_tag, info)
        state.tell(
            "started",
            connector=connector.number,
            transaction_id=answer.transaction_id,
            id_tag=transaction.id_tag,
            status=info.status,
        )
        if info.status != ACCEPTED:
            _deauthorise(state, connector, transaction)


def _deauthorise(state: State, connector: Connector, transaction: Transaction) -> None:
    """The central system took the start but not the card (OCPP 1.6 §4.8)."""
    if state.configuration.flag("StopTransactionOnInvalidId"):
        stop(state, connector, "DeAuthorized")
    else:
        transaction.is_refused = True
