"""Every way of telling a wallbox its limit, and terms to tell it by."""

from datetime import UTC, datetime
from typing import Final

from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.charging.terms import Terms
from wattgate.core.ocpp.profiles import Kind, RateUnit

EVERY_METHOD: Final = [
    Method(strategy, unit, kind)
    for strategy in Strategy
    for unit in RateUnit
    for kind in (Kind.ABSOLUTE, Kind.RELATIVE)
    if (strategy, kind) != (Strategy.CHARGE_POINT_MAX, Kind.RELATIVE)
]

NOW: Final = datetime(2026, 5, 15, 14, 25, tzinfo=UTC)

ELAPSED_S: Final = 1200
"""s since the transaction of the terms began."""

TERMS: Final = Terms(
    13.2,
    0.0,
    lifetime_s=900,
    wall_now=NOW,
    phases=3,
    connector=1,
    transaction_id=7,
    elapsed_s=ELAPSED_S,
)
