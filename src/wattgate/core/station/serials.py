"""The serial numbers that a wallbox boots with, for the names in certificates (R35)."""

from typing import Final

from wattgate.core.errors import LocalUsageError
from wattgate.core.ocpp.splice import read_scalar

_KEYS: Final = ("chargePointSerialNumber", "chargeBoxSerialNumber")
"""The second is deprecated, and all that some wallboxes have (OCPP 1.6 §6.3)."""


def serial_numbers(boot_text: str | None) -> tuple[str, ...]:
    """Each once, the charge point's first; none before the first boot, or where it names none."""
    try:
        values = [read_scalar(boot_text or "{}", (key,)) for key in _KEYS]
    except LocalUsageError:
        return ()
    said = (value.strip() for value in values if isinstance(value, str))
    return tuple(dict.fromkeys(serial for serial in said if serial))
