"""Where signed readings go: into a transaction's messages, and before them the key (R113, R114)."""

from datetime import datetime

from wattgate.core.wallbox.connector import Transaction
from wattgate.core.wallbox.meter import Context, SampledValue, signed_value
from wattgate.core.wallbox.signing import Meter, Phase, SignedReading, ocmf_text
from wattgate.core.wallbox.state import State, ignore, json_text


def signed_begin(state: State, transaction: Transaction) -> list[SampledValue]:
    """The reading at the start of a transaction; none where nothing is signed."""
    return _signed(state, transaction, Context.BEGIN, [_begin(transaction)])


def signed_sample(
    state: State, transaction: Transaction, at: datetime, energy_wh: float
) -> list[SampledValue]:
    """A reading within a transaction; none unless those are signed, too."""
    signing = state.options.signing
    if signing is None or not signing.is_periodic:
        return []
    reading = SignedReading(Phase.DURING, at, energy_wh)
    return _signed(state, transaction, Context.PERIODIC, [reading])


def signed_end(
    state: State, transaction: Transaction, reason: str, at: datetime, energy_wh: float
) -> list[SampledValue]:
    """One record with the readings at both ends: it proves the bill by itself."""
    phase = Phase.POWER_LOSS if reason == "PowerLoss" else Phase.END
    readings = [_begin(transaction), SignedReading(phase, at, energy_wh)]
    return _signed(state, transaction, Context.END, readings)


def announce_keys(state: State) -> None:
    """Tell the central system the meters' public keys, as many wallboxes do after each boot."""
    signing = state.options.signing
    if signing is None:
        return
    meters = [
        {
            "connectorId": connector.number,
            "meterSerial": _meter(state).serial,
            "type": "SIGNATURE",
            "publicKey": signing.public_key,
        }
        for connector in state.connectors
    ]
    payload = {
        "vendorId": "generalConfiguration",
        "messageId": "setMeterConfiguration",
        "data": json_text({"meters": meters}),
    }
    state.ask("DataTransfer", payload, ignore)


def _begin(transaction: Transaction) -> SignedReading:
    return SignedReading(Phase.BEGIN, transaction.started_at, transaction.begin.energy_wh)


def _signed(
    state: State, transaction: Transaction, context: Context, readings: list[SignedReading]
) -> list[SampledValue]:
    signing = state.options.signing
    if signing is None:
        return []
    state.pages += 1
    text = ocmf_text(_meter(state), state.pages, transaction.id_tag, readings, signing.sign)
    return [signed_value(text, context)]


def _meter(state: State) -> Meter:
    options = state.options
    return Meter(
        vendor=options.vendor,
        model=options.model,
        serial=options.serial or options.station_id,
        firmware=options.firmware,
    )
