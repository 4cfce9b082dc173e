"""How the test backend behaves, as far as it can be chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wattgate.core.backend.orders import Registration


@dataclass(frozen=True, slots=True)
class Manners:
    """How the backend behaves.

    `interval_s` is the heartbeat interval of BootNotification.conf, and the wait before the next
    one when it is not Accepted. `first_transaction_id` counts up from there; `dedupe` as in
    `Ledger`. With `require_boot` every connection must begin with a BootNotification (R45).
    `vendors` maps the vendorIds that DataTransfer is accepted from to the data answered, None for
    none; empty accepts every vendor without data.
    """

    interval_s: int = 300
    registration: Registration = "Accepted"
    first_transaction_id: int = 5000
    dedupe: bool = True
    require_boot: bool = False
    vendors: Mapping[str, str | None] = field(default_factory=dict)
