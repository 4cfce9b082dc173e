"""Which make a wallbox is, by its BootNotification (OCPP 1.6 §6.3)."""

import re
from dataclasses import dataclass
from typing import Final

from wattgate.core.errors import LocalUsageError
from wattgate.core.ocpp.splice import read_scalar

_VERSION: Final = re.compile(r"\d{1,9}(?:\.\d{1,9})+")


@dataclass(frozen=True, slots=True)
class WallboxModel:
    """What is known of one wallbox holds for all of the same vendor, model and firmware.

    Each is as the wallbox wrote it, empty where it did not say.
    """

    vendor: str
    model: str
    firmware: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.vendor, self.model, self.firmware) if part)

    @property
    def version(self) -> tuple[int, ...] | None:
        """The first dotted number of the firmware: (1, 8, 21) of `TAC3Z911::V1.8.21`; or None."""
        found = _VERSION.search(self.firmware)
        return None if found is None else tuple(int(part) for part in found[0].split("."))


def read_model(boot_text: str | None) -> WallboxModel | None:
    """Read it from a BootNotification payload; None before the first, or where it is no object."""
    if boot_text is None:
        return None

    def said(key: str) -> str:
        value = read_scalar(boot_text, (key,))
        return value.strip() if isinstance(value, str) else ""

    try:
        return WallboxModel(
            said("chargePointVendor"), said("chargePointModel"), said("firmwareVersion")
        )
    except LocalUsageError:
        return None
