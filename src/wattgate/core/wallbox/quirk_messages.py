"""How quirks bend what the wallbox says: meter values, configuration, states."""

from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Final

from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.wallbox.meter import SampledValue
from wattgate.core.wallbox.quirks import Quirk
from wattgate.core.wallbox.sensed import NO_ERROR

_CURRENT: Final = "Current.Import"

_VALUES: Final[dict[Quirk, Callable[[SampledValue], SampledValue | None]]] = {
    Quirk.NO_CURRENTS: lambda _value: None,
    Quirk.EMPTY_CURRENTS: lambda value: {**value, "value": ""},
    Quirk.CURRENTS_TAGGED_LN: lambda value: {**value, "phase": f"{value['phase']}-N"},
}
"""What becomes of a Current.Import; None: it is left out."""


def measured(quirks: Set[Quirk], values: list[SampledValue]) -> list[SampledValue]:
    """The values of a sample as they are sent."""
    for quirk, change in _VALUES.items():
        if quirk in quirks:
            changed = (change(v) if v["measurand"] == _CURRENT else v for v in values)
            values = [value for value in changed if value is not None]
    return values


def listed(quirks: Set[Quirk], key: str, text: str) -> tuple[str, str]:
    """A configuration key and what it holds, as GetConfiguration spells them."""
    if Quirk.LOWER_CASE_KEYS in quirks:
        key = key.lower()
    if Quirk.QUOTED_LISTS in quirks and "," in text:
        text = f'"{text}"'
    return key, text


@dataclass(frozen=True, slots=True)
class Report:
    """A state of a connector as it is reported; `info` as in OCPP 1.6 §6.47, empty for none."""

    status: ConnectorStatus
    error_code: str = NO_ERROR
    info: str = ""


SAFE_MODE: Final = Report(
    ConnectorStatus.FAULTED, "OtherError", "Modbus TCP/IP lost, safe mode max 14 A"
)
"""What is said after Charging for information only (FAULTED_INFO)."""


def reports(quirks: Set[Quirk], report: Report) -> tuple[Report, ...]:
    """What is reported in place of a state."""
    if report.status is ConnectorStatus.SUSPENDED_EVSE and Quirk.CHARGING_AT_ZERO in quirks:
        return (Report(ConnectorStatus.CHARGING),)
    if report.status is ConnectorStatus.CHARGING and Quirk.FAULTED_INFO in quirks:
        return report, SAFE_MODE
    return (report,)
