"""Transactions of OCPP 1.6 as the manager records them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TransactionStart:
    """What a StartTransaction says (OCPP 1.6 §4.8).

    `evse_id` is the site's key of the EVSE; `link_id` the backend link that bills it, None without
    a backend; `started_at` the time stamp exactly as the wallbox wrote it; `key` makes a
    repetition recognisable (R68).
    """

    station_id: str
    connector: int
    evse_id: str
    link_id: str | None
    id_tag: str
    meter_start_wh: int
    started_at: str
    key: str


@dataclass(frozen=True, slots=True)
class TransactionStop:
    """What a StopTransaction says (OCPP 1.6 §4.10); an omitted reason means `Local` (R70).

    `inferred` where the wallbox did not say that it ends this transaction: the end was attributed
    (R69), or no end ever came (R77).
    """

    meter_stop_wh: int
    stopped_at: str
    reason: str
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class TransactionRecord:
    """A stored transaction.

    `transaction_id` is ours, the one the wallbox knows (R60); `backend_transaction_id` the
    backend's, None until its answer came; `answer_text` what the wallbox was told, None until then;
    `stop` None while it is open; `late_verdict` how the backend refused the card, None where it did
    not: where the wallbox had been told that it may charge, that came too late (R65).
    """

    transaction_id: int
    start: TransactionStart
    backend_transaction_id: int | None = None
    answer_text: str | None = None
    stop: TransactionStop | None = None
    late_verdict: str | None = None
