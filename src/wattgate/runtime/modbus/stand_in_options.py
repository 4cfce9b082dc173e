"""What kind of charge point stands for a wallbox on Modbus (R108, R110)."""

from typing import Final

from wattgate.core.modbus.wallbox_values import WallboxModel
from wattgate.core.site.model import EvseSettings
from wattgate.core.wallbox.features import Feature
from wattgate.core.wallbox.options import Options

CONNECTOR: Final = 1
"""The number of its only connector."""

FEATURES: Final = frozenset(
    {Feature.CORE, Feature.LOCAL_LIST, Feature.SMART_CHARGING, Feature.REMOTE_TRIGGER}
)
"""What it can do for any wallbox; firmware, diagnostics and reservation are not among it."""

_FOR_EVER: Final = "999999999"
"""A message of a transaction is never given up: nobody but the store of this manager takes it."""

_VENDOR_CHARACTERS: Final = 20
_SERIAL_CHARACTERS: Final = 25
_FIRMWARE_CHARACTERS: Final = 50
"""As much as BootNotification has room for (OCPP 1.6 §6.3)."""


def options_of(settings: EvseSettings, model: WallboxModel) -> Options:
    """Its options: make and serial number are the wallbox's own, as far as it tells them."""
    return Options(
        station_id=settings.station_id,
        max_current_a=settings.max_current_a,
        phases=settings.phases,
        has_hardware=True,
        meter_lags=True,
        has_lock=False,
        features=FEATURES,
        keeps=True,
        configuration={
            "TransactionMessageAttempts": _FOR_EVER,
            "TransactionMessageRetryInterval": "10",
        },
        resumes=True,
        vendor=model.vendor[:_VENDOR_CHARACTERS] or "unknown",
        model=model.model[:_VENDOR_CHARACTERS] or "Modbus wallbox",
        serial=model.serial[:_SERIAL_CHARACTERS],
        firmware=model.firmware[:_FIRMWARE_CHARACTERS],
    )
