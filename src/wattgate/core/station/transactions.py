"""Transactions of OCPP 1.6 as the manager records them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TransactionStart:
    """What a StartTransaction says (OCPP 1.6 §4.8).

    `evse_id` is the site's key of the EVSE; `link_id` the backend link that bills it, None without
    such a backend; `started_at` the time stamp exactly as the wallbox wrote it; `key` makes a
    repetition recognisable (R68); `report_link_ids` the links that are told of it, too, and whose
    answers change nothing (R106). None of them bills it, and none is there twice.
    """

    station_id: str
    connector: int
    evse_id: str
    link_id: str | None
    id_tag: str
    meter_start_wh: int
    started_at: str
    key: str
    report_link_ids: tuple[str, ...] = ()

    @property
    def link_ids(self) -> tuple[str, ...]:
        """All links that hear of it, from its start to its end; the one that bills it first."""
        billing = () if self.link_id is None else (self.link_id,)
        return (*billing, *self.report_link_ids)


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

    `transaction_id` is ours, the one the wallbox knows (R60); `backend_transaction_id` that of the
    backend that bills it, None until its answer came, `report_ids` those of the others by their
    link, as far as they came; `answer_text` what the wallbox was told, None until then;
    `stop` None while it is open; `late_verdict` how the backend refused the card, None where it did
    not: where the wallbox had been told that it may charge, that came too late (R65).
    """

    transaction_id: int
    start: TransactionStart
    backend_transaction_id: int | None = None
    answer_text: str | None = None
    stop: TransactionStop | None = None
    late_verdict: str | None = None
    report_ids: Mapping[str, int] = field(default_factory=dict, hash=False)

    def id_at(self, link_id: str) -> int | None:
        """The id that the backend behind a link gave it; None while, or where, it gave none."""
        if link_id == self.start.link_id:
            return self.backend_transaction_id
        return self.report_ids.get(link_id)
