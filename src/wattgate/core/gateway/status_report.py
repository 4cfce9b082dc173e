"""What a backend hears of a connector's status, where that is not what the wallbox says."""

from typing import Final

from wattgate.core.ocpp.splice import read_scalar, replace_scalar
from wattgate.core.station.connector import ConnectorStatus

_STATUS: Final = ("status",)


def blaming_us(payload_text: str) -> str:
    """SuspendedEV as SuspendedEVSE, any other StatusNotification as it is.

    For wallboxes that blame the car although we allow it nothing: idle fees go by it (R50).
    """
    if read_scalar(payload_text, _STATUS) != ConnectorStatus.SUSPENDED_EV:
        return payload_text
    return replace_scalar(payload_text, _STATUS, f'"{ConnectorStatus.SUSPENDED_EVSE.value}"')
